package mesh_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// world is who may what, and what was recorded.
type world struct {
	deny  string
	facts []kernel.Fact
}

func (w *world) Authorize(_ context.Context, action string, scope kernel.Scope) error {
	if w.deny == action || scope.Tenant != "acme" {
		return kernel.Errorf(kernel.Denied, "no")
	}
	return nil
}

func (w *world) Record(_ context.Context, f kernel.Fact) error {
	w.facts = append(w.facts, f)
	return nil
}

func (w *world) Check(stage string) error {
	if stage != "dev" && stage != "prod" {
		return kernel.Errorf(kernel.NotFound, "there is no stage %s", stage)
	}
	return nil
}

// Known has one workload that no document names.
func (w *world) Known(_ context.Context, _ kernel.Scope, workload string) error {
	if workload != "stock" {
		return kernel.Errorf(kernel.NotFound, "there is no workload %s", workload)
	}
	return nil
}

func dev() kernel.Scope { return kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"} }

func each(t *testing.T, test func(t *testing.T, s *mesh.Service, w *world)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{meshsql.Migrations()}, func(t *testing.T, d *db.DB) {
		t.Helper()
		w := &world{}
		test(t, mesh.NewService(mesh.Config{
			Store: meshsql.NewStore(d), Authorizer: w, Stages: w, Journal: w, Tx: d, Log: slog.New(slog.DiscardHandler), Domain: "localhost",
		}), w)
	})
}

func apply(t *testing.T, s *mesh.Service, source string) []mesh.Change {
	t.Helper()
	changes, err := s.Apply(t.Context(), dev(), []meshdoc.File{{Name: "m.yaml", Source: source}}, mesh.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

func outcomes(changes []mesh.Change) (out []string) {
	for _, c := range changes {
		out = append(out, c.Kind+" "+c.Name+" "+string(c.Outcome))
	}
	return out
}

const (
	strict = "apiVersion: mesh.terrace.dev/v1\nkind: Mesh\nmetadata: {name: default}\nspec: {mtls: strict}\n"
	web    = "apiVersion: mesh.terrace.dev/v1\nkind: AuthorizationPolicy\nmetadata: {name: web}\nspec:\n  targetRef: {kind: Service, name: orders}\n" +
		"  rules:\n    - from: [{workload: web}, {workload: \"*\", stage: prod}]\n      methods: [GET, POST]\n      paths: [/orders/*]\n"
	split = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: orders}\nspec:\n  parentRefs: [{kind: Service, name: orders}]\n" +
		"  rules:\n    - backendRefs: [{name: orders, weight: 3}, {name: orders-next, weight: 1}]\n    - matches: [{path: {value: /orders/next}}]\n      backendRefs: [{name: orders-next}]\n"
)

func TestDocumentsAreAppliedAllOrNone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *mesh.Service, w *world) {
		turned := s.Turned()
		got := outcomes(apply(t, s, strict+"---\n"+web+"---\n"+split))
		if d := cmp.Diff([]string{"Mesh default created", "AuthorizationPolicy web created", "HTTPRoute orders created"}, got); d != "" {
			t.Error(d)
		}
		select {
		case <-turned:
		default:
			t.Error("nobody is told that something else is in force")
		}
		if got := outcomes(apply(t, s, strict+"---\n"+strings.Replace(web, "GET, POST", "GET", 1))); cmp.Diff([]string{"Mesh default unchanged", "AuthorizationPolicy web changed"}, got) != "" {
			t.Error(got)
		}
		if len(w.facts) != 4 || w.facts[3].Type != "mesh-policy.changed" || w.facts[3].Scope != dev() {
			t.Errorf("%+v", w.facts)
		}
		_, err := s.Apply(t.Context(), dev(), []meshdoc.File{{Name: "m.yaml", Source: strings.Replace(split, "name: orders}\nspec", "name: other}\nspec", 1) + "---\n" +
			strings.Replace(web, "workload: web", "spiffeId: spiffe://localhost/tenant/evil/project/x/stage/y/workload/z", 1)}}, mesh.Options{})
		if !kernel.Is(err, kernel.Invalid) || !strings.HasPrefix(problems(err), "m.yaml:17:15: spec.rules[0].from[0].spiffeId") {
			t.Errorf("%v %s", err, problems(err))
		}
		page, err := s.Documents(t.Context(), dev(), "", kernel.PageRequest{Limit: 2})
		if err != nil || len(page.Items) != 2 || page.Items[1].Kind != meshdoc.KindHTTPRoute || page.Next == "" {
			t.Fatalf("%+v %v", page, err)
		}
		page, err = s.Documents(t.Context(), dev(), "", kernel.PageRequest{Limit: 2, Cursor: page.Next})
		if err != nil || len(page.Items) != 1 || page.Items[0].Kind != meshdoc.KindMesh {
			t.Errorf("%+v %v", page, err)
		}
	})
}

