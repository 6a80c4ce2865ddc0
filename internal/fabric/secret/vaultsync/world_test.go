package vaultsync_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/fabric/secret/secretsql"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync/vaultsyncsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

const directory, identity = "11111111-1111-1111-1111-111111111111", "33333333-3333-3333-3333-333333333333"

// world has secrets in a real database, and vaults in memory.
type world struct {
	*vaultsync.Service

	secrets *secret.Service
	store   *store
	vaults  *vaults
	journal *journal

	mu sync.Mutex
	at time.Time
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

// pass has time go by.
func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// store is the real one, which may be killed before it keeps how a secret stands.
type store struct {
	vaultsync.Store

	mu     sync.Mutex
	killed bool
}

func (s *store) kill(killed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.killed = killed
}

// SaveItem implements vaultsync.Items.
func (s *store) SaveItem(ctx context.Context, i vaultsync.Item) error {
	s.mu.Lock()
	killed := s.killed
	s.mu.Unlock()
	if killed {
		return errors.New("the process is gone")
	}
	return s.Store.SaveItem(ctx, i)
}

// journal has the facts of transactions that were committed.
type journal struct {
	mu    sync.Mutex
	facts []kernel.Fact
}

// Record implements vaultsync.Journal.
func (j *journal) Record(ctx context.Context, f kernel.Fact) error {
	keep := func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.facts = append(j.facts, f)
	}
	if !db.InTransaction(ctx) {
		keep()
		return nil
	}
	db.AfterCommit(ctx, keep)
	return nil
}

// told are the ends of the types of what was told of a project's sync since the last time.
func (j *journal) told(scope kernel.Scope) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []string
	j.facts = slices.DeleteFunc(j.facts, func(f kernel.Fact) bool {
		what, sync := strings.CutPrefix(f.Type, "secret.sync.")
		if !sync || f.Scope != scope {
			return false
		}
		all = append(all, what)
		return true
	})
	return strings.Join(all, " ")
}

type everybody struct{}

func (everybody) Authorize(ctx context.Context, action string, scope kernel.Scope) error {
	actor, _ := kernel.ActorFrom(ctx)
	if actor.Tenant != scope.Tenant || actor.ID == "user_without_"+action {
		return kernel.Errorf(kernel.Denied, "you may not %s", action)
	}
	return nil
}

func (everybody) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return kernel.Reach{All: true}, nil
}

type stages struct{}

func (stages) Check(stage string) error {
	if stage == "nowhere" {
		return kernel.Errorf(kernel.NotFound, "there is no stage %s", stage)
	}
	return nil
}

type tenants struct{}

func (tenants) Resting(context.Context) (map[string]bool, error) {
	return map[string]bool{"closed": true}, nil
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	sealer, err := seal.Open(context.Background(), seal.Config{URL: "file://" + filepath.Join(t.TempDir(), "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sealer.Close() })
	w := &world{at: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), journal: &journal{}, store: &store{Store: vaultsyncsql.NewStore(d)}}
	w.vaults = &vaults{now: w.now, all: map[string]*vault{}}
	w.secrets = &secret.Service{Store: secretsql.NewStore(d), Sealer: sealer, Authorizer: everybody{}, Stages: stages{}, Tx: d, Clock: w.now}
	w.Service = vaultsync.New(vaultsync.Config{
		Store: w.store, Vaults: w.vaults, Secrets: w.secrets, Authorizer: everybody{}, Stages: stages{}, Tenants: tenants{}, Journal: w.journal, Tx: d,
		Defaults: func(context.Context, kernel.Scope) (string, string, error) { return "", directory, nil },
		Log:      slog.New(slog.DiscardHandler), Clock: w.now, Node: "test",
	})
	w.secrets.Journal = vaultsync.Noting{Journal: w.journal, Syncs: w.Service}
	return w
}

// each runs a test on both databases.
func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{vaultsyncsql.Migrations(), secretsql.Migrations()}, func(t *testing.T, d *db.DB) { test(t, newWorld(t, d)) })
}

// bench is one stage of a world, and its vault.
type bench struct {
	*world

	t       *testing.T
	scope   kernel.Scope
	vault   *vault
	address string
}

// behaviour is one of a table.
type behaviour struct {
	name string
	is   func(b *bench)
}

