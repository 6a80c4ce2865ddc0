package mesh

import (
	"cmp"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Table is what is in force on one stage. It does not change.
type Table struct {
	Scope  kernel.Scope
	domain string
	strict bool
	// routes are the rules of each service, those that match most closely first.
	routes map[string][]Way
	// allowed are the rules of authorization for each service; "" has those for all.
	allowed map[string][]Permission
}

// Way is meshdoc.Way.
type Way = meshdoc.Way

// Permission lets callers do something at a service.
type Permission struct {
	// Policy names the document, Rule its rule from 0.
	Policy string
	Rule   int
	// From are SPIFFE IDs, exact ones or such that end in /*.
	From           []string
	Methods, Paths []string
}

// NewTable returns what documents of a stage say together.
func NewTable(scope kernel.Scope, domain string, policies []Policy) *Table {
	t := &Table{Scope: scope, domain: domain, routes: map[string][]Way{}, allowed: map[string][]Permission{}}
	for _, p := range policies {
		switch {
		case p.Mesh != nil:
			t.strict = p.Mesh.MTLS == meshdoc.Strict
		case p.Calls() != nil:
			t.route(p)
		case p.Authorization != nil:
			t.authorize(p)
		}
	}
	for _, ways := range t.routes {
		slices.SortStableFunc(ways, meshdoc.Closer)
	}
	return t
}

// Strict tells whether both ends of a connection prove who they are, and what no
// authorization allows is refused.
func (t *Table) Strict() bool { return t.strict }

// Ways returns what is done with calls of a service, the closest matches first. The last takes
// every call that no other takes.
func (t *Table) Ways(service string) []Way { return t.routes[service] }

// Routed are the services that a route is for, and all backends of routes.
func (t *Table) Routed() []string {
	found := map[string]bool{}
	for service, ways := range t.routes {
		found[service] = true
		for _, w := range ways {
			for _, b := range w.Backends {
				found[b.Name] = true
			}
		}
	}
	out := make([]string, 0, len(found))
	for name := range found {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Guarded tells whether a service refuses what no permission allows.
func (t *Table) Guarded(service string) bool {
	_, named := t.allowed[service]
	_, all := t.allowed[""]
	return t.strict || named || all
}

// Permissions are those for a service.
func (t *Table) Permissions(service string) []Permission {
	return slices.Concat(t.allowed[service], t.allowed[""])
}

// Admitted are the permissions of who may call a workload beside which a sidecar stands, at which
// callers always prove who they are. Where the mesh is not strict, who is guarded refuses
// everybody, as the mesh explains it, and who is not takes those of its tenant.
func (t *Table) Admitted(workload string) []Permission {
	switch {
	case !t.Guarded(workload):
		tenant, _, _ := strings.Cut(t.ID(workload), "/project/")
		return []Permission{{Policy: "tenant", From: []string{tenant + "/*"}}}
	case !t.strict:
		return nil
	}
	return t.Permissions(workload)
}

// ID is the SPIFFE ID of a workload of the stage.
func (t *Table) ID(workload string) string { return ID(t.domain, t.Scope, workload) }

func (t *Table) id(project, stage, workload string) string {
	return ID(t.domain, kernel.Scope{Tenant: t.Scope.Tenant, Project: project, Stage: stage}, workload)
}

// ID is the SPIFFE ID of a workload of a scope in a trust domain.
func ID(domain string, scope kernel.Scope, workload string) string {
	return "spiffe://" + domain + "/tenant/" + scope.Tenant + "/project/" + scope.Project + "/stage/" + scope.Stage + "/workload/" + workload
}

func (t *Table) route(p Policy) {
	for service, ways := range p.Calls().Ways(p.Kind, p.Name) {
		t.routes[service] = append(t.routes[service], ways...)
	}
}

func (t *Table) authorize(p Policy) {
	target := ""
	if p.Authorization.TargetRef != nil {
		target = p.Authorization.TargetRef.Name
	}
	if t.allowed[target] == nil {
		t.allowed[target] = []Permission{}
	}
	for i, r := range p.Authorization.Rules {
		one := Permission{Policy: p.Name, Rule: i, Methods: r.Methods, Paths: r.Paths}
		for _, f := range r.From {
			id := f.SPIFFEID
			if id == "" {
				id = t.id(cmp.Or(f.Project, t.Scope.Project), cmp.Or(f.Stage, t.Scope.Stage), f.Workload)
			}
			one.From = append(one.From, id)
		}
		t.allowed[target] = append(t.allowed[target], one)
	}
}

// allows tells whether a permission is for a call; a method or path that is not told could be
// any.
func (p Permission) allows(from, method, path string) bool {
	return slices.ContainsFunc(p.From, func(pattern string) bool { return covers(pattern, from) }) &&
		(len(p.Methods) == 0 || method == "" || slices.Contains(p.Methods, method)) &&
		(len(p.Paths) == 0 || path == "" || slices.ContainsFunc(p.Paths, func(pattern string) bool { return covers(pattern, path) }))
}

// covers tells whether a pattern, which may end in /*, takes in a text.
func covers(pattern, text string) bool {
	if head, all := strings.CutSuffix(pattern, "*"); all && strings.HasSuffix(head, "/") {
		return strings.HasPrefix(text, head) && len(text) > len(head)
	}
	return pattern == text
}
