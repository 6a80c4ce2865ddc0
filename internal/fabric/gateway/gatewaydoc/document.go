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

// The bounds of what is read at once.
const (
	MaxFiles     = 100
	MaxDocuments = 500
	// maxProblems is how many problems are told at once.
	maxProblems = 200
)

// File is a file of documents, parted by lines of ---.
type File struct {
	Name, Source string
	// Project and Stage are those of all its documents, where they are set: one that
	// names another is a problem.
	Project, Stage string
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

// Read reads the documents of files. Its error is of kind Invalid or TooLarge, and has
// everything that is wrong with their form, each with its place.
func Read(files ...File) ([]Document, error) {
	if len(files) > MaxFiles {
		return nil, kernel.Errorf(kernel.TooLarge, "there are %d files, more than the %d that are read at once", len(files), MaxFiles).
			WithFix("apply them in parts")
	}
	var all []Document
	var problems []kernel.Problem
	for _, f := range files {
		if len(problems) > maxProblems {
			break
		}
		found, wrong, err := readFile(f)
		if err != nil {
			return nil, err
		}
		problems = append(problems, wrong...)
		for i := range found {
			problems = append(problems, found[i].within(f)...)
		}
		if all = append(all, found...); len(all) > MaxDocuments {
			return nil, kernel.Errorf(kernel.TooLarge, "there are more than the %d documents that are read at once", MaxDocuments).
				WithFix("apply them in parts")
		}
	}
	return all, invalid(append(problems, twice(all)...))
}

func invalid(problems []kernel.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	message := "the documents are not valid"
	if len(problems) > maxProblems {
		problems, message = problems[:maxProblems], message+"; these are their first problems"
	}
	return kernel.Errorf(kernel.Invalid, "%s", message).WithProblems(problems...)
}

// within gives a document the project and stage of its file.
func (d *Document) within(f File) []kernel.Problem {
	var problems []kernel.Problem
	for _, part := range []struct {
		key, want string
		said      *string
	}{{"project", f.Project, &d.Project}, {"stage", f.Stage, &d.Stage}} {
		if part.want == "" {
			continue
		}
		if *part.said != "" && *part.said != part.want {
			at := d.doc.Find("metadata." + part.key)
			problems = append(problems, kernel.Problem{
				File: f.Name, Line: at.Line, Column: at.Column, Path: "metadata." + part.key,
				Message: "the document is of the " + part.key + " " + strconv.Quote(*part.said) + ", its place is that of " + strconv.Quote(part.want),
				Fix:     "move it, or leave metadata." + part.key + " out",
			})
		}
		*part.said = part.want
	}
	return problems
}

// twice tells of documents that say one thing.
func twice(all []Document) []kernel.Problem {
	first := map[string]Document{}
	var problems []kernel.Problem
	for _, d := range all {
		class := "policy"
		switch {
		case d.IsRoute():
			class = "route"
		case d.IsProduct():
			class = "product"
		}
		key := strings.Join([]string{class, d.Project, d.Stage, d.Name}, "/")
		if before, ok := first[key]; ok {
			at := d.doc.Find("metadata.name")
			problems = append(problems, kernel.Problem{
				File: d.doc.File, Line: at.Line, Column: at.Column, Path: "metadata.name",
				Message: class + " " + d.Name + " is here a second time", Fix: "remove one; the first is " + before.Place(),
			})
			continue
		}
		first[key] = d
	}
	return problems
}

// readFile returns a file's documents, and what is wrong with others in it.
func readFile(f File) ([]Document, []kernel.Problem, error) {
	if len(f.Source) > yamldoc.MaxBytes {
		return nil, nil, kernel.Errorf(kernel.TooLarge, "%s has %d bytes, more than the %d allowed", f.Name, len(f.Source), yamldoc.MaxBytes).
			WithFix("part it into several files")
	}
	var all []Document
	var problems []kernel.Problem
	parts := split(f.Source)
	if len(parts) > MaxDocuments {
		return nil, nil, kernel.Errorf(kernel.TooLarge, "%s has more than the %d documents that are read at once", f.Name, MaxDocuments).
			WithFix("part it into several files")
	}
	for _, p := range parts {
		if len(problems) > maxProblems {
			break
		}
		d, err := readOne(f.Name, p)
		var told *kernel.Error
		if errors.As(err, &told) {
			problems = append(problems, told.Problems...)
			continue
		}
		all = append(all, d)
	}
	if len(parts) == 0 {
		problems = append(problems, kernel.Problem{
			File: f.Name, Line: 1, Column: 1, Message: "the file has no document", Fix: "write one that begins with apiVersion: " + APIVersion,
		})
	}
	return all, problems, nil
}

// part is one document of a file, which begins in the line.
type part struct {
	line   int
	source string
}

// split parts a file at its lines of ---, into at most MaxDocuments and one more. What has
// nothing but comments is no document.
func split(source string) []part {
	var parts []part
	start, first, line, at := -1, 0, 0, 0 // start is where the document under way begins
	end := func() {
		if start >= 0 {
			parts = append(parts, part{first, source[start:at]})
		}
		start = -1
	}
	for text := range strings.Lines(source) {
		line++
		bare := strings.TrimRight(text, " \t\r\n")
		if bare == "---" || strings.HasPrefix(bare, "--- #") {
			end()
		} else if trimmed := strings.TrimSpace(bare); start < 0 && trimmed != "" && trimmed[0] != '#' {
			start, first = at, line
		}
		if len(parts) > MaxDocuments {
			return parts
		}
		at += len(text)
	}
	end()
	return parts
}

func readOne(file string, p part) (Document, error) {
	doc, err := yamldoc.ReadFrom(file, p.line, []byte(p.source))
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
		decode(spec, d.Route)
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
