package leak_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/fabric/secret/secretsql"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/governance/leak/leaksql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

var (
	shop  = kernel.Scope{Tenant: "acme", Project: "shop"}
	rival = kernel.Scope{Tenant: "rival", Project: "shop"}
)

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

func (j *journal) types() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []string
	for _, f := range j.facts {
		if strings.HasPrefix(f.Type, "secret.leak") || f.Type == "secret.indexed" {
			all = append(all, f.Type)
		}
	}
	return strings.Join(all, " ")
}

// everybody may do all in the own tenant but what is said.
type everybody struct{ not string }

func (e everybody) Authorize(ctx context.Context, action string, scope kernel.Scope) error {
	actor, _ := kernel.ActorFrom(ctx)
	if action == e.not || actor.Tenant != scope.Tenant {
		return kernel.Errorf(kernel.Denied, "you may not %s", action)
	}
	return nil
}

func (everybody) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return kernel.Reach{All: true}, nil
}

type anyStage struct{}

func (anyStage) Check(string) error { return nil }

type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

type bench struct {
	*leak.Service

	secrets *secret.Service
	journal *journal
	clock   *clock
	db      *db.DB
}

func newBench(t testing.TB, d *db.DB) *bench {
	t.Helper()
	sealer, err := seal.Open(context.Background(), seal.Config{URL: "file://" + filepath.Join(t.TempDir(), "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sealer.Close() })
	b := &bench{journal: &journal{}, clock: &clock{at: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}, db: d}
	store := leaksql.NewStore(d)
	b.Service = leak.New(leak.Config{
		Store: store, Apart: store, Values: store, Sealer: sealer, Authorizer: everybody{}, Journal: b.journal, Tx: d, Clock: b.clock.now, Scanner: leakscan.New(),
	})
	b.secrets = &secret.Service{Store: secretsql.NewStore(d), Sealer: sealer, Authorizer: everybody{}, Stages: anyStage{}, Journal: b.journal, Tx: d, Known: b.Service}
	return b
}

func each(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{leaksql.Migrations(), secretsql.Migrations()}, func(t *testing.T, d *db.DB) {
		test(t, newBench(t, d))
	})
}

func as(t *testing.T, tenant string) context.Context {
	t.Helper()
	return kernel.WithActor(t.Context(), kernel.Actor{ID: "user_1", Name: "ada", Kind: kernel.ActorUser, Tenant: tenant})
}

// key is a value by one of gitleaks's rules, which does not stand in this file as it is.
const (
	key     = "AK" + "IAQ3EGXK5HN7TLWPZC"
	another = "AK" + "IAZ7TLWPZCQ3EGXK5H"
)

func (b *bench) inspect(t *testing.T, scope kernel.Scope, at leak.Place, text string) leak.Report {
	t.Helper()
	r, err := b.Inspect(t.Context(), scope, at, text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func file(path string) leak.Place {
	return leak.Place{Kind: leak.Repository, Repository: "orders", Revision: "c0ffee", Path: path}
}

func TestAFindingIsKeptOnceAndGoesItsWay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		ctx := as(t, "acme")
		first := b.inspect(t, shop, file("app/.env"), "a=1\nkey="+key)
		if len(first.New) != 1 || len(first.Open) != 1 || first.New[0].Place.Line != 2 || first.New[0].Place.Column != 5 {
			t.Fatalf("%+v", first)
		}
		id := first.New[0].ID
		again := b.inspect(t, shop, file("app/.env"), "\n\n\nkey="+key)
		if len(again.New) != 0 || len(again.Open) != 1 || again.Open[0].ID != id || again.Open[0].Place.Line != 4 {
			t.Errorf("the same, on another line: %+v", again)
		}
		if elsewhere := b.inspect(t, shop, file("b.env"), "key="+key); len(elsewhere.New) != 1 || elsewhere.New[0].Fingerprint != first.New[0].Fingerprint {
			t.Errorf("in another file: %+v", elsewhere)
		}
		if _, err := b.Allow(ctx, "acme", id, " ", time.Time{}); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		until := b.clock.at.Add(time.Hour)
		if f, err := b.Allow(ctx, "acme", id, "it was rotated", until); err != nil || f.State != leak.Allowed || f.Allowance.By.Name != "ada" {
			t.Errorf("%+v %v", f, err)
		}
		if r := b.inspect(t, shop, file("app/.env"), "key="+key); len(r.Open)+len(r.New) != 0 {
			t.Errorf("what is allowed: %+v", r)
		}
		b.clock.at = until
		if err := b.Reopen(t.Context()); err != nil {
			t.Fatal(err)
		}
		if f, err := b.Get(ctx, "acme", id); err != nil || f.State != leak.Open {
			t.Errorf("after its time: %+v %v", f, err)
		}
		if r := b.inspect(t, shop, file("app/.env"), "nothing"); len(r.Open) != 0 {
			t.Errorf("%+v", r)
		}
		if f, _ := b.Get(ctx, "acme", id); f.State != leak.Resolved {
			t.Errorf("what is gone: %+v", f)
		}
		if r := b.inspect(t, shop, file("app/.env"), "key="+key); len(r.New) != 1 || r.New[0].ID != id {
			t.Errorf("what is back: %+v", r)
		}
		const want = "secret.leaked secret.leaked secret.leak_allowed secret.leak_reopened secret.leak_resolved secret.leaked"
		if got := b.journal.types(); got != want {
			t.Errorf("%s", got)
		}
	})
}

func TestWhatAPullRequestBroughtIsNotOnTheBranch(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		pull := file("a.env")
		pull.Pull = 7
		brought := b.inspect(t, shop, pull, "key="+key)
		if len(brought.New) != 1 || brought.New[0].Place.Pull != 7 {
			t.Fatalf("%+v", brought)
		}
		if r := b.inspect(t, shop, file("a.env"), "nothing"); len(r.Open) != 0 {
			t.Errorf("%+v", r)
		}
		if f, err := b.Get(as(t, "acme"), "acme", brought.New[0].ID); err != nil || f.State != leak.Open {
			t.Errorf("it was pushed, and is open: %+v %v", f, err)
		}
		if r := b.inspect(t, shop, file("a.env"), "key="+key); len(r.New) != 0 || r.Open[0].Place.Pull != 0 {
			t.Errorf("merged: %+v", r)
		}
	})
}

func TestOwnValuesAreTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		ctx := as(t, "acme")
		dev := shop.InStage("dev")
		const value = "correct-Horse-battery"
		if _, err := b.secrets.Put(ctx, dev, "db/password", value); err != nil {
			t.Fatal(err)
		}
		if _, err := b.secrets.Write(ctx, dev, "both", secret.Data{"user": []byte(`"postgres"`), "pin": []byte(`{"inner":["Staple-9-Tapir"]}`)}, nil); err != nil {
			t.Fatal(err)
		}
		text := "x: " + base64.StdEncoding.EncodeToString([]byte("u:"+value)) + "\npostgres uses Staple-9-Tapir\n"
		r := b.inspect(t, shop, file("x.yaml"), text)
		if len(r.New) != 2 || r.New[0].Secret != "shop/dev/db/password@1" || r.New[1].Secret != "shop/dev/both@1" || r.New[1].Place.Line != 2 {
			t.Fatalf("%+v", r.New)
		}
		if r := b.inspect(t, rival, file("x.yaml"), text); len(r.Open) != 0 {
			t.Errorf("another tenant's: %+v", r)
		}
		if err := b.secrets.Mark(ctx, dev, "db/password", secret.Destroyed, 1); err != nil {
			t.Fatal(err)
		}
		if r := b.inspect(t, shop, file("x.yaml"), text); len(r.Open) != 1 {
			t.Errorf("what was destroyed: %+v", r)
		}
		if err := b.secrets.Remove(ctx, dev, "both"); err != nil {
			t.Fatal(err)
		}
		if r := b.inspect(t, shop, file("x.yaml"), text); len(r.Open) != 0 {
			t.Errorf("what was removed: %+v", r)
		}
	})
}

