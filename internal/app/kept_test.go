package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/fabric/cache"
	"github.com/terrace-idp/terrace/internal/fabric/cache/cachetest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// replica is a daemon that follows events, and shares a Redis where the test has one.
type replica struct {
	*App

	t     *testing.T
	h     http.Handler
	token string
}

// replicas are two daemons on one PostgreSQL, asked as the administrator.
func replicas(t *testing.T, with ...func(*config.Config)) (a, b *replica) {
	t.Helper()
	first, second := twoDaemons(t, with...)
	both := []*replica{{App: first, t: t}, {App: second, t: t}}
	for _, one := range both {
		one.h, one.token = one.handler(), first.first.Token
		running(t, one.access.events.Serve)
		running(t, followsKept{one.access.events, one.platform.kept}.Run)
		if one.platform.shared != nil {
			running(t, one.platform.shared.Serve)
			cachetest.Until(t, "Redis", one.platform.shared.Up)
		}
		// It keeps what it reads once it follows.
		cachetest.Until(t, "what is kept", func() bool {
			one.definitions()
			return one.found("definitions", "memory") > 0
		})
	}
	return both[0], both[1]
}

// ask sends a request, and reads the answer where it is one of success.
func (r *replica) ask(token, method, path string, in, out any) int {
	r.t.Helper()
	res := request(r.t.Context(), r.h, token, method, "/api/v1"+path, in)
	defer func() { _ = res.Body.Close() }()
	if out != nil && res.StatusCode < http.StatusMultipleChoices {
		if err := json.NewDecoder(res.Body).Decode(out); err != nil {
			r.t.Error(err)
		}
	}
	return res.StatusCode
}

func (r *replica) must(method, path string, in, out any) {
	r.t.Helper()
	if code := r.ask(r.token, method, path, in, out); code >= http.StatusMultipleChoices {
		r.t.Fatalf("%s %s: %d", method, path, code)
	}
}

// shownDefinition is what a list tells of a definition.
type shownDefinition struct {
	Name, Source string
	Revision     int
}

func (r *replica) definitions() (all []shownDefinition) {
	r.t.Helper()
	var page kernel.Page[shownDefinition]
	r.must(http.MethodGet, "/definitions", nil, &page)
	return page.Items
}

func (r *replica) revision(name string) int {
	for _, one := range r.definitions() {
		if one.Name == name {
			return one.Revision
		}
	}
	return 0
}

// levels are those of a policy in a project by stage.
func (r *replica) level(policy, stage string) string {
	r.t.Helper()
	var page kernel.Page[struct {
		ID     string
		Levels []struct{ Stage, Level string }
	}]
	r.must(http.MethodGet, "/policies?project=demo&text="+policy, nil, &page)
	for _, p := range page.Items {
		for _, at := range p.Levels {
			if p.ID == policy && at.Stage == stage {
				return at.Level
			}
		}
	}
	return "none"
}

func (r *replica) metric(line string) float64 {
	w := httptest.NewRecorder()
	r.platform.telemetry.MetricsHandler().ServeHTTP(w, httptest.NewRequestWithContext(r.t.Context(), http.MethodGet, "/metrics", nil))
	for said := range strings.Lines(w.Body.String()) {
		if value, ok := strings.CutPrefix(said, line+" "); ok {
			n, _ := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return n
		}
	}
	return 0
}

// found is how often a kind of reads was found in a place.
func (r *replica) found(kind, where string) float64 {
	return r.metric(`terrace_cache_lookups_total{cache="` + kind + `",found="` + where + `"}`)
}

