package keyring_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/keyring"
	"github.com/terrace-idp/terrace/internal/access/keyring/keyringsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/blob"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/keyshare"
	"github.com/terrace-idp/terrace/internal/platform/seal"
	"github.com/terrace-idp/terrace/internal/platform/sealedrow"
)

// clock is one for all processes of a test.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time {
	return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(c.ahead.Load()))
}
func (c *clock) pass(d time.Duration) { c.ahead.Add(int64(d)) }

// operators are those of the tenant home.
type operators struct{}

func (operators) Authorize(ctx context.Context, action string, _ kernel.Scope) error {
	actor, _ := kernel.ActorFrom(ctx)
	if of := action == keyring.ActionRoot || action == keyring.ActionDestroy; of && actor.Tenant != "home" {
		return kernel.Errorf(kernel.Denied, "%s is no operator", actor.ID)
	}
	return nil
}

type facts struct {
	mu    sync.Mutex
	types []string
}

func (f *facts) Record(_ context.Context, fact kernel.Fact) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.types = append(f.types, fact.Type)
	return nil
}

// world is a database and a key file, which processes share.
type world struct {
	t    *testing.T
	db   *db.DB
	file string
	// folder has the shares of tenants' keys; "" has the keys in the database alone.
	folder string
	clock  *clock
	facts  *facts
}

// process is one that seals and rotates.
type process struct {
	*keyring.Service

	sealer *seal.Sealer
	store  *keyringsql.Store
}

