package app

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/iac"
	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// publications counts for which tenants something is published, and lets a test hold it up.
type publications struct {
	mu      sync.Mutex
	tenants []string
	// before may be nil; it is asked before anything is published for a tenant.
	before func(tenant string) error
}

// publishing has what the app publishes counted from now on.
func publishing(a *App, before func(tenant string) error) *publications {
	c, publish := &publications{before: before}, a.shipped.publish
	a.shipped.publish = func(ctx context.Context, scope kernel.Scope, tree iac.Tree) error {
		if c.before != nil {
			if err := c.before(scope.Tenant); err != nil {
				return err
			}
		}
		c.mu.Lock()
		c.tenants = append(c.tenants, scope.Tenant)
		c.mu.Unlock()
		return publish(ctx, scope, tree)
	}
	return c
}

// of returns for whom something was published since the last call, each once.
func (c *publications) of() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.tenants
	c.tenants = nil
	slices.Sort(all)
	return slices.Compact(all)
}

// owner returns a context of who runs the platform.
func (a *App) owner(t *testing.T) context.Context {
	t.Helper()
	owner, err := a.access.identity.Authenticate(t.Context(), a.first.Token)
	if err != nil {
		t.Fatal(err)
	}
	return kernel.WithActor(t.Context(), owner)
}

func (a *App) tenant(t *testing.T, name string) {
	t.Helper()
	if _, _, err := a.access.tenants.CreateTenant(a.owner(t), tenant.NewTenant{Name: name}); err != nil {
		t.Fatal(err)
	}
}

// forgotten is what a tenant is that was there before this build.
func (a *App) forgotten(t *testing.T, name string) {
	t.Helper()
	if err := a.shipped.marks.Mark(t.Context(), name, "sha256:before"); err != nil {
		t.Fatal(err)
	}
	a.shipped.known = map[string]kernel.Digest{}
	_ = a.shipped.changed(t.Context()) // it never fails
}

// A tenant is there, with a password that is told once, before it has what comes with Terrace.
func TestATenantGetsWhatIsShippedLaterWhereItFails(t *testing.T) {
	t.Parallel()
	a := benchApp(t)
	refused := errors.New("the disk is full")
	publishing(a, func(string) error { return refused })
	_, password, err := a.access.tenants.CreateTenant(a.owner(t), tenant.NewTenant{Name: "late"})
	if err != nil || password == "" {
		t.Fatalf("nobody can sign in to the new tenant: %q, %v", password, err)
	}
	for range 2 {
		if err := a.shipped.all(t.Context()); !errors.Is(err, refused) {
			t.Fatalf("what still fails is not told: %v", err)
		}
	}
	if _, err := a.delivery.modules.All(t.Context(), kernel.Scope{Tenant: "late"}); !errors.Is(err, refused) {
		t.Errorf("who works there is told nothing: %v", err)
	}
	refused = nil
	if err := a.shipped.all(t.Context()); err != nil {
		t.Fatal(err)
	}
	if given, err := a.delivery.modules.All(t.Context(), kernel.Scope{Tenant: "late"}); err != nil || len(given) == 0 {
		t.Errorf("the tenant has %d definitions: %v", len(given), err)
	}
}

// TestWhatIsShippedIsGivenOnce: nothing is done where nothing has changed, also by another
// process; a build that has something else gives it, and nobody gets it where nobody works.
func TestWhatIsShippedIsGivenOnce(t *testing.T) {
	t.Parallel()
	a := benchApp(t)
	for _, name := range []string{"blue", "green"} {
		a.tenant(t, name)
	}
	if err := a.shipped.all(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := publishing(a, nil)
	again := func(want ...string) {
		t.Helper()
		a.shipped.known = map[string]kernel.Digest{} // another process knows nothing
		_ = a.shipped.changed(t.Context())           // it never fails
		if err := a.shipped.all(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := c.of(); !slices.Equal(got, want) {
			t.Errorf("given to %v, not %v", got, want)
		}
	}
	again()
	a.forgotten(t, "blue")
	again("blue")
	again()
	a.forgotten(t, "green")
	if _, err := a.access.tenants.Suspend(a.owner(t), "green", "unpaid"); err != nil {
		t.Fatal(err)
	}
	again()
	if _, err := a.access.tenants.Resume(a.owner(t), "green", "paid"); err != nil {
		t.Fatal(err)
	}
	again("green")
}

// TestWorkWaitsForWhatIsShipped: a daemon is ready before all tenants have it; whoever works
// in one that has not gets it first, and in a transaction is told to come again.
func TestWorkWaitsForWhatIsShipped(t *testing.T) {
	t.Parallel()
	a := benchApp(t)
	a.tenant(t, "blue")
	if err := a.shipped.all(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.forgotten(t, "blue")
	let, asked := make(chan struct{}), make(chan struct{}, 10)
	c := publishing(a, func(tenant string) error {
		if tenant == "blue" {
			asked <- struct{}{}
			<-let
		}
		return nil
	})
	c.of()
	err := a.platform.db.InTx(t.Context(), func(ctx context.Context) error {
		_, err := a.delivery.modules.Index(ctx, kernel.Scope{Tenant: "blue", Project: "shop"})
		return err
	})
	if !kernel.Is(err, kernel.Unavailable) || len(c.of()) != 0 {
		t.Errorf("in a transaction: %v", err)
	}
	if err := a.shipped.Ready(t.Context(), "default"); err != nil { // all that a start waits for
		t.Fatal(err)
	}
	done := make(chan error, 2)
	for range cap(done) {
		go func() {
			_, err := a.delivery.modules.Index(t.Context(), kernel.Scope{Tenant: "blue", Project: "shop"})
			done <- err
		}()
	}
	<-asked
	select {
	case err := <-done:
		t.Errorf("it does not wait: %v", err)
	default:
	}
	close(let)
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got := c.of(); !slices.Contains(got, "blue") {
		t.Errorf("given to %v", got)
	}
}