// TestWhatIsKeptIsAnewAfterAChange changes at one daemon what the other has kept, with a
// Redis between them, without one, and once it is gone.
func TestWhatIsKeptIsAnewAfterAChange(t *testing.T) {
	t.Parallel()
	for name, shares := range map[string]bool{"events alone": false, "with Redis": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var server *cachetest.Server
			var with []func(*config.Config)
			if shares {
				server = cachetest.Redis(t)
				with = append(with, func(c *config.Config) { c.GatewayRedis = server.URL() })
			}
			a, b := replicas(t, with...)
			one := a.definitions()[0]
			change := func(n int) {
				t.Helper()
				b.definitions()
				a.must(http.MethodPut, "/definitions/"+one.Name, map[string]string{"source": fmt.Sprintf("%s\n# change %d\n", one.Source, n)}, nil)
				if got := a.revision(one.Name); got != one.Revision+n {
					t.Errorf("who made revision %d sees %d", one.Revision+n, got)
				}
				cachetest.Until(t, "the other daemon to see the definition", func() bool { return b.revision(one.Name) == one.Revision+n })
			}
			change(1)
			change(2)
			const policy, stage = "azure-storage-blob-versioning", "dev"
			before := b.level(policy, stage)
			if a.level(policy, stage) != before || b.level(policy, stage) != before || before == "hard-mandatory" {
				t.Fatalf("the level of %s is %s", policy, before)
			}
			a.must(http.MethodPost, "/policies/assignments?project=demo", map[string]string{"policies": policy, "stage": stage, "level": "hard-mandatory", "reason": "test"}, nil)
			if got := a.level(policy, stage); got != "hard-mandatory" {
				t.Errorf("who assigned a level sees %s", got)
			}
			cachetest.Until(t, "the other daemon to see the level", func() bool { return b.level(policy, stage) == "hard-mandatory" })
			if server != nil {
				server.Stop()
				cachetest.Until(t, "Redis to be gone", func() bool { return !a.platform.shared.Up() && !b.platform.shared.Up() })
				change(3)
			}
			for _, kind := range []string{"definitions", "policies"} {
				if hits, misses := b.found(kind, "memory"), b.found(kind, "none"); hits == 0 || misses == 0 {
					t.Errorf("%s: %v hits and %v misses", kind, hits, misses)
				}
			}
		})
	}
}

// TestWhatIsKeptIsBelowGrants revokes a grant at one daemon while the other has kept all
// that it let see.
func TestWhatIsKeptIsBelowGrants(t *testing.T) {
	t.Parallel()
	a, b := replicas(t)
	system, demo := kernel.WithActor(t.Context(), kernel.System("test", "default")), kernel.Scope{Tenant: "default", Project: "demo"}
	dora := identity.Subject{Kind: identity.KindUser, Name: "dora"}
	if _, err := a.access.identity.CreateUser(system, demo, identity.NewUser{Name: "dora", Password: matrixPassword}); err != nil {
		t.Fatal(err)
	}
	grant, err := a.access.identity.Grant(system, demo, identity.NewGrant{Subject: dora, Role: identity.Developer})
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := a.access.identity.CreateToken(system, kernel.Scope{Tenant: "default"}, identity.NewToken{Name: "x", User: "dora"})
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{"/definitions", "/policies?project=demo"}
	const notKept = "/projects/demo/runs"
	for range 2 {
		for _, path := range append(paths, notKept) {
			if code := b.ask(token, http.MethodGet, path, nil, nil); code != http.StatusOK {
				t.Fatalf("%s with the grant: %d", path, code)
			}
		}
	}
	if _, err := a.access.identity.Revoke(system, demo, grant.ID, "test"); err != nil {
		t.Fatal(err)
	}
	refused := func(path string) bool {
		code := b.ask(token, http.MethodGet, path, nil, nil)
		return code == http.StatusForbidden || code == http.StatusNotFound
	}
	cachetest.Until(t, "the other daemon to know of it", func() bool { return refused(notKept) })
	for _, path := range paths {
		if !refused(path) {
			t.Errorf("%s is answered where the grant was revoked at the other daemon", path)
		}
	}
}

// TestWhatIsKeptIsOfOneTenant has two with a definition of the same name, and a hundred
// who ask for it at once.
func TestWhatIsKeptIsOfOneTenant(t *testing.T) {
	t.Parallel()
	a := &replica{App: benchApp(t), t: t}
	a.h, a.token = a.handler(), a.App.first.Token
	theirs, _ := a.neighbours(t)
	one := a.definitions()[0]
	a.must(http.MethodPut, "/definitions/"+one.Name, map[string]string{"source": one.Source + "\n# ours\n"}, nil)
	running(t, a.access.events.Serve)
	running(t, followsKept{a.access.events, a.platform.kept}.Run)
	cachetest.Until(t, "what is kept", func() bool {
		a.definitions()
		return a.found("definitions", "memory") > 0
	})
	var page kernel.Page[shownDefinition]
	if code := a.ask(theirs, http.MethodGet, "/definitions", nil, &page); code != http.StatusOK || len(page.Items) == 0 {
		t.Fatalf("the other tenant is answered %d with %d definitions", code, len(page.Items))
	}
	for _, other := range page.Items {
		if other.Name == one.Name && strings.Contains(other.Source, "ours") {
			t.Error("the other tenant sees what is ours")
		}
	}
	if got := a.revision(one.Name); got != one.Revision+1 {
		t.Errorf("revision %d", got)
	}
	loads := a.metric(`terrace_cache_loads_total{cache="definitions"}`)
	a.platform.kept.Heard("definition.applied", "")
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() { a.definitions() })
	}
	wg.Wait()
	if n := a.metric(`terrace_cache_loads_total{cache="definitions"}`) - loads; n != 1 && n != 2 { // the second one where the event of the change above is heard meanwhile
		t.Errorf("a hundred who ask at once cost %v loads", n)
	}
}

