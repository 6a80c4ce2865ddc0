package tenant_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/access/tenant/tenantapi"
	"github.com/terrace-idp/terrace/internal/access/tenant/tenantsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// rules lets admins do everything and others read the project named after them.
type rules struct{}

func (rules) Authorize(ctx context.Context, action string, scope kernel.Scope) error {
	actor, _ := kernel.ActorFrom(ctx)
	if actor.Name == "admin" || (action == "project.read" && scope.Project == actor.Name) {
		return nil
	}
	return kernel.Errorf(kernel.Denied, "%s may not %s", actor.Name, action)
}

func (rules) Allowed(ctx context.Context, _ string, _ kernel.Scope) (kernel.Reach, error) {
	actor, ok := kernel.ActorFrom(ctx)
	if !ok {
		return kernel.Reach{}, kernel.Errorf(kernel.Unauthenticated, "nobody is signed in")
	}
	return kernel.Reach{All: actor.Name == "admin", Projects: []string{actor.Name}}, nil
}

type journal struct {
	mu    sync.Mutex
	facts []kernel.Fact
}

func (j *journal) Record(_ context.Context, f kernel.Fact) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.facts = append(j.facts, f)
	return nil
}

func as(ctx context.Context, name string) context.Context {
	return kernel.WithActor(ctx, actor(name))
}

func actor(name string) kernel.Actor {
	return kernel.Actor{ID: "usr_" + name, Name: name, Kind: kernel.ActorUser, Tenant: "default"}
}

func scope() kernel.Scope { return kernel.Scope{Tenant: "default"} }

func each(t *testing.T, test func(t *testing.T, s *tenant.Service, j *journal)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{tenantsql.Migrations()}, func(t *testing.T, d *db.DB) {
		j := &journal{}
		test(t, tenant.New(tenant.Config{Store: tenantsql.NewStore(d), Tx: d, Authorizer: rules{}, Journal: j}), j)
	})
}

func demo() tenant.Project { return tenant.Project{Name: "demo", CostCenter: "cc-1", Owner: "team-a"} }

func want(t *testing.T, err error, kind kernel.Kind) {
	t.Helper()
	if kernel.KindOf(err) != kind {
		t.Errorf("error %v, want kind %q", err, kind)
	}
}

func TestTheFirstProjectIsMadeOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *tenant.Service, j *journal) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if err := s.Bootstrap(t.Context(), "default", "demo"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		changed, err := s.SetTags(as(t.Context(), "admin"), scope().InProject("demo"), "cc-2", "team-b")
		if err != nil || changed.CostCenter != "cc-2" {
			t.Fatalf("%+v, %v", changed, err)
		}
		if err := s.Bootstrap(t.Context(), "default", "demo"); err != nil {
			t.Fatal(err)
		}
		tags, err := s.Inherited(t.Context(), scope().InProject("demo").InStage("dev"))
		if d := cmp.Diff(map[string]string{"costcenter": "cc-2", "owner": "team-b"}, tags.Project); d != "" || err != nil {
			t.Error(d, err)
		}
		want(t, s.Exists(t.Context(), scope().InProject("demo")), "")
		want(t, s.Exists(t.Context(), scope().InProject("nowhere")), kernel.NotFound)
		want(t, s.Exists(t.Context(), kernel.Scope{Tenant: "other", Project: "demo"}), kernel.NotFound)
		types := []string{}
		for _, f := range j.facts {
			types = append(types, f.Type)
		}
		if last := types[len(types)-1]; last != "project.tags_set" || types[0] != "project.created" {
			t.Errorf("facts %v", types)
		}
	})
}