func problems(err error) string {
	var out strings.Builder
	if told, ok := errors.AsType[*kernel.Error](err); ok {
		for _, p := range told.Problems {
			out.WriteString(p.String() + "\n")
		}
	}
	return out.String()
}

func TestWhatMayNotBeIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *mesh.Service, w *world) {
		files := []meshdoc.File{{Name: "m.yaml", Source: strict}}
		if _, err := s.Apply(t.Context(), kernel.Scope{Tenant: "acme", Project: "shop"}, files, mesh.Options{}); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("of no stage: %v", err)
		}
		if _, err := s.Apply(t.Context(), kernel.Scope{Tenant: "acme", Project: "shop", Stage: "nowhere"}, files, mesh.Options{}); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("of a stage that there is not: %v", err)
		}
		if changes, err := s.Apply(t.Context(), dev(), files, mesh.Options{DryRun: true}); err != nil || changes[0].Outcome != mesh.Created || len(w.facts) > 0 || s.Table(dev()).Strict() {
			t.Errorf("a dry run: %v %v", changes, err)
		}
		w.deny = mesh.ActionWrite
		if _, err := s.Apply(t.Context(), dev(), files, mesh.Options{}); !kernel.Is(err, kernel.Denied) {
			t.Errorf("without permission: %v", err)
		}
		if _, err := s.Remove(t.Context(), dev(), meshdoc.KindMesh, "default", mesh.Options{}); !kernel.Is(err, kernel.Denied) {
			t.Errorf("removed without permission: %v", err)
		}
		w.deny = mesh.ActionRead
		if _, err := s.Why(t.Context(), dev(), mesh.Call{From: "web", To: "orders"}); !kernel.Is(err, kernel.Denied) {
			t.Errorf("asked without permission: %v", err)
		}
		w.deny = ""
		if _, err := s.Remove(t.Context(), dev(), meshdoc.KindMesh, "default", mesh.Options{}); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("removed what is not there: %v", err)
		}
	})
}

