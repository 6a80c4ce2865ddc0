package identity_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/identity/identitysql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

const password = "correct horse battery"

// journal keeps facts in memory.
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

func (j *journal) count(typ string) (n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, f := range j.facts {
		if f.Type == typ {
			n++
		}
	}
	return n
}

// projects has demo and shop in every tenant.
type projects struct{}

func (projects) Exists(_ context.Context, s kernel.Scope) error {
	if s.Project == "demo" || s.Project == "shop" {
		return nil
	}
	return kernel.Errorf(kernel.NotFound, "the project %s does not exist", s.Project)
}

// anyProject has every project.
type anyProject struct{}

func (anyProject) Exists(context.Context, kernel.Scope) error { return nil }

// stages has dev, test and prod.
type stages struct{}

func (stages) Check(name string) error {
	if name == "dev" || name == "test" || name == "prod" {
		return nil
	}
	return kernel.Errorf(kernel.NotFound, "there is no stage %s", name)
}

// clock is set by tests.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type fixture struct {
	*identity.Service
	store   *identitysql.Store
	journal *journal
	clock   *clock
	issuer  *tokens.Issuer
}

func newFixture(d *db.DB) fixture {
	f := fixture{store: identitysql.NewStore(d), journal: &journal{}, clock: &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}}
	f.issuer = tokens.NewIssuer(make([]byte, 32), f.clock.read)
	f.Service = identity.New(identity.Config{
		Store: f.store, Tx: d, Projects: projects{}, Stages: stages{}, Journal: f.journal, Runs: f.issuer, Clock: f.clock.read,
	})
	return f
}

func each(t *testing.T, test func(t *testing.T, f fixture)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{identitysql.Migrations()}, func(t *testing.T, d *db.DB) { test(t, newFixture(d)) })
}

func sqlite(t *testing.T) fixture {
	t.Helper()
	return newFixture(dbtest.SQLite(t, identitysql.Migrations()))
}

func tenant() kernel.Scope { return kernel.Scope{Tenant: "default"} }

func system(ctx context.Context) context.Context {
	return kernel.WithActor(ctx, kernel.System("test", "default"))
}

// user adds a user and returns a context that acts for them.
func (f fixture) user(t *testing.T, name string, role identity.Role) context.Context {
	t.Helper()
	u, err := f.CreateUser(system(t.Context()), tenant(), identity.NewUser{Name: name, Password: password, Role: role})
	if err != nil {
		t.Fatal(err)
	}
	return kernel.WithActor(t.Context(), kernel.Actor{ID: u.ID, Name: name, Kind: kernel.ActorUser, Tenant: "default"})
}

// grant gives a user a role in a project, or in the tenant where that is "".
func (f fixture) grant(t *testing.T, project, user string, role identity.Role) identity.Grant {
	t.Helper()
	return f.give(t, tenant().InProject(project), identity.NewGrant{Subject: person(user), Role: role})
}

// give makes a grant as the system.
func (f fixture) give(t *testing.T, where kernel.Scope, n identity.NewGrant) identity.Grant {
	t.Helper()
	g, err := f.Grant(system(t.Context()), where, n)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// take ends a grant as the system.
func (f fixture) take(t *testing.T, g identity.Grant) {
	t.Helper()
	if _, err := f.Revoke(system(t.Context()), tenant(), g.ID, ""); err != nil {
		t.Fatal(err)
	}
}

func person(name string) identity.Subject {
	return identity.Subject{Kind: identity.KindUser, Name: name}
}

func want(t *testing.T, err error, kind kernel.Kind) {
	t.Helper()
	if kernel.KindOf(err) != kind {
		t.Errorf("error %v, want kind %q", err, kind)
	}
}
