package apispec_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/apispecsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// document is an API of one operation; what may be in it as another line.
func document(lines ...string) string {
	return `openapi: 3.1.0
info: {title: Orders, version: '1', description: Orders.}
security: []
paths:
  /orders:
    get:
      operationId: listOrders
      summary: List
      parameters:
        - {name: limit, in: query, description: How many., schema: {type: integer, maximum: 100}}
` + strings.Join(lines, "") + `      responses:
        '200': {description: ok}
`
}

const colour = "        - {name: colour, in: query, required: true, description: Which., schema: {type: string}}\n"

var (
	shop = kernel.Scope{Tenant: "acme", Project: "shop"}
	v1   = apispec.Key{Tenant: "acme", Project: "shop", API: "orders", Version: "v1"}
)

// bench is a service on a real database with hand-written rooms around it.
type bench struct {
	*apispec.Service

	store *apispecsql.Store
	mu    sync.Mutex
	now   time.Time
	may   map[string]bool // what an actor may not, as actor:action
	// approved has changes of prod be approved.
	approved bool
	facts    []string
	// meanwhile is done between a judgement and its transaction, once the clock is asked.
	meanwhile func()
}

func each(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{apispecsql.Migrations()}, func(t *testing.T, d *db.DB) {
		b := &bench{store: apispecsql.NewStore(d), now: time.Date(2026, 11, 16, 12, 0, 0, 0, time.UTC), may: map[string]bool{}}
		b.Service = apispec.New(apispec.Config{
			Store: b.store, Decisions: b.store, Traffic: b.store, Carries: b.store, Stages: b, Authorizer: b, Journal: b, Tx: d, Clock: b.clock,
		})
		test(t, b)
	})
}

func (b *bench) clock() time.Time {
	if other := b.meanwhile; other != nil {
		other()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) Check(stage string) error {
	if stage != "dev" && stage != "prod" {
		return kernel.Errorf(kernel.NotFound, "no stage %s", stage)
	}
	return nil
}

// Approved is so on prod, where a test says so.
func (b *bench) Approved(stage string) bool { return stage == "prod" && b.approved }

func (b *bench) Authorize(ctx context.Context, action string, scope kernel.Scope) error {
	a, _ := kernel.ActorFrom(ctx)
	if scope.Tenant != a.Tenant || b.may[a.Name+":"+action] {
		return kernel.Errorf(kernel.Denied, "%s is denied", action)
	}
	return nil
}

// Allowed reaches all, and of eve's nothing but dev.
func (b *bench) Allowed(ctx context.Context, _ string, _ kernel.Scope) (kernel.Reach, error) {
	if a, _ := kernel.ActorFrom(ctx); a.Name == "eve" {
		return kernel.Reach{Stages: []kernel.Scope{{Tenant: "acme", Project: "shop", Stage: "dev"}}}, nil
	}
	return kernel.Reach{All: true}, nil
}

func (b *bench) Record(_ context.Context, f kernel.Fact) error {
	b.facts = append(b.facts, f.Type)
	return nil
}

func as(name string) context.Context {
	return kernel.WithActor(context.Background(), kernel.Actor{ID: "user:" + name, Name: name, Kind: kernel.ActorUser, Tenant: "acme"})
}

func (b *bench) upload(t *testing.T, k apispec.Key, source string) apispec.Revision {
	t.Helper()
	r, _, err := b.Upload(as("ada"), k, source, "test")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (b *bench) publish(t *testing.T, k apispec.Key, p apispec.Publishing) apispec.Standing {
	t.Helper()
	st, err := b.Publish(as("ada"), k, p)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func TestRevisions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		first := b.upload(t, v1, document())
		again := b.upload(t, v1, document())
		second := b.upload(t, v1, document("      tags: [orders]\n"))
		if first.Number != 1 || again.Number != 1 || second.Number != 2 || first.Operations != 1 || first.By != "ada" {
			t.Errorf("%+v %+v %+v", first, again, second)
		}
		b.upload(t, apispec.Key{Tenant: "acme", Project: "shop", API: "orders", Version: "v2"}, document())
		b.publish(t, v1, apispec.Publishing{Stage: "dev", Revision: 1})
		page, err := b.List(as("ada"), shop, kernel.PageRequest{Limit: 1})
		if err != nil || len(page.Items) != 1 || page.Items[0].Version != "v1" || page.Items[0].Newest != 2 || len(page.Items[0].Stages) != 1 {
			t.Fatalf("%+v %v", page, err)
		}
		page, err = b.List(as("ada"), shop, kernel.PageRequest{Limit: 1, Cursor: page.Next})
		if err != nil || len(page.Items) != 1 || page.Items[0].Version != "v2" || page.Next != "" {
			t.Errorf("%+v %v", page, err)
		}
		revisions, err := b.Revisions(as("ada"), v1, kernel.PageRequest{Limit: 1})
		if err != nil || len(revisions.Items) != 1 || revisions.Items[0].Number != 2 || revisions.Next != "2" || revisions.Items[0].Source != "" {
			t.Errorf("%+v %v", revisions, err)
		}
		one, err := b.Revision(as("ada"), v1, 1)
		if err != nil || one.Source != document() {
			t.Errorf("%+v %v", one, err)
		}
		before, err := b.Changes(as("ada"), v1, 0, v1, 0)
		same, errSame := b.Changes(as("ada"), v1, 2, v1, 2)
		if err != nil || errSame != nil || len(before) == 0 || len(same) != 0 {
			t.Errorf("changed since the revision before: %+v %v; since itself: %+v %v", before, err, same, errSame)
		}
		if _, err := b.Revision(as("ada"), v1, 9); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("revision 9: %v", err)
		}
		if !slices.Equal(b.facts, []string{"api.uploaded", "api.uploaded", "api.uploaded", "api.published"}) {
			t.Errorf("told %v", b.facts)
		}
	})
}

func TestWhatIsNoAPIIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		for why, try := range map[string]func() error{
			"its name": func() error {
				_, _, err := b.Upload(as("ada"), apispec.Key{Tenant: "acme", Project: "shop", API: "Orders!", Version: "v1"}, document(), "")
				return err
			},
			"its document": func() error { _, _, err := b.Upload(as("ada"), v1, "openapi: 2", ""); return err },
			"a past day": func() error {
				_, err := b.Deprecate(as("ada"), v1, apispec.Deprecation{Stage: "dev", Sunset: b.now.Add(-time.Hour)})
				return err
			},
			"no address": func() error {
				_, err := b.Deprecate(as("ada"), v1, apispec.Deprecation{Stage: "dev", Sunset: b.now.Add(time.Hour), Link: "javascript:alert(1)"})
				return err
			},
			"two sources": func() error {
				_, err := b.Publish(as("ada"), v1, apispec.Publishing{Stage: "dev", Revision: 1, From: "dev"})
				return err
			},
		} {
			if err := try(); !kernel.Is(err, kernel.Invalid) {
				t.Errorf("%s: %v", why, err)
			}
		}
		if _, err := b.Publish(as("ada"), v1, apispec.Publishing{Stage: "moon"}); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("no stage: %v", err)
		}
	})
}

func TestTheStyleGuideIsAGate(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.upload(t, v1, strings.Replace(document(), "      operationId: listOrders\n", "", 1))
		_, err := b.Publish(as("ada"), v1, apispec.Publishing{Stage: "dev"})
		known, _ := errors.AsType[*kernel.Error](err)
		if known == nil || known.Kind != kernel.Refused || len(known.Problems) != 1 || known.Problems[0].Line != 6 {
			t.Fatalf("published: %v", err)
		}
		if _, err := b.SetGuide(as("ada"), "acme", "extends: terrace\nrules: {operation-id: warn}\n"); err != nil {
			t.Fatal(err)
		}
		b.publish(t, v1, apispec.Publishing{Stage: "dev"})
		source, rules, err := b.Guide(as("ada"), "acme")
		if err != nil || !strings.HasPrefix(source, "extends") || len(rules) < 15 {
			t.Errorf("%q %d %v", source, len(rules), err)
		}
		if _, err := b.SetGuide(as("ada"), "acme", "rules: {x: warn}"); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("no guide: %v", err)
		}
		if _, err := b.SetGuide(as("ada"), "acme", ""); err != nil {
			t.Fatal(err)
		}
		if r, err := b.Lint(as("ada"), shop, strings.Replace(document(), "      operationId: listOrders\n", "", 1)); err != nil || r.Errors != 1 {
			t.Errorf("%+v %v", r, err)
		}
	})
}

