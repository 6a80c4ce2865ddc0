package landingzone_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/landingzone"
	"github.com/terrace-idp/terrace/internal/delivery/landingzone/landingzonesql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// edges are the rooms around: nobody may do what is denied.
type edges struct {
	denied string
	facts  []kernel.Fact
}

func (e *edges) Authorize(_ context.Context, action string, scope kernel.Scope) error {
	if action == e.denied || scope.Project != "" {
		return kernel.Errorf(kernel.Denied, "%s is denied", action)
	}
	return nil
}

func (e *edges) Record(_ context.Context, f kernel.Fact) error {
	e.facts = append(e.facts, f)
	return nil
}

func (e *edges) Check(stage string) error {
	if stage != "dev" {
		return kernel.Errorf(kernel.NotFound, "there is no stage %q", stage)
	}
	return nil
}

var acme = kernel.Scope{Tenant: "acme"}

func newService(d *db.DB) (*landingzone.Service, *edges) {
	e := &edges{}
	return &landingzone.Service{Store: landingzonesql.NewStore(d), Stages: e, Authorizer: e, Journal: e, Tx: d}, e
}

func outputs(prefix string) map[string]landingzone.Output {
	return map[string]landingzone.Output{
		"name_prefix": {Value: prefix}, "redis": {Value: map[string]any{"id": "/subscriptions/0", "port": 6380.0}}, "none": {},
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{landingzonesql.Migrations()}, func(t *testing.T, d *db.DB) {
		s, e := newService(d)
		ctx := kernel.WithActor(t.Context(), kernel.Actor{ID: "usr_1", Name: "ada", Kind: kernel.ActorUser, Tenant: "acme"})
		if v, err := s.Current(ctx, acme, "dev"); err != nil || v.Number != 0 || v.Values != nil {
			t.Fatalf("before the first: %+v, %v", v, err)
		}
		for i, step := range []struct {
			prefix string
			want   int
		}{{"a", 1}, {"a", 1}, {"b", 2}, {"a", 3}} {
			v, err := s.Set(ctx, acme, "dev", outputs(step.prefix))
			if err != nil || v.Number != step.want {
				t.Fatalf("step %d: %+v, %v", i, v, err)
			}
		}
		if len(e.facts) != 3 || e.facts[2].Type != "landing-zone.set" || e.facts[2].Scope.Stage != "dev" {
			t.Errorf("facts %+v", e.facts)
		}
		v, err := s.Get(ctx, acme, "dev", 0)
		want := map[string]any{"name_prefix": "a", "redis": map[string]any{"id": "/subscriptions/0", "port": 6380.0}}
		if diff := cmp.Diff(want, v.Values); err != nil || diff != "" || v.Number != 3 || v.SetBy != "ada" {
			t.Errorf("%+v, %v %s", v, err, diff)
		}
		second, err := s.Get(ctx, acme, "dev", 2)
		if err != nil || second.Values["name_prefix"] != "b" || second.Digest == v.Digest {
			t.Errorf("%+v, %v", second, err)
		}
		if _, err := s.Get(ctx, acme, "dev", 9); !kernel.Is(err, kernel.NotFound) || !strings.Contains(err.Error(), "no version 9") {
			t.Errorf("a version that is none: %v", err)
		}
		page, err := s.List(ctx, acme, "dev", kernel.PageRequest{Limit: 2})
		if err != nil || len(page.Items) != 2 || page.Items[0].Number != 3 || page.Next != "2" {
			t.Errorf("%+v, %v", page, err)
		}
		rest, err := s.List(ctx, acme, "dev", kernel.PageRequest{Limit: 2, Cursor: page.Next})
		if err != nil || len(rest.Items) != 1 || rest.Next != "" {
			t.Errorf("%+v, %v", rest, err)
		}
		if other, err := s.Current(ctx, kernel.Scope{Tenant: "rival"}, "dev"); err != nil || other.Number != 0 {
			t.Errorf("another tenant sees %+v, %v", other, err)
		}
	})
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		denied, stage string
		outputs       map[string]landingzone.Output
		kind          kernel.Kind
		want          string
	}{
		"a sensitive output":  {"", "dev", map[string]landingzone.Output{"password": {Sensitive: true, Value: "hunter2"}}, kernel.Invalid, "password is sensitive"},
		"nothing":             {"", "dev", map[string]landingzone.Output{"none": {}}, kernel.Invalid, "there are no outputs"},
		"a name that is none": {"", "dev", map[string]landingzone.Output{"a b": {Value: 1.0}}, kernel.Invalid, `"a b"`},
		"too much":            {"", "dev", map[string]landingzone.Output{"a": {Value: strings.Repeat("x", landingzone.MaxSize)}}, kernel.TooLarge, "at most"},
		"an unknown stage":    {"", "prod", outputs("a"), kernel.NotFound, "prod"},
		"who may not":         {landingzone.ActionSet, "dev", outputs("a"), kernel.Denied, "denied"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, e := newService(dbtest.SQLite(t, landingzonesql.Migrations()))
			e.denied = c.denied
			_, err := s.Set(t.Context(), acme, c.stage, c.outputs)
			if !kernel.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	s, e := newService(dbtest.SQLite(t, landingzonesql.Migrations()))
	if _, err := s.Get(t.Context(), acme, "dev", 0); !kernel.Is(err, kernel.NotFound) || !strings.Contains(err.Error(), "terrace landing-zone set --stage dev") {
		t.Errorf("nothing is set: %v", err)
	}
	e.denied = landingzone.ActionRead
	if _, err := s.List(t.Context(), acme, "dev", kernel.PageRequest{}); !kernel.Is(err, kernel.Denied) {
		t.Errorf("who may not read: %v", err)
	}
}

// behind is a store whose newest version another request has followed meanwhile.
type behind struct{ landingzone.Store }

func (behind) Newest(context.Context, kernel.Scope, string) (landingzone.Version, error) {
	return landingzone.Version{}, kernel.Errorf(kernel.NotFound, "there is none yet")
}

func TestTwoAtTheSameMoment(t *testing.T) {
	t.Parallel()
	s, e := newService(dbtest.SQLite(t, landingzonesql.Migrations()))
	if _, err := s.Set(t.Context(), acme, "dev", outputs("a")); err != nil {
		t.Fatal(err)
	}
	s.Store = behind{s.Store}
	_, err := s.Set(t.Context(), acme, "dev", outputs("b"))
	if !kernel.Is(err, kernel.Conflict) || !strings.Contains(err.Error(), "at the same moment") || len(e.facts) != 1 {
		t.Errorf("%v, with %d facts", err, len(e.facts))
	}
}
