package istio

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	networking = "networking.istio.io/v1"
	security   = "security.istio.io/v1"
	// workloadLabel is the label that pods of a workload have.
	workloadLabel = "app.kubernetes.io/name"
)

// DefaultTrustDomain is that of a cluster where nobody has set another.
const DefaultTrustDomain = "cluster.local"

// Object is an object of Kubernetes.
type Object struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Metadata   Metadata       `json:"metadata"`
	Spec       map[string]any `json:"spec"`
}

// Metadata is that of an object.
type Metadata struct {
	Name      string            `json:"name"`
	Namespace string            `json:"namespace"`
	Labels    map[string]string `json:"labels,omitempty"`
}

// Namespace is where the workloads of a project's stage run, each as the service account of its
// name.
func Namespace(project, stage string) string { return project + "-" + stage }

// Render returns the objects that say what documents of one stage do, in the order in which
// they should be applied. The error is Invalid, with everything that Istio cannot say at its
// place; documents are of the scope's project and stage unless they name another.
func Render(scope kernel.Scope, trustDomain string, documents []meshdoc.Document) ([]Object, error) {
	r := &renderer{scope: scope, domain: trustDomain, ways: map[string][]meshdoc.Way{}, callees: map[string]bool{}}
	for _, d := range documents {
		if cmp.Or(d.Project, scope.Project) != scope.Project || cmp.Or(d.Stage, scope.Stage) != scope.Stage {
			r.refuse(d, "metadata.stage", "render each stage by itself", "the document is of "+d.Project+"/"+d.Stage+", the objects are of "+scope.Project+"/"+scope.Stage)
			continue
		}
		r.read(d)
	}
	if r.mutual {
		r.strict()
	}
	for _, d := range documents {
		if d.Authorization != nil {
			r.authorization(d)
		}
	}
	r.services()
	if len(r.problems) > 0 {
		return nil, kernel.Errorf(kernel.Invalid, "the documents cannot be said to Istio").WithProblems(r.problems...)
	}
	return r.objects, nil
}

// renderer collects objects, and what is wrong.
type renderer struct {
	scope  kernel.Scope
	domain string
	// mutual says that the mesh is strict.
	mutual bool
	// ways are what is done with calls of services, callees those that answer.
	ways     map[string][]meshdoc.Way
	callees  map[string]bool
	objects  []Object
	problems []kernel.Problem
}

func (r *renderer) refuse(d meshdoc.Document, path, fix, message string) {
	r.problems = append(r.problems, d.Warn(path, fix, message))
}

func (r *renderer) namespace() string { return Namespace(r.scope.Project, r.scope.Stage) }

func (r *renderer) add(version, kind, name string, spec map[string]any) {
	r.objects = append(r.objects, Object{version, kind, Metadata{name, r.namespace(), map[string]string{
		"app.kubernetes.io/managed-by": "terrace", "app.kubernetes.io/part-of": r.scope.Project, "terrace.dev/project": r.scope.Project, "terrace.dev/stage": r.scope.Stage,
	}}, spec})
}

// strict has both ends prove who they are, and refuses what nothing allows: a policy that
// allows nothing. Names of documents and services have no dot, these do.
func (r *renderer) strict() {
	r.add(security, "PeerAuthentication", "default", map[string]any{"mtls": map[string]any{"mode": "STRICT"}})
	r.add(security, "AuthorizationPolicy", "mesh.allow-nothing", map[string]any{})
	r.add(networking, "DestinationRule", "mesh.mutual-tls", map[string]any{
		"host":          "*." + r.namespace() + ".svc.cluster.local",
		"trafficPolicy": map[string]any{"tls": map[string]any{"mode": "ISTIO_MUTUAL"}},
	})
}

// read takes down what a document says of the stage and of routes.
func (r *renderer) read(d meshdoc.Document) {
	if d.Mesh != nil {
		r.mutual = d.Mesh.MTLS == meshdoc.Strict
	}
	if d.Calls() == nil {
		return
	}
	for service, ways := range d.Calls().Ways(d.Kind, d.Name) {
		r.ways[service], r.callees[service] = append(r.ways[service], ways...), true
		for _, w := range ways {
			for _, b := range w.Backends {
				r.callees[b.Name] = true
			}
		}
	}
}

// services says who answers calls of each service, and what becomes of them.
func (r *renderer) services() {
	for _, name := range slices.Sorted(maps.Keys(r.callees)) {
		if r.mutual {
			r.add(networking, "DestinationRule", name, map[string]any{
				"host": name,
				"trafficPolicy": map[string]any{"tls": map[string]any{
					"mode": "ISTIO_MUTUAL", "subjectAltNames": []any{"spiffe://" + r.account(r.scope.Project, r.scope.Stage, name)},
				}},
			})
		}
		if ways := r.ways[name]; len(ways) > 0 {
			slices.SortStableFunc(ways, meshdoc.Closer)
			r.add(networking, "VirtualService", name, virtualService(name, ways))
		}
	}
}

// account is whom Istio knows a workload by: a SPIFFE ID without its scheme.
func (r *renderer) account(project, stage, workload string) string {
	return r.domain + "/ns/" + Namespace(project, stage) + "/sa/" + workload
}

// authorization lets callers do what a document allows. One without rules allows nothing.
func (r *renderer) authorization(d meshdoc.Document) {
	spec := map[string]any{"action": "ALLOW"}
	if target := d.Authorization.TargetRef; target != nil {
		spec["selector"] = map[string]any{"matchLabels": map[string]any{workloadLabel: target.Name}}
	}
	var rules []any
	for i, rule := range d.Authorization.Rules {
		rules = append(rules, r.rule(d, at("spec.rules", i), rule))
	}
	if len(rules) > 0 {
		spec["rules"] = rules
	}
	r.add(security, "AuthorizationPolicy", d.Name, spec)
}

func (r *renderer) rule(d meshdoc.Document, path string, rule meshdoc.Allow) map[string]any {
	var callers []any
	for i, f := range rule.From {
		id, ok := r.principal(f)
		if !ok {
			r.refuse(d, at(path+".from", i)+".spiffeId", "name the workload, and its project and stage where they are others",
				"Istio knows workloads of this platform by namespace and service account, not by "+f.SPIFFEID)
		}
		callers = append(callers, id)
	}
	out := map[string]any{"from": []any{map[string]any{"source": map[string]any{"principals": callers}}}}
	operation := map[string]any{}
	if len(rule.Methods) > 0 {
		operation["methods"] = texts(rule.Methods)
	}
	if len(rule.Paths) > 0 {
		operation["paths"] = texts(rule.Paths)
	}
	if len(operation) > 0 {
		out["to"] = []any{map[string]any{"operation": operation}}
	}
	return out
}

// principal is a caller as Istio names it; a last * is for all below. A SPIFFE ID of Terrace is
// none: on a cluster nobody has it.
func (r *renderer) principal(f meshdoc.Caller) (string, bool) {
	if f.SPIFFEID == "" {
		return r.account(cmp.Or(f.Project, r.scope.Project), cmp.Or(f.Stage, r.scope.Stage), f.Workload), true
	}
	id := strings.TrimPrefix(f.SPIFFEID, "spiffe://")
	_, path, _ := strings.Cut(id, "/")
	return id, !strings.HasPrefix(path+"/", "tenant/")
}

func texts(in []string) []any {
	out := make([]any, 0, len(in))
	for _, s := range in {
		out = append(out, s)
	}
	return out
}
