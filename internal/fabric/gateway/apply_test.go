package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/fabric/ownership"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// may is an Authorizer: what is false is denied.
type may map[string]bool

func (m may) Authorize(_ context.Context, action string, scope kernel.Scope) error {
	if allowed, said := m[action+" "+scope.String()]; said && !allowed || !said && !m[action] && len(m) > 0 {
		return kernel.Errorf(kernel.Denied, "may not do %s in %s", action, scope)
	}
	return nil
}

// mark is a kind of policy whose spec is {say: WORD}.
type mark struct{}

func (mark) Name() string { return "MarkPolicy" }

func (mark) Compile(_ context.Context, p gateway.Policy, _ gateway.Attachment) (exchange.Filter, error) {
	var spec struct{ Say string }
	if err := json.Unmarshal(p.Spec, &spec); err != nil || spec.Say == "" {
		return nil, kernel.Errorf(kernel.Invalid, "policy %s is not valid", p.Name).
			WithProblems(kernel.Problem{Path: "say", Message: "it says nothing"})
	}
	return func(next exchange.Handler) exchange.Handler {
		return func(x *exchange.Exchange) { next(x); x.Response.Header.Set("X-Mark", spec.Say) }
	}, nil
}

// facts is a Journal that keeps what it gets.
type facts struct {
	mu  sync.Mutex
	all []string
}

func (f *facts) Record(_ context.Context, fact kernel.Fact) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, fact.Type+" "+fact.Subject)
	return nil
}

func desk(t *testing.T, d *db.DB, m may) (*gateway.Service, *facts) {
	t.Helper()
	store, journal := gatewaysql.NewStore(d), &facts{}
	s := gateway.NewService(gateway.Config{
		Store: store, PolicyStore: store, Library: store, Authorizer: m, Journal: journal, Tx: d, Log: quiet(), Kinds: []gateway.Kind{mark{}},
	})
	if err := s.Load(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s, journal
}

func routeDoc(name, path, service string) string {
	return fmt.Sprintf("apiVersion: gateway.terrace.dev/v1\nkind: Route\nmetadata: {name: %s}\nspec:\n  hosts: [%s]\n  rules:\n    - matches: [{path: {value: %s}}]\n      backends: [{service: %s}]\n", name, host, path, service)
}

func policyDoc(name, spec string) string {
	return fmt.Sprintf("apiVersion: gateway.terrace.dev/v1\nkind: MarkPolicy\nmetadata: {name: %s}\nspec: %s\n", name, spec)
}

// TestADeletionIsOfTheTimeThatTheClockTells in the history.
func TestADeletionIsOfTheTimeThatTheClockTells(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	d := dbtest.SQLite(t, gatewaysql.Migrations())
	s, _ := desk(t, d, may{})
	store := gatewaysql.NewStore(d)
	store.Clock = func() time.Time { return at }
	s.Store = store
	if _, err := s.Apply(t.Context(), dev, files(routeDoc("a", "/a", "one")), gateway.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteRoute(t.Context(), dev, "a"); err != nil {
		t.Fatal(err)
	}
	page, err := s.History(t.Context(), dev, gateway.ClassRoute, "a", kernel.PageRequest{})
	if err != nil || len(page.Items) != 2 || !page.Items[0].Deleted || !page.Items[0].At.Equal(at) {
		t.Errorf("%+v, %v", page.Items, err)
	}
}

func files(docs ...string) []gatewaydoc.File {
	return []gatewaydoc.File{{Name: "gw.yaml", Source: strings.Join(docs, "---\n")}}
}

func said(changes []gateway.Change) string {
	parts := make([]string, 0, len(changes))
	for _, c := range changes {
		parts = append(parts, fmt.Sprintf("%s %s %s", c.Class, c.Name, c.Outcome))
	}
	return strings.Join(parts, ", ")
}

func TestAppliesAllOrNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{gatewaysql.Migrations()}, func(t *testing.T, d *db.DB) {
		ctx := kernel.WithActor(context.Background(), kernel.Actor{ID: "u", Name: "ada", Tenant: "acme"})
		s, journal := desk(t, d, nil)
		apply := func(o gateway.ApplyOptions, docs ...string) (string, error) {
			changes, err := s.Apply(ctx, dev, files(docs...), o)
			return said(changes), err
		}
		a, b, p := routeDoc("a", "/a", "one"), routeDoc("b", "/b", "two"), policyDoc("m", "{targetRef: {route: a}, say: hello}")
		if got, err := apply(gateway.ApplyOptions{DryRun: true}, a, b, p); err != nil || got != "route a created, route b created, policy m created" {
			t.Fatalf("dry run: %s, %v", got, err)
		}
		if s.HasHost(host) || len(journal.all) > 0 {
			t.Fatalf("a dry run changed something: %v", journal.all)
		}
		if _, err := apply(gateway.ApplyOptions{}, a, b, policyDoc("m", "{say: ''}")); !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), "gw.yaml:22:8: spec.say: it says nothing") {
			t.Fatalf("a bad policy: %v", err)
		}
		if s.HasHost(host) {
			t.Fatal("something of what cannot be applied was")
		}
		if got, err := apply(gateway.ApplyOptions{}, a, b, p); err != nil || got != "route a created, route b created, policy m created" || !s.HasHost(host) {
			t.Fatalf("%s, %v", got, err)
		}
		if got, err := apply(gateway.ApplyOptions{}, a, routeDoc("b", "/b", "three"), p); err != nil || got != "route a unchanged, route b changed, policy m unchanged" {
			t.Fatalf("%s, %v", got, err)
		}
		if got := strings.Join(journal.all, ", "); got != "route.changed a, route.changed b, gateway-policy.changed m, route.changed b" {
			t.Fatalf("facts: %s", got)
		}
		// One hands its path to the other: in one step that is no conflict.
		if got, err := apply(gateway.ApplyOptions{}, routeDoc("a", "/b", "one"), routeDoc("b", "/a", "two")); err != nil || got != "route a changed, route b changed" {
			t.Fatalf("%s, %v", got, err)
		}
		if _, err := apply(gateway.ApplyOptions{}, routeDoc("c", "/b", "four")); !kernel.Is(err, kernel.Conflict) || !strings.Contains(err.Error(), "gw.yaml:3:12") {
			t.Fatalf("a path twice: %v", err)
		}
		if _, err := apply(gateway.ApplyOptions{}, strings.Replace(a, host, "a.prod.shop.localhost", 1)); !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), "gw.yaml:5:11: spec.hosts[0]: ") {
			t.Fatalf("a host of another stage: %v", err)
		}
	})
}

