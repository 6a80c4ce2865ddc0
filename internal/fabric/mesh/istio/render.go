package istio

import (
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/cluster"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	networking = "networking.istio.io/v1"
	security   = "security.istio.io/v1"
)

// Render returns the objects that say what documents of one stage do, in the order in which
// they should be applied. The error is Invalid, with everything that Istio cannot say at its
// place; documents are of the scope's project and stage unless they name another.
func Render(scope kernel.Scope, trustDomain string, documents []meshdoc.Document) ([]cluster.Object, error) {
	r := &renderer{Stage: cluster.New(scope, trustDomain, documents), ways: map[string][]meshdoc.Way{}, callees: map[string]bool{}}
	if r.Mutual {
		r.strict()
	}
	for _, d := range r.Documents {
		if d.Authorization != nil {
			r.authorization(d)
		}
		r.read(d)
	}
	r.services()
	return r.Done("Istio")
}

// renderer collects objects.
type renderer struct {
	*cluster.Stage

	// ways are what is done with calls of services, callees those that answer.
	ways    map[string][]meshdoc.Way
	callees map[string]bool
}

func (r *renderer) add(version, kind, name string, spec map[string]any) {
	r.Add(version, kind, name, nil, spec)
}

// strict has both ends prove who they are, and refuses what nothing allows: a policy that
// allows nothing. Names of documents and services have no dot, these do.
func (r *renderer) strict() {
	r.add(security, "PeerAuthentication", "default", map[string]any{"mtls": map[string]any{"mode": "STRICT"}})
	r.add(security, "AuthorizationPolicy", "mesh.allow-nothing", map[string]any{})
	r.add(networking, "DestinationRule", "mesh.mutual-tls", map[string]any{
		"host":          "*." + r.Namespace() + ".svc.cluster.local",
		"trafficPolicy": map[string]any{"tls": map[string]any{"mode": "ISTIO_MUTUAL"}},
	})
}

// read takes down what a document says of routes.
func (r *renderer) read(d meshdoc.Document) {
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
		if r.Mutual {
			r.add(networking, "DestinationRule", name, map[string]any{
				"host": name,
				"trafficPolicy": map[string]any{"tls": map[string]any{
					"mode": "ISTIO_MUTUAL", "subjectAltNames": []any{"spiffe://" + r.account(r.Scope.Project, r.Scope.Stage, name)},
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
	return r.Domain + "/ns/" + cluster.Namespace(project, stage) + "/sa/" + workload
}

// authorization lets callers do what a document allows. One without rules allows nothing.
func (r *renderer) authorization(d meshdoc.Document) {
	spec := map[string]any{"action": "ALLOW"}
	if target := d.Authorization.TargetRef; target != nil {
		spec["selector"] = map[string]any{"matchLabels": map[string]any{cluster.WorkloadLabel: target.Name}}
	}
	var rules []any
	for i, rule := range d.Authorization.Rules {
		rules = append(rules, r.rule(d, cluster.At(meshdoc.AtRules, i), rule))
	}
	if len(rules) > 0 {
		spec["rules"] = rules
	}
	r.add(security, "AuthorizationPolicy", d.Name, spec)
}

func (r *renderer) rule(d meshdoc.Document, path string, rule meshdoc.Allow) map[string]any {
	var callers []any
	for i, f := range rule.From {
		callers = append(callers, r.principal(d, cluster.At(path+".from", i), f))
	}
	out := map[string]any{"from": []any{map[string]any{"source": map[string]any{"principals": callers}}}}
	operation := map[string]any{}
	if len(rule.Methods) > 0 {
		operation["methods"] = cluster.Texts(rule.Methods)
	}
	if len(rule.Paths) > 0 {
		operation["paths"] = cluster.Texts(rule.Paths)
	}
	if len(operation) > 0 {
		out["to"] = []any{map[string]any{"operation": operation}}
	}
	return out
}

// principal is a caller as Istio names it; a last * is for all below.
func (r *renderer) principal(d meshdoc.Document, path string, f meshdoc.Caller) string {
	if f.SPIFFEID == "" {
		return r.account(r.Caller(f))
	}
	r.Foreign(d, path, "Istio", f.SPIFFEID)
	return strings.TrimPrefix(f.SPIFFEID, "spiffe://")
}