func each(t *testing.T, test func(w *world)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{keyringsql.Migrations()}, func(t *testing.T, d *db.DB) {
		_, err := d.Conn(t.Context()).ExecContext(t.Context(), "CREATE TABLE things (tenant TEXT NOT NULL, name TEXT NOT NULL, sealed BYTEA, PRIMARY KEY (tenant, name))")
		must(t, err)
		test(&world{t: t, db: d, file: filepath.Join(t.TempDir(), "kek"), folder: filepath.Join(t.TempDir(), "shares"), clock: &clock{}, facts: &facts{}})
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// begin is another process; wrap changes what its rotations write with.
func (w *world) begin(name string, wrap func(seal.Rotations) seal.Rotations) process {
	w.t.Helper()
	store := keyringsql.NewStore(w.db)
	c := seal.Config{URL: "file://" + w.file, Store: store, Clock: w.clock.now}
	if w.folder != "" {
		c.Shares = w.shares()
	}
	sealer, err := seal.Open(w.t.Context(), c)
	must(w.t, err)
	w.t.Cleanup(func() { _ = sealer.Close() })
	var rotations seal.Rotations = store
	if wrap != nil {
		rotations = wrap(store)
	}
	table := sealedrow.Table{
		DB: w.db, Sealer: sealer, Holds: "things", Table: "things", Columns: []string{"tenant", "name"},
		Associated: func(c []string) []byte { return []byte(strings.Join(c, "/")) },
	}
	return process{sealer: sealer, store: store, Service: keyring.New(keyring.Config{
		Store: store, Rotations: rotations, Sealer: sealer, Holdings: []keyring.Holding{table}, Authorizer: operators{},
		Journal: w.facts, Tx: w.db, Home: "home", Node: name, Clock: w.clock.now,
	})}
}

func (w *world) shares() keyshare.Store {
	w.t.Helper()
	shares, err := blob.Open(w.t.Context(), "file://"+w.folder, nil)
	must(w.t, err)
	w.t.Cleanup(func() { _ = shares.Close() })
	return keyshare.Store{Blobs: shares}
}

func (w *world) admin() context.Context {
	return kernel.WithActor(w.t.Context(), kernel.Actor{ID: "usr_1", Kind: kernel.ActorUser, Tenant: "home"})
}

func (p process) sealed(t *testing.T, tenant, what string) []byte {
	t.Helper()
	b, err := p.sealer.SealFor(t.Context(), tenant, []byte(what), []byte(tenant))
	must(t, err)
	return b
}

func (p process) opens(t *testing.T, tenant string, sealed []byte, want string) {
	t.Helper()
	got, err := p.sealer.Open(t.Context(), sealed, []byte(tenant))
	if err != nil || string(got) != want {
		t.Errorf("%s of %s: %q, %v", want, tenant, got, err)
	}
}

func (w *world) keys(p process) map[string][]keyring.Key {
	w.t.Helper()
	st, err := p.Status(w.admin(), "home", kernel.PageRequest{})
	must(w.t, err)
	of := map[string][]keyring.Key{}
	for _, k := range st.Keys {
		of[k.Owner] = append(of[k.Owner], k)
	}
	return of
}

func (w *world) round(p process) {
	w.t.Helper()
	if done, err := p.Round(w.t.Context()); err != nil || !done {
		w.t.Fatalf("a round: done %v, %v", done, err)
	}
}

func TestDestroyedKeysMakeATenantUnreadableAndNoOtherOne(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a, b := w.begin("a", nil), w.begin("b", nil)
		acme, rival := a.sealed(w.t, "acme", "hush"), a.sealed(w.t, "rival", "quiet")
		b.opens(w.t, "acme", acme, "hush")
		b.opens(w.t, "rival", rival, "quiet")
		if _, err := b.sealer.Open(w.t.Context(), append([]byte("TSE3"), acme[4:len(acme)-1]...), []byte("acme")); err == nil {
			w.t.Error("what was cut opens")
		}
		if err := a.Destroy(w.admin(), "acme", "over"); !kernel.Is(err, kernel.Refused) {
			w.t.Errorf("before it is known that nothing is sealed otherwise: %v", err)
		}
		w.round(a)
		for tenant, want := range map[string]kernel.Kind{"home": kernel.Refused, "": kernel.Refused, "nobody": kernel.NotFound} {
			if err := a.Destroy(w.admin(), tenant, "over"); !kernel.Is(err, want) {
				w.t.Errorf("the keys of %q: %v", tenant, err)
			}
		}
		foreign := kernel.WithActor(w.t.Context(), kernel.Actor{ID: "usr_2", Kind: kernel.ActorUser, Tenant: "rival"})
		if err := a.Destroy(foreign, "acme", "over"); !kernel.Is(err, kernel.Denied) {
			w.t.Errorf("another tenant's admin: %v", err)
		}
		must(w.t, a.Destroy(w.admin(), "acme", "over"))
		if _, err := a.sealer.Open(w.t.Context(), acme, []byte("acme")); !kernel.Is(err, kernel.Refused) {
			w.t.Errorf("here: %v", err)
		}
		w.clock.pass(time.Minute)
		if _, err := b.sealer.Open(w.t.Context(), acme, []byte("acme")); !kernel.Is(err, kernel.Refused) {
			w.t.Errorf("elsewhere, a minute later: %v", err)
		}
		for _, p := range []process{a, b, w.begin("c", nil)} {
			if _, err := p.sealer.SealFor(w.t.Context(), "acme", []byte("more"), nil); !kernel.Is(err, kernel.Refused) {
				w.t.Errorf("sealing for it: %v", err)
			}
			p.opens(w.t, "rival", rival, "quiet")
		}
		if keys := w.keys(a)["acme"]; len(keys) != 1 || keys[0].DestroyedAt.IsZero() || keys[0].DataKeys != 0 {
			w.t.Errorf("the keys: %+v", keys)
		}
	})
}

func TestARotationWrapsAnewAndRewritesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a, b := w.begin("a", nil), w.begin("b", nil)
		before := a.sealed(w.t, "acme", "before")
		other := a.sealed(w.t, "rival", "other")
		w.clock.pass(time.Second)
		made, err := a.Rotate(w.admin(), "acme", "yearly")
		must(w.t, err)
		after := a.sealed(w.t, "acme", "after")
		if string(after[:30]) == string(before[:30]) {
			w.t.Error("the same data key seals after the rotation")
		}
		if n := len(w.keys(a)["acme"]); n != 2 {
			w.t.Errorf("%d keys of the tenant before the round", n)
		}
		w.round(b)
		keys := w.keys(b)["acme"]
		if len(keys) != 1 || keys[0].ID != made.ID || keys[0].DataKeys != 2 {
			w.t.Errorf("after the round: %+v", keys)
		}
		for _, p := range []process{a, b, w.begin("c", nil)} {
			p.opens(w.t, "acme", before, "before")
			p.opens(w.t, "acme", after, "after")
			p.opens(w.t, "rival", other, "other")
		}
	})
}