func TestHistoryAndRollback(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{gatewaysql.Migrations()}, func(t *testing.T, d *db.DB) {
		ctx := kernel.WithActor(context.Background(), kernel.Actor{ID: "u", Name: "ada", Tenant: "acme"})
		s, _ := desk(t, d, nil)
		for i := range gateway.MaxVersions + 5 {
			if _, err := s.Apply(ctx, dev, files(routeDoc("a", "/a", fmt.Sprintf("s%d", i))), gateway.ApplyOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		page, err := s.History(ctx, dev, gateway.ClassRoute, "a", kernel.PageRequest{Limit: 200})
		if err != nil || len(page.Items) != gateway.MaxVersions || page.Items[0].Number != gateway.MaxVersions+5 || page.Items[0].Author != "ada" {
			t.Fatalf("%d versions, the newest %+v, %v", len(page.Items), page.Items[0], err)
		}
		service := func() string {
			r, err := s.Look(ctx, dev, "a")
			if err != nil {
				t.Fatal(err)
			}
			return r.Rules[0].Backends[0].Service
		}
		if c, err := s.Rollback(ctx, dev, gateway.ClassRoute, "a", 0, gateway.ApplyOptions{}); err != nil || c.Outcome != gateway.Changed || service() != "s53" {
			t.Fatalf("%+v, %s, %v", c, service(), err)
		}
		if _, err := s.Rollback(ctx, dev, gateway.ClassRoute, "a", 20, gateway.ApplyOptions{}); err != nil || service() != "s19" {
			t.Fatalf("%s, %v", service(), err)
		}
		if _, err := s.Rollback(ctx, dev, gateway.ClassRoute, "a", 2, gateway.ApplyOptions{}); !kernel.Is(err, kernel.NotFound) {
			t.Fatalf("a version that is forgotten: %v", err)
		}
		if _, err := s.Remove(ctx, dev, gateway.ClassRoute, "a", gateway.ApplyOptions{}); err != nil || s.HasHost(host) {
			t.Fatal(err)
		}
		if _, err := s.Remove(ctx, dev, gateway.ClassRoute, "a", gateway.ApplyOptions{}); !kernel.Is(err, kernel.NotFound) {
			t.Fatalf("deleted twice: %v", err)
		}
		if c, err := s.Rollback(ctx, dev, gateway.ClassRoute, "a", 0, gateway.ApplyOptions{}); err != nil || c.Outcome != gateway.Created || service() != "s19" {
			t.Fatalf("what was deleted comes back: %+v, %v", c, err)
		}
		if _, err := s.History(ctx, dev, gateway.ClassRoute, "none", kernel.PageRequest{}); !kernel.Is(err, kernel.NotFound) {
			t.Fatalf("the history of nothing: %v", err)
		}
	})
}

func TestRoutesOfTerraformAreNotChangedByMistake(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, _ := desk(t, dbtest.SQLite(t, gatewaysql.Migrations()), nil)
	made := gateway.ToService("a", host, "/a", "one", "")
	made.Owner = ownership.Terraform
	put(t, s, dev, made)
	other := files(routeDoc("a", "/a", "two"))
	if _, err := s.Apply(ctx, dev, other, gateway.ApplyOptions{}); !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "--owned") {
		t.Fatal(err)
	}
	if _, err := s.Remove(ctx, dev, gateway.ClassRoute, "a", gateway.ApplyOptions{}); !kernel.Is(err, kernel.Refused) {
		t.Fatal(err)
	}
	changes, err := s.Apply(ctx, dev, other, gateway.ApplyOptions{Owned: true})
	if err != nil || !strings.Contains(changes[0].Note, "next run changes it back") {
		t.Fatalf("%+v, %v", changes, err)
	}
	if r, err := s.Look(ctx, dev, "a"); err != nil || r.Owner != ownership.Terraform {
		t.Fatalf("%+v, %v", r, err)
	}
}