func TestACallIsExplained(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *mesh.Service, w *world) {
		ask := func(from, method, path string) mesh.Answer {
			t.Helper()
			a, err := s.Why(t.Context(), dev(), mesh.Call{From: from, To: "orders", Method: method, Path: path})
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		if a := ask("web", "", ""); !a.Allowed || a.Strict || len(a.Backends) != 1 {
			t.Errorf("without any document: %+v", a)
		}
		if changes := apply(t, s, web); len(changes[0].Warnings) != 1 || changes[0].Warnings[0].Line != 6 {
			t.Errorf("nobody proves who calls: %+v", changes)
		}
		if a := ask("web", "GET", "/orders/1"); a.Allowed {
			t.Errorf("nobody proves who calls: %+v", a)
		}
		if changes := apply(t, s, strict+"---\n"+web+"---\n"+split); len(changes[1].Warnings) > 0 {
			t.Errorf("%+v", changes)
		}
		for _, path := range []string{"/orders/1", "/orders/next/1"} {
			if a := ask("web", "GET", path); a.Allowed || !strings.Contains(strings.Join(a.Reasons, "\n"), "no rule of an AuthorizationPolicy for orders-next allows it") {
				t.Errorf("who answers allows nobody: %+v", a)
			}
		}
		next := strings.NewReplacer("{name: web}", "{name: next}", "name: orders}", "name: orders-next}").Replace(web)
		apply(t, s, strings.Replace(next, "[GET, POST]", "[GET]", 1))
		if a := ask("web", "", ""); cmp.Diff([]string{"the method is GET or POST, the path is /orders/* at orders, and the method is GET, the path is /orders/* at orders-next"}, a.Conditions) != "" {
			t.Errorf("who answers allows another method: %+v", a)
		}
		apply(t, s, next)
		for _, c := range []struct {
			from, method, path string
			allowed            bool
		}{
			{"web", "GET", "/orders/1", true},
			{"web", "DELETE", "/orders/1", false},
			{"web", "GET", "/orders", false},
			{"web", "GET", "/ordersx", false},
			{"cart", "GET", "/orders/1", false},
			{"spiffe://localhost/tenant/acme/project/shop/stage/prod/workload/any", "GET", "/orders/1", true},
			{"spiffe://localhost/tenant/evil/project/shop/stage/dev/workload/web", "GET", "/orders/1", false},
		} {
			if a := ask(c.from, c.method, c.path); a.Allowed != c.allowed || len(a.Reasons) == 0 {
				t.Errorf("%+v: %+v", c, a)
			}
		}
		if a := ask("web", "", ""); !a.Allowed || len(a.Conditions) != 1 || a.Backends[0].Percent != 75 || a.Route != "HTTPRoute orders, rule 1" {
			t.Errorf("%+v", a)
		}
		if a := ask("web", "GET", "/orders/next/1"); len(a.Backends) != 1 || a.Backends[0].Service != "orders-next" {
			t.Errorf("the closer match: %+v", a)
		}
		s.Workloads = w
		changes := apply(t, s, strings.Replace(split, "{name: orders, weight", "{name: stock, weight", 1)+"---\n"+web)
		if got := changes[0].Warnings; len(got) != 2 || got[0].Line != 7 || got[0].Column != 48 || !strings.Contains(got[0].Message, "no workload orders-next was ever deployed in shop") {
			t.Errorf("backends that there are not: %+v", got)
		}
		if got := changes[1].Warnings; len(got) != 2 || got[0].Path != "spec.targetRef.name" || got[1].Path != "spec.rules[0].from[0].workload" {
			t.Errorf("callers that there are not: %+v", got)
		}
		apply(t, s, split)
		for name, known := range map[string]bool{"web": true, "orders-next": true, "stock": true, "nope": false, "any": false} {
			for _, c := range []mesh.Call{{From: name, To: "orders"}, {From: "web", To: name}} {
				if _, err := s.Why(t.Context(), dev(), c); kernel.Is(err, kernel.NotFound) == known {
					t.Errorf("%+v: %v", c, err)
				}
			}
		}
		if _, err := s.Remove(t.Context(), dev(), meshdoc.KindMesh, "default", mesh.Options{}); err != nil || s.Table(dev()).Strict() {
			t.Errorf("removed: %v", err)
		}
	})
}