func TestBreakingClientsNeedsSomebodyElse(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.upload(t, v1, document())
		b.publish(t, v1, apispec.Publishing{Stage: "dev"})
		b.publish(t, v1, apispec.Publishing{Stage: "prod", From: "dev"})
		b.upload(t, v1, document(colour))
		_, err := b.Publish(as("ada"), v1, apispec.Publishing{Stage: "dev"})
		known, _ := errors.AsType[*kernel.Error](err)
		if known == nil || known.Kind != kernel.Refused || len(known.Problems) != 1 || known.Problems[0].Line != 11 || known.Problems[0].Path != "GET /orders" {
			t.Fatalf("published: %v", err)
		}
		o, err := b.RequestOverride(as("ada"), v1, "dev", 2, "nobody calls it yet")
		if err != nil || len(o.Changes) != 1 {
			t.Fatal(err)
		}
		if _, err := b.Publish(as("ada"), v1, apispec.Publishing{Stage: "dev"}); !kernel.Is(err, kernel.Refused) {
			t.Errorf("asked for is not approved: %v", err)
		}
		if _, err := b.ApproveOverride(as("ada"), shop, o.ID, ""); !kernel.Is(err, kernel.Refused) {
			t.Errorf("approved by who asks: %v", err)
		}
		b.may["eve:api.approve"] = true
		if _, err := b.ApproveOverride(as("eve"), shop, o.ID, ""); !kernel.Is(err, kernel.Denied) {
			t.Errorf("approved by who may not: %v", err)
		}
		if _, err := b.ApproveOverride(as("bob"), shop, o.ID, "seen"); err != nil {
			t.Fatal(err)
		}
		b.publish(t, v1, apispec.Publishing{Stage: "dev"})
		if _, err := b.Publish(as("ada"), v1, apispec.Publishing{Stage: "prod", From: "dev"}); !kernel.Is(err, kernel.Refused) {
			t.Errorf("promoted on the approval for another stage: %v", err)
		}
		if _, err := b.RequestOverride(as("ada"), v1, "prod", 1, "why not"); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("asked for what breaks nothing: %v", err)
		}
		page, err := b.Overrides(as("ada"), shop, kernel.PageRequest{})
		if err != nil || len(page.Items) != 1 || page.Items[0].ApprovedBy != "user:bob" || page.Items[0].API != "orders" {
			t.Errorf("%+v %v", page, err)
		}
	})
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.upload(t, v1, document())
		b.publish(t, v1, apispec.Publishing{Stage: "prod"})
		if _, err := b.Retire(as("ada"), v1, "prod", ""); !kernel.Is(err, kernel.Refused) {
			t.Errorf("retired without a word: %v", err)
		}
		sunset := b.now.Add(48 * time.Hour)
		st, err := b.Deprecate(as("ada"), v1, apispec.Deprecation{Stage: "prod", Sunset: sunset, Link: "https://example.com/v2"})
		if err != nil || st.State != apispec.Deprecated || !st.DeprecatedAt.Equal(b.now) {
			t.Fatalf("%+v %v", st, err)
		}
		if _, err := b.Deprecate(as("ada"), v1, apispec.Deprecation{Stage: "prod", Sunset: sunset.Add(-time.Hour)}); !kernel.Is(err, kernel.Refused) {
			t.Errorf("the promise was taken back without a word: %v", err)
		}
		for _, to := range []time.Time{sunset.Add(-time.Hour), sunset} {
			if _, err := b.Deprecate(as("ada"), v1, apispec.Deprecation{Stage: "prod", Sunset: to, Link: "https://example.com/v2", Reason: "it was mistyped"}); err != nil {
				t.Error(err)
			}
		}
		b.upload(t, v1, document("      tags: [orders]\n"))
		if st = b.publish(t, v1, apispec.Publishing{Stage: "prod"}); st.State != apispec.Deprecated || st.Revision != 2 || !st.Sunset.Equal(sunset) {
			t.Errorf("a correction took back the promise: %+v", st)
		}
		if _, err := b.Retire(as("ada"), v1, "prod", ""); !kernel.Is(err, kernel.Refused) {
			t.Errorf("retired before its day: %v", err)
		}
		b.now = sunset
		if st, err = b.Retire(as("ada"), v1, "prod", "over"); err != nil || st.State != apispec.Retired {
			t.Fatalf("%+v %v", st, err)
		}
		a, err := b.Get(as("ada"), v1)
		if err != nil || len(a.Stages) != 1 || a.Stages[0].State != apispec.Retired || a.Stages[0].RetiredAt == nil {
			t.Errorf("%+v %v", a, err)
		}
		b.upload(t, v1, document(colour))
		b.publish(t, v1, apispec.Publishing{Stage: "prod"}) // breaks nobody
	})
}