// hold runs a table, each in a project of its own.
func hold(t *testing.T, settings vaultsync.Settings, table []behaviour) {
	t.Helper()
	each(t, func(t *testing.T, w *world) {
		for _, c := range table {
			t.Run(c.name, func(t *testing.T) {
				b := w.bench(t, strings.ReplaceAll(c.name, " ", "-"), settings)
				c.is(b)
				if _, _, err := b.Get(b.ctx(), b.scope); err == nil {
					b.must(b.Remove(b.ctx(), b.scope))
				}
			})
		}
	})
}

// bench begins a sync of a project's stage.
func (w *world) bench(t *testing.T, project string, settings vaultsync.Settings) *bench {
	t.Helper()
	b := &bench{world: w, t: t, scope: kernel.Scope{Tenant: "acme", Project: project, Stage: "dev"}}
	b.vault, b.address = w.vaults.add(project)
	b.set(settings)
	b.sweep()
	b.vault.count("")
	b.journal.told(b.scope)
	return b
}

func (b *bench) ctx() context.Context {
	return kernel.WithActor(b.t.Context(), kernel.Actor{ID: "user_1", Name: "ada", Kind: kernel.ActorUser, Tenant: b.scope.Tenant})
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) set(settings vaultsync.Settings) {
	b.t.Helper()
	if settings.Vault == "" {
		settings.Vault = b.address
	}
	settings.Client = identity
	_, err := b.Set(b.ctx(), b.scope, settings)
	b.must(err)
}

func (b *bench) put(name, value string) {
	b.t.Helper()
	_, err := b.secrets.Put(b.ctx(), b.scope, name, value)
	b.must(err)
}

func (b *bench) write(name, value string, tags map[string]string) {
	b.t.Helper()
	_, err := b.vault.Set(b.t.Context(), vaultsync.Entry{Name: name, Value: value, Tags: tags, Enabled: true})
	b.must(err)
}

// sweep does what is due.
func (b *bench) sweep() {
	b.t.Helper()
	b.must(b.Sweep(b.t.Context()))
}

// round lets a minute go by, and compares both sides.
func (b *bench) round() {
	b.t.Helper()
	b.pass(time.Minute)
	b.compare()
}

// compare compares both sides in the same moment.
func (b *bench) compare() {
	b.t.Helper()
	_, err := b.Now(b.ctx(), b.scope)
	b.must(err)
	b.sweep()
}

func (b *bench) adopt(name string) {
	b.t.Helper()
	b.must(b.Adopt(b.ctx(), b.scope, name, "it is ours"))
	b.sweep()
}

// sync is how the sync stands.
func (b *bench) sync() vaultsync.Sync {
	b.t.Helper()
	y, _, err := b.Get(b.ctx(), b.scope)
	b.must(err)
	return y
}

// item is how a secret stands, the zero value for one that is not known.
func (b *bench) item(name string) vaultsync.Item {
	b.t.Helper()
	i, err := b.store.Item(b.t.Context(), b.scope, name)
	if !kernel.Is(err, kernel.NotFound) {
		b.must(err)
	}
	return i
}

// stands checks how a secret stands, and what is in its reason.
func (b *bench) stands(name string, state vaultsync.State, reason string) {
	b.t.Helper()
	if i := b.item(name); i.State != state || !strings.Contains(i.Reason, reason) || (reason == "") != (i.Reason == "") {
		b.t.Errorf("%s is %q (%s; %s), want %s (%s)", name, i.State, i.Reason, i.Fix, state, reason)
	}
}

// has checks what the vault has, "" for nothing, and in how many versions.
func (b *bench) has(name, value string, versions int) {
	b.t.Helper()
	if got, n := b.vault.value(name), b.vault.versions(name); got != value || n != versions {
		b.t.Errorf("the vault has %q in %d versions as %s, want %q in %d", got, n, name, value, versions)
	}
}

// says checks what was told since the last time.
func (b *bench) says(want string) {
	b.t.Helper()
	if got := b.journal.told(b.scope); got != want {
		b.t.Errorf("told is %q, want %q", got, want)
	}
}

// read is what Terrace has.
func (b *bench) read(name string) (string, secret.Info) {
	b.t.Helper()
	info, data, err := b.secrets.Read(b.ctx(), b.scope, name, 0)
	if err != nil {
		return "", info
	}
	text, _ := data.Text(secret.Value)
	return text, info
}