// TestBranchesAreApart: what is taken out of a branch still stands in another one.
func TestBranchesAreApart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		on := func(branch string) leak.Place {
			at := file("x.yaml")
			at.Branch = branch
			return at
		}
		first := b.inspect(t, shop, on("main"), key)
		second := b.inspect(t, shop, on("release"), key)
		if len(first.New) != 1 || len(second.New) != 1 {
			t.Fatalf("%+v, %+v", first, second)
		}
		b.inspect(t, shop, on("release"), "nothing")
		if again := b.inspect(t, shop, on("main"), key); len(again.New) != 0 || len(again.Open) != 1 {
			t.Errorf("what stands on main: %+v", again)
		}
		var open []leak.Finding
		err := b.Within(t.Context(), shop, "orders", func(page []leak.Finding) error { open = append(open, page...); return nil })
		if err != nil || len(open) != 1 || open[0].Place.Branch != "main" {
			t.Errorf("%+v, %v", open, err)
		}
	})
}

// outside opens nothing while a transaction is open, as others wait for that to end.
type outside struct{ secret.Sealer }

func (o outside) Open(ctx context.Context, sealed, associated []byte) ([]byte, error) {
	if db.InTransaction(ctx) {
		return nil, kernel.Errorf(kernel.Unavailable, "a value is opened within a transaction")
	}
	return o.Sealer.Open(ctx, sealed, associated)
}

// TestWhatWasThereBeforeIsKnown: secrets of before this room was there are made known, once.
func TestWhatWasThereBeforeIsKnown(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		ctx := as(t, "acme")
		b.secrets.Known = nil
		for _, value := range []string{"first-Value-of-it", "second-Value-of-it"} {
			if _, err := b.secrets.Put(ctx, shop.InStage("dev"), "old", value); err != nil {
				t.Fatal(err)
			}
		}
		b.secrets.Known, b.secrets.Sealer = b.Service, outside{b.secrets.Sealer}
		for range 2 {
			if err := b.secrets.Acquaint(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		r := b.inspect(t, shop, file("x"), "first-Value-of-it second-Value-of-it")
		if len(r.New) != 2 || r.New[0].Secret != "shop/dev/old@1" || !strings.HasPrefix(b.journal.types(), "secret.indexed secret.leaked") {
			t.Errorf("%+v %s", r.New, b.journal.types())
		}
	})
}

func TestFindingsAreListedByPage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		ctx := as(t, "acme")
		for _, name := range []string{"a", "b", "c"} {
			b.inspect(t, shop, file(name), "k="+key)
		}
		b.inspect(t, rival, file("a"), "k="+another)
		page, err := b.List(ctx, kernel.Scope{Tenant: "acme"}, leak.Filter{Kind: leak.Repository}, kernel.PageRequest{Limit: 2})
		if err != nil || len(page.Items) != 2 || page.Items[0].Place.Path != "c" || page.Next == "" {
			t.Fatalf("%+v %v", page, err)
		}
		page, err = b.List(ctx, shop, leak.Filter{State: leak.Open, Rule: "aws-access-token"}, kernel.PageRequest{Limit: 2, Cursor: page.Next})
		if err != nil || len(page.Items) != 1 || page.Items[0].Place.Path != "a" {
			t.Errorf("%+v %v", page, err)
		}
		other, err := b.List(as(t, "rival"), kernel.Scope{Tenant: "rival"}, leak.Filter{}, kernel.PageRequest{})
		if err != nil || len(other.Items) != 1 {
			t.Fatalf("%+v %v", other, err)
		}
		if _, err := b.Get(ctx, "acme", other.Items[0].ID); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("of another tenant: %v", err)
		}
		if _, err := b.Allow(ctx, "acme", other.Items[0].ID, "x", time.Time{}); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("of another tenant: %v", err)
		}
	})
}

