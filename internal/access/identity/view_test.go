package identity_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/identity/identitysql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// counting counts what is read of subjects and tokens.
type counting struct {
	*identitysql.Store
	reads atomic.Int64
	gone  atomic.Bool
}

// broken is what is said of everything while the database is gone.
func (c *counting) broken() error {
	if c.gone.Load() {
		return kernel.Errorf(kernel.Unavailable, "the database is gone")
	}
	return nil
}

func (c *counting) Standing(ctx context.Context, tenant, id string) (identity.Standing, error) {
	c.reads.Add(1)
	if err := c.broken(); err != nil {
		return identity.Standing{}, err
	}
	return c.Store.Standing(ctx, tenant, id)
}

func (c *counting) TokenByHash(ctx context.Context, hash string) (identity.Token, error) {
	c.reads.Add(1)
	if err := c.broken(); err != nil {
		return identity.Token{}, err
	}
	return c.Store.TokenByHash(ctx, hash)
}

func (c *counting) Revision(ctx context.Context, tenant string) (int64, error) {
	c.reads.Add(1)
	if err := c.broken(); err != nil {
		return 0, err
	}
	return c.Store.Revision(ctx, tenant)
}

// second returns another replica of f, on the same database.
func (f fixture) second(d *db.DB) (*identity.Service, *counting) {
	store := &counting{Store: identitysql.NewStore(d)}
	return identity.New(identity.Config{Store: store, Tx: d, Projects: projects{}, Journal: f.journal, Runs: f.issuer, Clock: f.clock.read}), store
}

// TestARevokeHoldsAtOnceHereAndSoonElsewhere: here for the next request, on another
// replica within half a second.
func TestARevokeHoldsAtOnceHereAndSoonElsewhere(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{identitysql.Migrations()}, func(t *testing.T, d *db.DB) {
		f := newFixture(d)
		root, ada := f.user(t, "root", identity.Admin), f.user(t, "ada", "")
		g := f.grant(t, "demo", "ada", identity.Developer)
		secret, token, err := f.CreateToken(ada, tenant(), identity.NewToken{Name: "ci"})
		want(t, err, "")
		other, _ := f.second(d)
		demo := tenant().InProject("demo")
		for _, s := range []*identity.Service{f.Service, other} {
			want(t, s.Authorize(ada, "workload.deploy", demo), "")
			_, err = s.Authenticate(t.Context(), secret)
			want(t, err, "")
			_, err = s.Authenticate(t.Context(), secret) // from what is known now
			want(t, err, "")
		}
		f.take(t, g)
		want(t, f.RevokeToken(ada, tenant(), "", "", token.ID), "")
		want(t, f.Authorize(ada, "workload.deploy", demo), kernel.Denied)
		_, err = f.Authenticate(t.Context(), secret)
		want(t, err, kernel.Unauthenticated)
		f.clock.add(500 * time.Millisecond)
		want(t, other.Authorize(ada, "workload.deploy", demo), kernel.Denied)
		_, err = other.Authenticate(t.Context(), secret)
		want(t, err, kernel.Unauthenticated)
		_, err = f.SetDisabled(root, tenant(), "ada", true)
		want(t, err, "")
		want(t, f.Authorize(ada, "stage.read", demo), kernel.Unauthenticated)
		f.clock.add(500 * time.Millisecond)
		want(t, other.Authorize(ada, "stage.read", demo), kernel.Unauthenticated)
	})
}

// TestWhatIsKnownIsNotReadAgain: of a thousand requests a few read.
func TestWhatIsKnownIsNotReadAgain(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, identitysql.Migrations())
	f := newFixture(d)
	root := f.user(t, "root", identity.Admin)
	secret, _, err := f.CreateToken(root, tenant(), identity.NewToken{Name: "ci"})
	want(t, err, "")
	other, store := f.second(d)
	for range 1000 {
		_, err := other.Authenticate(t.Context(), secret)
		want(t, err, "")
		want(t, other.Authorize(root, "run.approve", tenant().InProject("shop")), "")
	}
	if n := store.reads.Load(); n > 4 { // the revision, the subject, and the token twice
		t.Errorf("%d reads", n)
	}
}

// TestNobodyIsLetInByADatabaseThatIsGone: what is known does not outlive it by more than
// it does any change, nor does what the clock says.
func TestNobodyIsLetInByADatabaseThatIsGone(t *testing.T) {
	t.Parallel()
	for name, later := range map[string]time.Duration{"half a second": 500 * time.Millisecond, "a day": 24 * time.Hour, "a clock that is set back": -time.Millisecond} {
		d := dbtest.SQLite(t, identitysql.Migrations())
		f := newFixture(d)
		root := f.user(t, "root", identity.Admin)
		secret, _, err := f.CreateToken(root, tenant(), identity.NewToken{Name: "ci", Life: 30 * 24 * time.Hour})
		want(t, err, "")
		other, store := f.second(d)
		for range 2 {
			want(t, other.Authorize(root, "run.approve", tenant()), "")
			_, err = other.Authenticate(t.Context(), secret)
			want(t, err, "")
		}
		store.gone.Store(true)
		f.clock.add(later)
		if err := other.Authorize(root, "run.approve", tenant()); !kernel.Is(err, kernel.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := other.Authenticate(t.Context(), secret); !kernel.Is(err, kernel.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
		store.gone.Store(false)
		want(t, other.Authorize(root, "run.approve", tenant()), "")
	}
}

// TestWhatIsUndoneIsNotKnown: what a transaction has read of its own is not kept where it
// is rolled back.
func TestWhatIsUndoneIsNotKnown(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{identitysql.Migrations()}, func(t *testing.T, d *db.DB) {
		f := newFixture(d)
		f.user(t, "root", identity.Admin)
		ada := f.user(t, "ada", "")
		undo := kernel.Errorf(kernel.Refused, "no")
		err := d.InTx(ada, func(ctx context.Context) error {
			if _, err := f.Grant(system(ctx), tenant(), identity.NewGrant{Subject: person("ada"), Role: identity.Admin}); err != nil {
				return err
			}
			other, _ := f.second(d)
			want(t, other.Authorize(ctx, "user.read", tenant()), "")
			want(t, f.Authorize(ctx, "user.read", tenant()), "")
			return undo
		})
		want(t, err, kernel.Refused)
		want(t, f.Authorize(ada, "user.read", tenant()), kernel.Denied)
	})
}