func TestWhoMayChangeWhat(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	prod := dev.InStage("prod")
	s, _ := desk(t, dbtest.SQLite(t, gatewaysql.Migrations()), may{"gateway.read": true, "gateway.write": true, "gateway.write " + prod.String(): false})
	elsewhere := strings.Replace(routeDoc("a", "/a", "x"), "{name: a}", "{name: a, stage: prod}", 1)
	for name, tt := range map[string]struct {
		scope kernel.Scope
		doc   string
		want  kernel.Kind
	}{
		"a route of a stage":             {dev, routeDoc("a", "/a", "x"), ""},
		"a route of a stage beyond":      {prod, routeDoc("a", "/a", "x"), kernel.Denied},
		"one that the document names":    {dev, elsewhere, kernel.Denied},
		"a policy of a stage":            {dev, policyDoc("m", "{say: x}"), ""},
		"a policy of the project":        {dev.InStage(""), policyDoc("m", "{say: x}"), kernel.Denied},
		"a policy of the tenant":         {kernel.Scope{Tenant: "acme"}, policyDoc("m", "{say: x}"), kernel.Denied},
		"a route without a stage":        {dev.InStage(""), routeDoc("a", "/a", "x"), kernel.Invalid},
		"a kind that there is not":       {dev, strings.Replace(policyDoc("m", "{say: x}"), "Mark", "Nark", 1), kernel.Invalid},
		"a policy of one, for a project": {dev, "apiVersion: gateway.terrace.dev/v1\nkind: MarkPolicy\nmetadata: {name: q}\nspec: {say: x, targetRef: {}}\n", kernel.Invalid},
	} {
		if _, err := s.Apply(ctx, tt.scope, files(tt.doc), gateway.ApplyOptions{}); kernel.KindOf(err) != tt.want {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

func TestExplains(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, _ := desk(t, dbtest.SQLite(t, gatewaysql.Migrations()), nil)
	posts := strings.Replace(routeDoc("posts", "/a", "writer"), "[{path: {value: /a}}]", "[{path: {value: /a}, method: POST, headers: [{name: X-Team, value: blue}]}]", 1)
	if _, err := s.Apply(ctx, dev, files(routeDoc("a", "/a", "reader"), posts, policyDoc("stage", "{say: x}"), policyDoc("own", "{say: y, targetRef: {route: a}}")), gateway.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Apply(ctx, dev.InStage(""), files(policyDoc("project", "{say: z}")), gateway.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	e, err := s.Explain(ctx, dev, gateway.Question{URL: host + "/a/b?x=1"})
	if err != nil || e.Match == nil || e.Match.Route != "a" || e.Answer != "service reader" || len(e.Others) != 1 || e.Others[0].Why != "the method is not POST" {
		t.Fatalf("%+v, %v", e, err)
	}
	var uses []string
	for _, u := range e.Policies {
		uses = append(uses, fmt.Sprintf("%s %v %s", u.Name, u.Holds, u.From))
	}
	if got := strings.Join(uses, ", "); got != "own true acme/shop/dev, stage false acme/shop/dev, project false acme/shop" {
		t.Errorf("policies: %s", got)
	}
	e, err = s.Explain(ctx, dev, gateway.Question{URL: "https://" + host + "/a", Method: "POST"})
	if err != nil || e.Match.Route != "a" || e.Others[0].Why != `header X-Team is not "blue"` {
		t.Fatalf("%+v, %v", e, err)
	}
	e, err = s.Explain(ctx, dev, gateway.Question{URL: host + "/a", Method: "POST", Headers: []gateway.Header{{Name: "x-team", Value: "blue"}}})
	if err != nil || e.Match.Route != "posts" || !strings.Contains(e.Others[0].Why, "matches more closely") || len(e.Policies) != 3 || !strings.Contains(fmt.Sprint(e.Policies), "it is for route a") {
		t.Fatalf("%+v, %v", e, err)
	}
	for name, q := range map[string]gateway.Question{
		"an ambiguous path": {URL: host + "/a%2f..%2fb"}, "no host": {URL: "/a"}, "a broken method": {URL: host, Method: "G T"}, "a broken header": {URL: host, Headers: []gateway.Header{{Name: "a b"}}},
	} {
		if _, err := s.Explain(ctx, dev, q); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if e, err := s.Explain(ctx, kernel.Scope{Tenant: "rival"}, gateway.Question{URL: host + "/a"}); err != nil || e.Match != nil || len(e.Others) != 0 {
		t.Errorf("another tenant sees %+v, %v", e, err)
	}
}