// TestNoValueIsKept looks for it in all that the database has.
func TestNoValueIsKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.inspect(t, shop, file("a"), "k="+key)
		var bodies []string
		if err := b.db.Reader(t.Context()).NewRaw("SELECT body FROM leak_findings").Scan(t.Context(), &bodies); err != nil {
			t.Fatal(err)
		}
		for _, f := range b.journal.facts {
			bodies = append(bodies, f.Reason, strings.TrimSpace(strings.Join([]string{f.Subject, asText(f.Data)}, " ")))
		}
		if all := strings.Join(bodies, " "); strings.Contains(all, key[6:12]) || !strings.Contains(all, "aws-access-token") {
			t.Error(all)
		}
	})
}

func asText(data any) string {
	text, _ := db.Encode(data, "data")
	return text
}

func (b *bench) state(t *testing.T, id string) leak.State {
	t.Helper()
	f, err := b.Get(as(t, "acme"), "acme", id)
	if err != nil {
		t.Fatal(err)
	}
	return f.State
}

// TestTheLogOfARunKeepsItsFinding: that the next run says nothing takes nothing out of it.
func TestTheLogOfARunKeepsItsFinding(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		dev := shop.InStage("dev")
		log := func(run string) leak.Place { return leak.Place{Kind: leak.Log, Workload: "orders", Run: run} }
		first := b.inspect(t, dev, log("run_1"), "key="+key)
		if len(first.New) != 1 {
			t.Fatalf("%+v", first)
		}
		id := first.New[0].ID
		b.inspect(t, dev, log("run_2"), "nothing")
		if state := b.state(t, id); state != leak.Open {
			t.Errorf("after another run that says nothing it is %s", state)
		}
		if r := b.inspect(t, dev, log("run_3"), "key="+key); len(r.New) != 0 || r.Open[0].Place.Run != "run_3" {
			t.Errorf("said again: %+v", r)
		}
		if r := b.inspect(t, dev, log("run_2"), "key="+key); len(r.New) != 0 || r.Open[0].Place.Run != "run_3" {
			t.Errorf("looked through later than the next one: %+v", r)
		}
		b.inspect(t, dev, log("run_3"), "nothing")
		if state := b.state(t, id); state != leak.Resolved {
			t.Errorf("when its own log has it no more it is %s", state)
		}
	})
}

// TestWhatIsInALogIsResolvedByHand, and open again when it is said again.
func TestWhatIsInALogIsResolvedByHand(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		ctx, dev := as(t, "acme"), shop.InStage("dev")
		at := leak.Place{Kind: leak.Log, Workload: "orders", Run: "run_1"}
		id := b.inspect(t, dev, at, "key="+key).New[0].ID
		if _, err := b.Resolve(ctx, "acme", id, " "); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		if f, err := b.Resolve(ctx, "acme", id, "rotated"); err != nil || f.State != leak.Resolved {
			t.Errorf("%+v, %v", f, err)
		}
		at.Run = "run_2"
		if r := b.inspect(t, dev, at, "key="+key); len(r.New) != 1 || r.New[0].ID != id {
			t.Errorf("said again: %+v", r)
		}
		inFile := b.inspect(t, shop, file("a.env"), "key="+key).New[0].ID
		if _, err := b.Resolve(ctx, "acme", inFile, "rotated"); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("what can be taken out: %v", err)
		}
		b.Authorizer = everybody{not: "leak.allow"}
		if _, err := b.Resolve(ctx, "acme", id, "rotated"); !kernel.Is(err, kernel.Denied) {
			t.Errorf("who may not: %v", err)
		}
	})
}