// apiDocument is one of an API with an operation for each path.
func apiDocument(paths ...string) string {
	text := "openapi: 3.0.3\ninfo: {title: Orders, version: '1'}\npaths:\n"
	for _, path := range paths {
		text += "  " + path + ":\n    get: {operationId: " + strings.Trim(path, "/") + ", responses: {'200': {description: it}}}\n"
	}
	return text
}

// TestChangesOfAPIsAreComparedOnce has both daemons tell what is different, by Redis from
// one comparison, and a new revision count at once.
func TestChangesOfAPIsAreComparedOnce(t *testing.T) {
	t.Parallel()
	server := cachetest.Redis(t)
	a, b := replicas(t, func(c *config.Config) { c.GatewayRedis = server.URL() })
	changes := func(r *replica, from int) (ids string) {
		var out struct{ Changes []struct{ ID string } }
		r.must(http.MethodGet, fmt.Sprintf("/projects/demo/apis/orders/v1/changes?from=%d", from), nil, &out)
		for _, c := range out.Changes {
			ids += c.ID + " "
		}
		return ids
	}
	put := func(paths ...string) {
		a.must(http.MethodPost, "/projects/demo/apis/orders/v1/revisions", map[string]string{"source": apiDocument(paths...)}, nil)
	}
	put("/orders", "/customers")
	put("/orders", "/customers", "/invoices")
	added := changes(a, 1)
	if added == "" {
		t.Fatal("no change")
	}
	cachetest.Until(t, "the comparison in Redis", func() bool {
		if got := changes(b, 1); got != added {
			t.Errorf("the other daemon tells %q, not %q", got, added)
		}
		b.platform.kept.Heard("tenant.left", "default") // it forgets its own
		return b.found("api-changes", "shared") > 0
	})
	put("/orders")
	if gone := changes(b, 1); gone == added || gone != changes(a, 1) {
		t.Errorf("after another revision: %q", gone)
	}
}

// TestATenantThatLeavesEndsWhatIsKeptOfIt in every process, and what is kept of no other.
func TestATenantThatLeavesEndsWhatIsKeptOfIt(t *testing.T) {
	t.Parallel()
	a, b := replicas(t)
	ctx := a.owner(t)
	left, _, err := a.access.tenants.CreateTenant(ctx, tenant.NewTenant{Name: "acme", Display: "Acme", CostCenter: "4711", Admin: "ada"})
	if err != nil {
		t.Fatal(err)
	}
	// made counts how often a tenant's read is made at a replica.
	made := map[*replica]map[string]int{a: {}, b: {}}
	reads := map[*replica]*cache.Reads[int]{}
	for _, r := range []*replica{a, b} {
		reads[r] = cache.NewReads(r.platform.kept, cache.ReadsConfig[int]{Name: "probe", Memory: 1 << 20, Ends: []string{"tenant.left"}, Size: func(int) int { return 8 }})
	}
	read := func(r *replica, tenant string) int {
		t.Helper()
		n, err := reads[r].Load(t.Context(), tenant, "x", func(context.Context) (int, error) {
			made[r][tenant]++
			return made[r][tenant], nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, r := range []*replica{a, b} {
		if read(r, "acme")+read(r, "default")+read(r, "acme") != 3 {
			t.Fatal("reads are not kept")
		}
	}
	left.Departure = &tenant.Departure{}
	if err := a.access.tenants.Bury(ctx, &left); err != nil {
		t.Fatal(err)
	}
	for _, r := range []*replica{a, b} {
		cachetest.Until(t, "the reads of the tenant end", func() bool { return read(r, "acme") > 1 })
		if read(r, "default") != 1 {
			t.Error("the reads of who runs the platform end")
		}
	}
}

// TestEventsThatEndWhatIsKept are types that there are, of every kind of reads.
func TestEventsThatEndWhatIsKept(t *testing.T) {
	t.Parallel()
	room := cache.NewRoom(cache.RoomConfig{})
	keptDefinitions(room)
	keptPolicies(room)
	keptChanges(room)
	keptDocuments(room)
	known := map[string]bool{}
	for _, name := range eventTypes() {
		known[name] = true
	}
	ends := room.Ends()
	for _, name := range ends {
		if !known[name] {
			t.Errorf("there is no event %s", name)
		}
	}
	if !slices.Contains(ends, "tenant.left") {
		t.Errorf("%q end what is kept, and a tenant that leaves does not", ends)
	}
}