func TestTheRootKeyIsReplacedWhileOthersServe(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a, b := w.begin("a", nil), w.begin("b", nil)
		before := a.sealed(w.t, "acme", "before")
		b.opens(w.t, "acme", before, "before")
		was := a.sealer.PrimaryKeyID()
		root, err := a.RotateRoot(w.admin(), "an admin has left")
		if err != nil || root == was {
			w.t.Fatalf("root %s, %v", root, err)
		}
		w.round(a)
		for owner, keys := range w.keys(a) {
			for _, k := range keys {
				if k.Root != root {
					w.t.Errorf("a key of %q is wrapped by %s", owner, k.Root)
				}
			}
		}
		w.clock.pass(2 * time.Hour) // b has to ask for the key again
		b.opens(w.t, "acme", before, "before")
		b.sealed(w.t, "fresh", "one more")
		if keys := w.keys(b)["fresh"]; len(keys) != 1 || keys[0].Root != root {
			w.t.Errorf("another process wraps by %+v", keys)
		}
		text, err := os.ReadFile(w.file)
		must(w.t, err)
		first, _, _ := strings.Cut(string(text), "\n")
		must(w.t, os.WriteFile(w.file, []byte(first+"\n"), 0o600)) // nothing needs the former one
		w.begin("c", nil).opens(w.t, "acme", before, "before")
	})
}

// cut ends a process in the middle: from then on it writes nothing.
type cut struct {
	seal.Rotations

	left *atomic.Int32
}

var errKilled = errors.New("killed")

func (c cut) RewrapData(ctx context.Context, was, now []seal.DataKey) error {
	if c.left.Add(-1) < 0 {
		return errKilled
	}
	return c.Rotations.RewrapData(ctx, was[:1], now[:1]) // it had written this much
}

func TestARotationThatIsCutOffGoesOnWhileOthersReadAndWrite(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		left := &atomic.Int32{}
		left.Store(2)
		a := w.begin("a", func(r seal.Rotations) seal.Rotations { return cut{r, left} })
		kept := map[string][]byte{}
		for i := range 6 { // a data key each
			name := fmt.Sprint("thing ", i)
			kept[name] = a.sealed(w.t, "acme", name)
			w.clock.pass(25 * time.Hour)
		}
		_, err := a.Rotate(w.admin(), "acme", "")
		must(w.t, err)
		b := w.begin("b", nil)
		ctx, stop := context.WithCancel(w.t.Context())
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				for ctx.Err() == nil {
					sealed, err := b.sealer.SealFor(w.t.Context(), "acme", []byte("new"), []byte("acme"))
					if err != nil {
						w.t.Error(err)
						return
					}
					b.opens(w.t, "acme", sealed, "new")
					for name, was := range kept {
						b.opens(w.t, "acme", was, name)
					}
				}
			})
		}
		if _, err := a.Round(w.t.Context()); !errors.Is(err, errKilled) {
			w.t.Errorf("the round that is cut off: %v", err)
		}
		if keys := w.keys(a)["acme"]; len(keys) != 2 {
			w.t.Errorf("nothing was left to do: %+v", keys)
		}
		c := w.begin("c", nil)
		w.round(c)
		stop()
		wg.Wait()
		if keys := w.keys(c)["acme"]; len(keys) != 1 || keys[0].DataKeys < 7 {
			w.t.Errorf("after it went on: %+v", keys)
		}
		for name, was := range kept {
			w.begin("d", nil).opens(w.t, "acme", was, name)
		}
	})
}