// TestWhatStrictRefusesAndTheClosestMatch need no document beside them.
func TestWhatStrictRefusesAndTheClosestMatch(t *testing.T) {
	t.Parallel()
	to := func(service string) []meshdoc.BackendRef { return []meshdoc.BackendRef{{Name: service}} }
	match := func(kind, path string) []meshdoc.Match {
		return []meshdoc.Match{{Path: meshdoc.PathMatch{Type: kind, Value: path}}}
	}
	table := mesh.NewTable(dev(), "localhost", []mesh.Policy{
		{Kind: meshdoc.KindMesh, Spec: meshdoc.Spec{Mesh: &meshdoc.Mesh{MTLS: meshdoc.Strict}}},
		{Kind: meshdoc.KindHTTPRoute, Name: "orders", Spec: meshdoc.Spec{Route: &meshdoc.Route{ParentRefs: []meshdoc.ParentRef{{Kind: "Service", Name: "orders"}}, Rules: []meshdoc.Rule{
			{Matches: match(meshdoc.PathPrefix, "/orders"), BackendRefs: to("below")},
			{Matches: match(meshdoc.RegularExpression, "/orders/[0-9]+"), BackendRefs: to("number")},
			{Matches: match(meshdoc.Exact, "/orders"), BackendRefs: to("exact")},
		}}}},
	})
	if a := table.Why(mesh.Call{From: "web", To: "stock"}); a.Allowed || !a.Strict {
		t.Errorf("nothing allows it: %+v", a)
	}
	for path, want := range map[string]string{"/orders": "exact", "/orders/7": "number", "/orders/x": "below"} {
		if a := table.Why(mesh.Call{From: "web", To: "orders", Path: path}); len(a.Backends) != 1 || a.Backends[0].Service != want {
			t.Errorf("%s: %+v, want %s", path, a.Backends, want)
		}
	}
	for value, want := range map[string]string{"blue": "blue", "red": "all", "": "all"} {
		asked := meshdoc.Match{Headers: []meshdoc.ValueMatch{{Name: "x-team", Type: meshdoc.RegularExpression, Value: "bl.*"}, {Name: "X-Beta", Value: "1,2"}}}
		table := mesh.NewTable(dev(), "localhost", []mesh.Policy{{Kind: meshdoc.KindHTTPRoute, Spec: meshdoc.Spec{Route: &meshdoc.Route{
			ParentRefs: []meshdoc.ParentRef{{Kind: "Service", Name: "orders"}}, Rules: []meshdoc.Rule{{BackendRefs: to("all")}, {Matches: []meshdoc.Match{asked}, BackendRefs: to("blue")}},
		}}}})
		headers := http.Header{"X-Beta": {"1", "2"}}
		if value != "" {
			headers.Set("X-Team", value)
		}
		if a := table.Why(mesh.Call{From: "web", To: "orders", Headers: headers}); len(a.Backends) != 1 || a.Backends[0].Service != want {
			t.Errorf("%s: %+v, want %s", value, a.Backends, want)
		}
	}
	if a := table.Why(mesh.Call{From: "web", To: "orders", Path: "/ordersx"}); len(a.Backends) > 0 || a.Allowed {
		t.Errorf("no rule takes it: %+v", a)
	}
}

// contested are clusters that take one document of a stage, and no other one beside it.
type contested struct {
	// looked is called once, when it has been looked at what is deployed.
	looked func()
}

func (c *contested) JudgeMesh(context.Context, kernel.Scope) (func([]meshdoc.Document) error, error) {
	if looked := c.looked; looked != nil {
		c.looked = nil
		looked()
	}
	return func(docs []meshdoc.Document) error {
		if len(docs) > 1 {
			return kernel.Errorf(kernel.Invalid, "%d documents", len(docs))
		}
		return nil
	}, nil
}

func TestDocumentsThatAClusterTakesOnlyAloneAreNotAppliedAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *mesh.Service, _ *world) {
		s.Clusters = &contested{looked: func() { apply(t, s, split) }}
		files := []meshdoc.File{{Name: "m.yaml", Source: strings.Replace(split, "name: orders}\nspec", "name: other}\nspec", 1)}}
		if _, err := s.Apply(t.Context(), dev(), files, mesh.Options{}); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("the second one: %v", err)
		}
		if docs, err := s.Of(t.Context(), dev()); err != nil || len(docs) != 1 || docs[0].Name != "orders" {
			t.Errorf("in force are %v %v", docs, err)
		}
		apply(t, s, split) // its own successor
	})
}