// TestADeprecationIsTakenBack with a reason, and as if it had never been.
func TestADeprecationIsTakenBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.upload(t, v1, document())
		before := b.publish(t, v1, apispec.Publishing{Stage: "prod"})
		if _, err := b.Undeprecate(as("ada"), v1, "prod", "why not"); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("it was not deprecated: %v", err)
		}
		if _, err := b.Deprecate(as("ada"), v1, apispec.Deprecation{Stage: "prod", Sunset: b.now.Add(time.Hour), Link: "https://example.com/v2"}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Undeprecate(as("ada"), v1, "prod", ""); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		b.may["bob:api.publish"] = true
		if _, err := b.Undeprecate(as("bob"), v1, "prod", "v2 is late"); !kernel.Is(err, kernel.Denied) {
			t.Errorf("by who may not publish: %v", err)
		}
		st, err := b.Undeprecate(as("ada"), v1, "prod", "v2 is late")
		if err != nil || st != before || b.facts[len(b.facts)-1] != "api.undeprecated" {
			t.Errorf("%+v, want %+v; %v, %v", st, before, err, b.facts)
		}
		sunset := b.now.Add(time.Minute)
		if _, err := b.Deprecate(as("ada"), v1, apispec.Deprecation{Stage: "prod", Sunset: sunset}); err != nil {
			t.Errorf("the promise that was taken back still holds: %v", err)
		}
		b.now = sunset
		if _, err := b.Retire(as("ada"), v1, "prod", ""); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Undeprecate(as("ada"), v1, "prod", "come back"); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("what is retired: %v", err)
		}
	})
}

// TestPublishingByHandIsTheApproversWhereChangesAreApproved has a run bring it for everybody else.
func TestPublishingByHandIsTheApproversWhereChangesAreApproved(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.approved = true
		b.upload(t, v1, document())
		b.may["ada:api.approve"], b.may["bob:api.publish"] = true, true
		b.publish(t, v1, apispec.Publishing{Stage: "dev"})
		_, err := b.Publish(as("ada"), v1, apispec.Publishing{Stage: "prod", From: "dev"})
		told, _ := errors.AsType[*kernel.Error](err)
		if !kernel.Is(err, kernel.Denied) || !strings.Contains(told.Fix, apispec.Annotation) {
			t.Errorf("by a developer: %v", err)
		}
		if _, err := b.Publish(as("bob"), v1, apispec.Publishing{Stage: "prod", From: "dev"}); err != nil {
			t.Errorf("by an approver: %v", err)
		}
		b.upload(t, v1, document("      tags: [orders]\n"))
		c, err := b.Carry(as("ada"), apispec.Carried{Key: v1, Run: "run_1", Release: "rel_1", Stage: "prod", Revision: 2}, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.KeepCarried(as("ada"), shop, "run_1", []apispec.Carried{c}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Arrive(as("ada"), shop, "run_1"); err != nil {
			t.Fatal(err)
		}
		if st, err := b.store.Standing(as("ada"), v1, "prod"); err != nil || st.Revision != 2 {
			t.Errorf("by a run: %+v, %v", st, err)
		}
	})
}

func TestTheViewFollows(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		var seen []apispec.Live
		known := map[string]bool{}
		v := &apispec.View{
			Standings: b.store, Log: slog.New(slog.DiscardHandler), Use: func(_ context.Context, all []apispec.Live) { seen = all },
			Knows: func(digest string) bool { return known[digest] },
		}
		b.Changed = v.Now
		b.upload(t, v1, document())
		st := b.publish(t, v1, apispec.Publishing{Stage: "dev"})
		if len(seen) != 1 || seen[0].Source != document() || seen[0].Key != st.Key || seen[0].Digest == "" {
			t.Fatalf("%+v", seen)
		}
		known[seen[0].Digest] = true
		if _, err := b.Deprecate(as("ada"), v1, apispec.Deprecation{Stage: "dev", Sunset: b.now.Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		if len(seen) != 1 || seen[0].Source != "" || seen[0].State != apispec.Deprecated {
			t.Errorf("%+v", seen)
		}
	})
}

