// Package gatewaydoc reads the documents of the gateway: routes, policies and products, as
// Terrace and as the Gateway API writes them.
//
// It owns their form and where in a file a mistake is. What a policy's spec means is
// its kind's, and what is done with a document the gateway's; neither is linked here,
// so that a client checks documents without a server.
package gatewaydoc

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// What heads a document.
const (
	// APIVersion is Terrace's own.
	APIVersion = "gateway.terrace.dev/v1"
	// KindRoute is the kind of a route, KindProduct that of a product; every other of
	// APIVersion is one of policies.
	KindRoute   = "Route"
	KindProduct = "Product"
	// GatewayAPI and KindHTTPRoute head a route as Kubernetes' Gateway API writes it.
	GatewayAPI    = "gateway.networking.k8s.io/v1"
	KindHTTPRoute = "HTTPRoute"
)

// Kinds returns the kinds of policies that the gateway has.
func Kinds() []string {
	return []string{
		"AccessPolicy", "AuthenticationPolicy", "AuthorizationPolicy", "CachePolicy", "ClientRateLimitPolicy", "ConcurrencyPolicy",
		"CorsPolicy", "HeaderPolicy", "RateLimitPolicy", "ServiceLevelObjective", "TelemetryPolicy", "ValidationPolicy", "WafPolicy",
	}
}

// Document is a route, a policy or a product.
type Document struct {
	// Kind is KindRoute, or that of the policy.
	Kind, Name string
	// Project and Stage are empty where the document leaves them to who applies it.
	Project, Stage string
	// Route is nil in the document of a policy.
	Route *route.Route
	// Target names the one route that a policy is for; empty is for all.
	Target string
	// Spec is what the policy's kind reads, or what a product is.
	Spec json.RawMessage

	doc *yamldoc.Document
	// renamed are the paths of the document by those of the model, where they differ.
	renamed map[string]string
}

// IsRoute tells a route from a policy.
func (d Document) IsRoute() bool { return d.Route != nil }

// IsProduct tells a product from a policy.
func (d Document) IsProduct() bool { return d.Kind == KindProduct }

// Place is where the document starts, as file:line.
func (d Document) Place() string {
	return d.doc.File + ":" + strconv.Itoa(d.doc.Root().At().Line)
}

// within gives a document the project and stage of its file.
func (d *Document) within(f File) []kernel.Problem {
	return append(d.doc.Settle("project", f.Project, &d.Project), d.doc.Settle("stage", f.Stage, &d.Stage)...)
}

func readOne(file string, p yamldoc.Part) (Document, error) {
	doc, err := yamldoc.ReadFrom(file, p.Line, []byte(p.Source))
	if err != nil {
		return Document{}, err
	}
	d := Document{doc: doc, renamed: map[string]string{}}
	root := doc.Root().Object("apiVersion", "kind", "metadata", "spec")
	version, kind := text(root, "apiVersion", "write apiVersion: "+APIVersion), text(root, "kind", "write kind: "+KindRoute+", or that of a policy")
	switch {
	case version == APIVersion:
		d.Kind = kind
		d.metadata(root, "name", "project", "stage")
	case version == GatewayAPI && kind == KindHTTPRoute:
		d.Kind = KindRoute
		d.metadata(root, "name")
	case version == GatewayAPI && kind != "":
		v, _ := root.Get("kind")
		v.Problem("use "+KindHTTPRoute, "documents of kind %s are not read", kind)
	case version != "":
		v, _ := root.Get("apiVersion")
		v.Problem("use "+APIVersion+", or "+GatewayAPI+" for an "+KindHTTPRoute, "there is no version %q of the gateway's documents", version)
	}
	if spec, ok := root.Require("spec", "say what the document is for"); ok && d.Kind != "" {
		d.spec(spec, version)
	}
	return d, doc.Err("")
}

func text(o yamldoc.Object, key, fix string) string {
	v, ok := o.Require(key, fix)
	if !ok {
		return ""
	}
	s, _ := v.String()
	return s
}

func (d *Document) metadata(root yamldoc.Object, keys ...string) {
	v, ok := root.Require("metadata", "write metadata: {name: NAME}")
	if !ok {
		return
	}
	m := v.Object(keys...)
	d.Name = text(m, "name", "give the document a name")
	for key, to := range map[string]*string{"project": &d.Project, "stage": &d.Stage} {
		if v, ok := m.Get(key); ok && slices.Contains(keys, key) {
			*to, _ = v.String()
		}
	}
}

func (d *Document) spec(spec yamldoc.Value, version string) {
	switch {
	case version == GatewayAPI:
		d.Route = httpRoute(spec, d.renamed)
	case d.Kind == KindRoute:
		d.Route = &route.Route{}
		yamldoc.Decode(spec, d.Route)
	default:
		d.policy(spec)
	}
	if d.Route != nil {
		d.Route.Name = d.Name
	}
}

// policy parts what a policy is for from what its kind reads.
func (d *Document) policy(spec yamldoc.Value) {
	o := spec.Open()
	if target, ok := o.Get("targetRef"); ok && !d.IsProduct() {
		d.Target = text(target.Object("route"), "route", "name the route that the policy is for, or remove targetRef")
	}
	fields, ok := spec.Exact().(map[string]any)
	if !ok {
		return
	}
	if !d.IsProduct() { // there it is a field that there is not
		delete(fields, "targetRef")
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		spec.Problem("write it in JSON's values", "the spec cannot be kept: %v", err)
	}
	d.Spec = raw
}

// Check says what is wrong with the document's route; the spec of a policy is its
// kind's to check.
func (d Document) Check() (route.Route, error) {
	if d.Route == nil {
		return route.Route{}, nil
	}
	r, err := d.Route.Normalize()
	return r, d.Placed(err)
}

// Placed gives the problems of an error about the document their places in its file.
// An error without problems becomes one.
func (d Document) Placed(err error) error {
	var told *kernel.Error
	if err == nil || !errors.As(err, &told) || told.Kind == kernel.Internal || told.Kind == kernel.Denied || told.Kind == kernel.Unavailable {
		return err
	}
	problems := slices.Clone(told.Problems)
	if len(problems) == 0 {
		problems = []kernel.Problem{{Message: told.Message, Fix: told.Fix, Path: "name"}}
	}
	for i, p := range problems {
		path := d.path(p.Path)
		at := d.doc.Find(path)
		problems[i].File, problems[i].Line, problems[i].Column, problems[i].Path = d.doc.File, at.Line, at.Column, path
	}
	return kernel.Errorf(told.Kind, "%s", told.Message).WithProblems(problems...)
}

// path is that of the document for one of the model.
func (d Document) path(of string) string {
	if of == "name" || of == "kind" {
		return map[string]string{"name": "metadata.name", "kind": "kind"}[of]
	}
	if !d.IsRoute() {
		switch {
		case of == "route":
			return "spec.targetRef.route"
		case of == "spec" || strings.HasPrefix(of, "spec."):
			return of
		case of == "":
			return "spec"
		}
		return "spec." + of
	}
	longest := ""
	for from := range d.renamed {
		if len(from) > len(longest) && (of == from || strings.HasPrefix(of, from+".") || strings.HasPrefix(of, from+"[")) {
			longest = from
		}
	}
	if longest != "" {
		return d.renamed[longest] + of[len(longest):]
	}
	return "spec." + of
}
