package gateway_test

import (
	"context"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// elsewhere obeys the documents of dev: it knows no policy that says "no", and comes close
// to routes of two hosts.
type elsewhere struct{ carried []string }

func (e *elsewhere) Plane(scope kernel.Scope) string {
	if scope.Stage == "dev" {
		return "Elsewhere"
	}
	return ""
}

func (e *elsewhere) Judge(_ context.Context, _ kernel.Scope, all []gateway.InForce) (out []gateway.Judgement, _ error) {
	for _, one := range all {
		r := one.Route
		if strings.Contains(r.Rules[0].Backends[0].Service, "near") {
			out = append(out, gateway.Judgement{Class: gateway.ClassRoute, Kind: "Route", Name: r.Name, Scope: r.Scope, Problem: kernel.Problem{Path: "rules[0]", Message: "it is only near"}})
		}
		for _, p := range one.Policies {
			if strings.Contains(string(p.Spec), `"no"`) {
				out = append(out, gateway.Judgement{Class: gateway.ClassPolicy, Kind: p.Kind, Name: p.Name, Scope: p.Scope, Refused: true, Problem: kernel.Problem{Path: "say", Message: "nobody says no elsewhere"}})
			}
		}
	}
	return out, nil
}

func (e *elsewhere) Edge(_ context.Context, _ kernel.Scope, all []gateway.InForce) (map[string]any, error) {
	return map[string]any{"routes": len(all)}, nil
}

func (e *elsewhere) Carry(_ context.Context, scope kernel.Scope) (string, error) {
	e.carried = append(e.carried, scope.String())
	if len(e.carried) > 1 {
		return "", kernel.Errorf(kernel.Denied, "you may not").WithFix("ask somebody")
	}
	return "a run brings it there", nil
}

func TestWhatAnotherPlaneMakesOfDocuments(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{gatewaysql.Migrations()}, func(t *testing.T, d *db.DB) {
		ctx := kernel.WithActor(context.Background(), kernel.Actor{ID: "u", Name: "ada", Tenant: "acme"})
		s, _ := desk(t, d, nil)
		plane := &elsewhere{}
		s.Planes = plane
		changes, err := s.Apply(ctx, dev, files(routeDoc("a", "/a", "near")), gateway.ApplyOptions{DryRun: true})
		if err != nil || changes[0].Note != "rules[0]: it is only near" || len(plane.carried) > 0 {
			t.Fatalf("a dry run: %+v, %v, %v", changes, plane.carried, err)
		}
		changes, err = s.Apply(ctx, dev, files(routeDoc("a", "/a", "near")), gateway.ApplyOptions{})
		if err != nil || changes[0].Note != "rules[0]: it is only near\na run brings it there" {
			t.Fatalf("%+v, %v", changes, err)
		}
		_, err = s.Apply(ctx, dev, files(policyDoc("m", `{say: "no"}`)), gateway.ApplyOptions{})
		if !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), "gw.yaml:4:8: spec.say: nobody says no elsewhere") {
			t.Fatalf("what it cannot do: %v", err)
		}
		tenant := kernel.Scope{Tenant: "acme"}
		if _, err = s.Apply(ctx, tenant, files(policyDoc("t", `{say: "no"}`)), gateway.ApplyOptions{}); !kernel.Is(err, kernel.Invalid) {
			t.Fatalf("a policy of the tenant that the stage would have: %v", err)
		}
		// What was there before is no reason to refuse what has nothing to do with it; what begins to count is.
		if _, err := s.PutPolicy(ctx, tenant, gateway.Policy{Name: "t", Kind: "MarkPolicy", Spec: []byte(`{"say":"no"}`)}); err != nil {
			t.Fatal(err)
		}
		changes, err = s.Apply(ctx, dev, files(routeDoc("b", "/b", "one")), gateway.ApplyOptions{})
		if err != nil || changes[0].Note != "it is not on its way to Elsewhere of dev: you may not; ask somebody" {
			t.Fatalf("%+v, %v", changes, err)
		}
		if err := s.DeletePolicy(ctx, tenant, "t"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.PutPolicy(ctx, kernel.Scope{Tenant: "acme", Project: "other"}, gateway.Policy{Name: "t", Kind: "MarkPolicy", Spec: []byte(`{"say":"no"}`)}); err != nil {
			t.Fatal(err)
		}
		_, err = s.Apply(ctx, kernel.Scope{Tenant: "acme", Project: "other", Stage: "dev"}, files(strings.Replace(routeDoc("c", "/", "one"), host, "c.dev.other.localhost", 1)), gateway.ApplyOptions{})
		if !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), "MarkPolicy t of acme/other: say: nobody says no elsewhere") {
			t.Fatalf("a route that gets a policy which is no good there: %v", err)
		}
		e, err := s.Explain(ctx, dev, gateway.Question{URL: host + "/a"})
		if err != nil || e.Plane == nil || e.Plane.Name != "Elsewhere" || len(e.Plane.Says) != 1 || e.Plane.Says[0] != "Route a, rules[0]: it is only near" {
			t.Fatalf("%+v, %v", e.Plane, err)
		}
		edge, err := s.Edge(ctx, kernel.Scope{Tenant: "acme", Stage: "dev"})
		if err != nil || edge["routes"] != 2 {
			t.Fatalf("%v, %v", edge, err)
		}
		if _, err := s.Edge(ctx, kernel.Scope{Tenant: "acme", Stage: "prod"}); !kernel.Is(err, kernel.Refused) {
			t.Fatalf("a stage of this gateway: %v", err)
		}
		change, err := s.Remove(ctx, dev, gateway.ClassRoute, "b", gateway.ApplyOptions{})
		if err != nil || !strings.Contains(change.Note, "not on its way") || len(plane.carried) != 3 {
			t.Fatalf("%+v, %v, %v", change, plane.carried, err)
		}
	})
}