func TestCallsAreCountedWithinBounds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.upload(t, v1, document())
		c := &apispec.Calls{Store: b.store, Clock: b.clock}
		for range 3 {
			c.Count(v1, "dev", "listOrders", "shop-app", 200)
		}
		c.Count(v1, "dev", "listOrders", "shop-app", 503)
		if err := c.Write(as("ada")); err != nil {
			t.Fatal(err)
		}
		c.Count(v1, "dev", "listOrders", "shop-app", 200)
		c.Count(v1, "prod", "listOrders", "", 404)
		if err := c.Write(as("ada")); err != nil {
			t.Fatal(err)
		}
		got, err := b.Consumers(as("ada"), v1, "", 30)
		if err != nil || len(got) != 2 || got[0].Consumer != "shop-app" || got[0].Calls != 5 || got[0].Errors != 1 || got[0].Day != "2026-11-16" || got[1].Stage != "prod" {
			t.Errorf("%+v %v", got, err)
		}
		if _, err := b.Consumers(as("ada"), v1, "moon", 30); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("no stage: %v", err)
		}
		b.now = b.now.AddDate(2, 0, 0)
		if err := c.Tidy(as("ada")); err != nil {
			t.Fatal(err)
		}
		if got, err = b.Consumers(as("ada"), v1, "", 3000); err != nil || len(got) != 0 {
			t.Errorf("kept %+v %v", got, err)
		}
	})
}

func TestConsumersBeyondTheBoundAreOthers(t *testing.T) {
	t.Parallel()
	sums := &sums{}
	c := &apispec.Calls{Store: sums, Clock: time.Now}
	for i := range 60_000 {
		c.Count(v1, "dev", fmt.Sprint("op", i%30_000), fmt.Sprint("c", i), 200)
	}
	sums.broken = true
	if err := c.Write(t.Context()); err == nil {
		t.Error("nothing told that nothing was written")
	}
	sums.broken = false
	if err := c.Write(t.Context()); err != nil || sums.rows > 40_001 || sums.calls != 60_000 {
		t.Errorf("%d calls in %d rows, %v", sums.calls, sums.rows, err)
	}
}

// sums is a CallStore that adds up, or cannot.
type sums struct {
	apispec.CallStore

	broken bool
	rows   int
	calls  int64
}

func (s *sums) AddCalls(_ context.Context, all []apispec.Call) error {
	if s.broken {
		return errors.New("no database")
	}
	s.rows = len(all)
	for _, c := range all {
		s.calls += c.Calls
	}
	return nil
}

func TestWhoSeesOneStageSeesNoOther(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.upload(t, v1, document())
		for _, stage := range []string{"dev", "prod"} {
			b.publish(t, v1, apispec.Publishing{Stage: stage})
		}
		b.upload(t, v1, document(colour))
		o, err := b.RequestOverride(as("ada"), v1, "prod", 2, "x")
		if err != nil {
			t.Fatal(err)
		}
		c := &apispec.Calls{Store: b.store, Clock: b.clock}
		c.Count(v1, "prod", "listOrders", "shop-app", 200)
		c.Count(v1, "dev", "listOrders", "shop-app", 200)
		if err := c.Write(as("ada")); err != nil {
			t.Fatal(err)
		}
		list, err := b.List(as("eve"), shop, kernel.PageRequest{})
		if err != nil || len(list.Items) != 1 || len(list.Items[0].Stages) != 1 || list.Items[0].Stages[0].Stage != "dev" {
			t.Errorf("%+v %v", list, err)
		}
		one, err := b.Get(as("eve"), v1)
		if err != nil || len(one.Stages) != 1 || one.Stages[0].Stage != "dev" {
			t.Errorf("%+v %v", one, err)
		}
		calls, err := b.Consumers(as("eve"), v1, "", 30)
		if err != nil || len(calls) != 1 || calls[0].Stage != "dev" {
			t.Errorf("%+v %v", calls, err)
		}
		overrides, err := b.Overrides(as("eve"), shop, kernel.PageRequest{})
		if err != nil || len(overrides.Items) != 0 {
			t.Errorf("%+v %v", overrides, err)
		}
		if _, err := b.ApproveOverride(as("eve"), shop, o.ID, ""); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("approved: %v", err)
		}
	})
}