func TestWhatIsUnderTheRootKeyMovesToItsTenant(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ctx := w.t.Context()
		old, err := seal.Open(ctx, seal.Config{URL: "file://" + w.file, Clock: w.clock.now})
		must(w.t, err)
		defer func() { _ = old.Close() }()
		put := func(tenant, name string) {
			sealed, err := old.SealFor(ctx, tenant, []byte("value of "+name), []byte(tenant+"/"+name))
			must(w.t, err)
			_, err = w.db.Conn(ctx).ExecContext(ctx, "INSERT INTO things (tenant, name, sealed) VALUES (?, ?, ?)", tenant, name, sealed)
			must(w.t, err)
		}
		for i := range 150 {
			put("acme", fmt.Sprint("thing ", i))
		}
		put("rival", "one")
		_, err = w.db.Conn(ctx).ExecContext(ctx, "INSERT INTO things (tenant, name, sealed) VALUES ('acme', 'none', NULL), ('acme', 'a damaged one', ?)", []byte("TSE1 this is none"))
		must(w.t, err)
		a := w.begin("a", nil)
		w.round(a)
		st, err := a.Status(w.admin(), "home", kernel.PageRequest{})
		must(w.t, err)
		if len(st.Moves) != 1 || st.Moves[0].Moved != 151 || st.Moves[0].Finished || !strings.Contains(st.Moves[0].Problem, "a damaged one") {
			w.t.Errorf("moves %+v", st.Moves)
		}
		_, err = w.db.Conn(ctx).ExecContext(ctx, "DELETE FROM things WHERE name = 'a damaged one'")
		must(w.t, err)
		w.round(a)
		must(w.t, a.Destroy(w.admin(), "rival", "over"))
		var sealed []byte
		must(w.t, w.db.Reader(ctx).QueryRowContext(ctx, "SELECT sealed FROM things WHERE name = 'one'").Scan(&sealed))
		if _, err := w.begin("b", nil).sealer.Open(ctx, sealed, []byte("rival/one")); !kernel.Is(err, kernel.Refused) {
			w.t.Errorf("of a tenant whose keys are destroyed: %v", err)
		}
		must(w.t, w.db.Reader(ctx).QueryRowContext(ctx, "SELECT sealed FROM things WHERE name = 'thing 140'").Scan(&sealed))
		if got, err := a.sealer.Open(ctx, sealed, []byte("acme/thing 140")); err != nil || string(got) != "value of thing 140" {
			w.t.Errorf("%q, %v", got, err)
		}
	})
}

// What was sealed after a transaction that was undone must not be under a key that went
// with it.
func TestAKeyOfATransactionThatIsUndoneSealsNothingElse(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a := w.begin("a", nil)
		undone := errors.New("undone")
		err := w.db.InTx(w.t.Context(), func(ctx context.Context) error {
			sealed, err := a.sealer.SealFor(ctx, "acme", []byte("x"), nil)
			must(w.t, err)
			got, err := a.sealer.Open(ctx, sealed, nil)
			if err != nil || string(got) != "x" {
				w.t.Errorf("within it: %q, %v", got, err)
			}
			return undone
		})
		if !errors.Is(err, undone) {
			w.t.Fatal(err)
		}
		sealed := a.sealed(w.t, "acme", "kept")
		w.begin("b", nil).opens(w.t, "acme", sealed, "kept")
		must(w.t, w.db.InTx(w.t.Context(), func(ctx context.Context) error {
			sealed, err = a.sealer.SealFor(ctx, "rival", []byte("kept"), []byte("rival"))
			return err
		}))
		w.begin("c", nil).opens(w.t, "rival", sealed, "kept")
	})
}

func TestOneProcessDoesTheRound(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a, b := w.begin("a", nil), w.begin("b", nil)
		now := w.clock.now()
		if ok, err := a.store.Claim(w.t.Context(), "a", now, now.Add(time.Minute)); err != nil || !ok {
			w.t.Fatal(ok, err)
		}
		if done, err := b.Round(w.t.Context()); err != nil || done {
			w.t.Errorf("two processes at once: done %v, %v", done, err)
		}
		w.clock.pass(2 * time.Minute) // a has gone
		w.round(b)
		w.round(a)
	})
}

// TestALostKeyFileIsNotMadeAnew where what there is was sealed with what it had; with another
// key that opens it, a new one may seal.
func TestALostKeyFileIsNotMadeAnew(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		a := w.begin("a", nil)
		sealed := a.sealed(w.t, "acme", "hush")
		lost := w.file + ".lost"
		must(w.t, os.Rename(w.file, lost))
		begins := func(former ...string) (*seal.Sealer, error) {
			return seal.Open(w.t.Context(), seal.Config{URL: "file://" + w.file, Former: former, Store: a.store, Shares: w.shares()})
		}
		_, err := begins()
		if !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), w.file) || !strings.Contains(err.Error(), a.sealer.PrimaryKeyID()) {
			w.t.Fatalf("it says %v", err)
		}
		if _, err := os.Stat(w.file); !errors.Is(err, os.ErrNotExist) {
			w.t.Fatal("the key file was made")
		}
		next, err := begins("file://" + lost)
		must(w.t, err)
		if got, err := next.Open(w.t.Context(), sealed, []byte("acme")); err != nil || string(got) != "hush" || next.PrimaryKeyID() == a.sealer.PrimaryKeyID() {
			w.t.Errorf("with the key of before: %q, %v, under %s", got, err, next.PrimaryKeyID())
		}
	})
}