// TestWhatAServiceSaysNoMoreIsResolved after seven days in which it was not said.
func TestWhatAServiceSaysNoMoreIsResolved(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		dev := shop.InStage("dev")
		at := leak.Place{Kind: leak.Log, Path: "service orders, container main", Part: true, Line: 1}
		id := b.inspect(t, dev, at, "key="+key).New[0].ID
		ofRun := b.inspect(t, dev, leak.Place{Kind: leak.Log, Workload: "orders", Run: "run_1"}, "key="+key).New[0].ID
		for _, c := range []struct {
			after time.Duration
			said  string
			want  leak.State
		}{{6 * 24 * time.Hour, "key=" + key, leak.Open}, {6 * 24 * time.Hour, "nothing", leak.Open}, {25 * time.Hour, "nothing", leak.Resolved}, {time.Hour, "key=" + key, leak.Open}} {
			b.clock.at = b.clock.at.Add(c.after)
			b.inspect(t, dev, at, c.said)
			if err := b.Silence(t.Context()); err != nil {
				t.Fatal(err)
			}
			if state := b.state(t, id); state != c.want {
				t.Errorf("at %s it is %s, not %s", b.clock.at, state, c.want)
			}
		}
		if state := b.state(t, ofRun); state != leak.Open {
			t.Errorf("the one of a run is %s", state)
		}
	})
}

// TestARepositoryThatIsGoneHasNoFindings, however many there are, whoever brought them, and
// also where they were allowed; a branch that is gone has none of its own.
func TestARepositoryThatIsGoneHasNoFindings(t *testing.T) {
	t.Parallel()
	b := newBench(t, dbtest.SQLite(t, leaksql.Migrations(), secretsql.Migrations()))
	keys := func(from int) string {
		var text strings.Builder
		for i := range 600 {
			n := from + i
			fmt.Fprintf(&text, "k: AK"+"IAQ3EGXK5HN7TLW%c%c%c\n", 'A'+n%26, 'A'+n/26%26, 'A'+n/26/26%26)
		}
		return text.String()
	}
	on := func(branch, path string) leak.Place {
		at := file(path)
		at.Branch = branch
		return at
	}
	if r := b.inspect(t, shop, on("main", "a.env"), keys(0)); len(r.New) != 600 {
		t.Fatalf("%d findings", len(r.New))
	}
	onWork := b.inspect(t, shop, on("work", "a.env"), "k: "+key).New[0].ID
	allowed := b.inspect(t, shop, on("main", "b.env"), "k: "+key).New[0].ID
	if _, err := b.Allow(as(t, "acme"), "acme", allowed, "an example", time.Time{}); err != nil {
		t.Fatal(err)
	}
	brought := on("main", "c.env")
	brought.Pull = 3
	ofPull := b.inspect(t, shop, brought, "k: "+key).New[0].ID
	b.inspect(t, shop, on("main", "d.env"), keys(600))
	if err := b.Vanished(t.Context(), shop, "orders", "work"); err != nil {
		t.Fatal(err)
	}
	if b.state(t, onWork) != leak.Resolved || b.state(t, ofPull) != leak.Open || b.state(t, allowed) != leak.Allowed {
		t.Errorf("on a branch that is gone %s, else %s and %s", b.state(t, onWork), b.state(t, ofPull), b.state(t, allowed))
	}
	if err := b.Vanished(t.Context(), shop, "orders", ""); err != nil {
		t.Fatal(err)
	}
	left := 0
	if err := b.Within(t.Context(), shop, "orders", func(page []leak.Finding) error { left += len(page); return nil }); err != nil || left != 0 {
		t.Errorf("%d are left, %v", left, err)
	}
	if b.state(t, ofPull) != leak.Resolved || b.state(t, allowed) != leak.Resolved {
		t.Errorf("of a pull request %s, what was allowed %s", b.state(t, ofPull), b.state(t, allowed))
	}
}