func TestProjectsAreChecked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *tenant.Service, _ *journal) {
		if err := s.Bootstrap(t.Context(), "default", "demo"); err != nil {
			t.Fatal(err)
		}
		admin := as(t.Context(), "admin")
		for name, p := range map[string]tenant.Project{
			"no name": {CostCenter: "a", Owner: "b"}, "upper case": {Name: "Demo", CostCenter: "a", Owner: "b"},
			"a dot": {Name: "a.b", CostCenter: "a", Owner: "b"}, "too long": {Name: strings.Repeat("a", 41), CostCenter: "a", Owner: "b"},
			"no cost centre": {Name: "a", Owner: "b"}, "no owner": {Name: "a", CostCenter: "a"}, "an odd tag": {Name: "a", CostCenter: "a b", Owner: "b"},
		} {
			_, err := s.Create(admin, scope(), p)
			if !kernel.Is(err, kernel.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err := s.Create(admin, scope(), demo())
		want(t, err, kernel.Conflict)
		_, err = s.Create(as(t.Context(), "ada"), scope(), tenant.Project{Name: "ada", CostCenter: "a", Owner: "b"})
		want(t, err, kernel.Denied)
	})
}

func TestListsShowWhatTheCallerMayRead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *tenant.Service, j *journal) {
		admin := as(t.Context(), "admin")
		for _, name := range []string{"default", "other"} {
			if err := s.Bootstrap(t.Context(), name, "demo"); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{"ada", "bob"} {
			if p, err := s.Create(admin, scope(), tenant.Project{Name: name, CostCenter: "a", Owner: "b"}); err != nil || p.CreatedBy != "admin" {
				t.Fatal(p, err)
			}
		}
		names := func(ctx context.Context) (all []string) {
			page := kernel.PageRequest{Limit: 1}
			for {
				p, err := s.List(ctx, scope(), page)
				if err != nil {
					t.Fatal(err)
				}
				if len(p.Items) != 1 || p.Next != "" && p.Next != p.Items[0].Name {
					t.Fatalf("a page of one has %+v, and tells of %q", p.Items, p.Next)
				}
				all = append(all, p.Items[0].Name)
				if page.Cursor = p.Next; p.Next == "" {
					return all
				}
			}
		}
		if d := cmp.Diff([]string{"ada", "bob", "demo"}, names(admin)); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]string{"bob"}, names(as(t.Context(), "bob"))); d != "" {
			t.Error(d)
		}
		_, err := s.List(t.Context(), scope(), kernel.PageRequest{})
		want(t, err, kernel.Unauthenticated)
	})
}

func TestProjectsOverHTTP(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, tenantsql.Migrations())
	s := tenant.New(tenant.Config{Store: tenantsql.NewStore(d), Tx: d, Authorizer: rules{}, Journal: &journal{}})
	if err := s.Bootstrap(t.Context(), "default", "demo"); err != nil {
		t.Fatal(err)
	}
	router := httpserver.NewRouter(httpserver.Options{Authenticator: httpserver.As(actor("admin"))})
	tenantapi.API{Service: s}.Register(httpserver.NewAPI(router, "test"))
	do := func(method, path, body string, status int) (out map[string]any) {
		r := httptest.NewRequestWithContext(t.Context(), method, "/api/v1"+path, strings.NewReader(body))
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		if w.Code != status {
			t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	do(http.MethodPost, "/projects", `{"name":"shop","costcenter":"cc-9","owner":"team-b"}`, 201)
	do(http.MethodPost, "/projects", `{"name":"shop","costcenter":"cc-9","owner":"team-b"}`, 409)
	if p := do(http.MethodPost, "/projects", `{"name":"Shop!","costcenter":"","owner":"team-b"}`, 422); len(p["problems"].([]any)) != 2 { //nolint:forcetypeassert // a test
		t.Errorf("%v", p)
	}
	if p := do(http.MethodPut, "/projects/shop/tags", `{"costcenter":"cc-1","owner":"me@example.com"}`, 200); p["owner"] != "me@example.com" {
		t.Errorf("%v", p)
	}
	if p := do(http.MethodGet, "/projects/shop", "", 200); p["costcenter"] != "cc-1" || p["createdBy"] != "admin" {
		t.Errorf("%v", p)
	}
	do(http.MethodGet, "/projects/nowhere", "", 404)
	if p := do(http.MethodGet, "/projects", "", 200); len(p["items"].([]any)) != 2 { //nolint:forcetypeassert // a test
		t.Errorf("%v", p)
	}
}
