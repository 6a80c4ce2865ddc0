package app

import (
	"context"
	"errors"
	"testing"

	"github.com/terrace-idp/terrace/iac"
	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// A tenant is there, with a password that is told once, before it has what comes with Terrace.
func TestATenantGetsWhatIsShippedLaterWhereItFails(t *testing.T) {
	t.Parallel()
	a := benchApp(t)
	publish, refused := a.shipped.publish, true
	a.shipped.publish = func(ctx context.Context, scope kernel.Scope, tree iac.Tree) error {
		if refused {
			return errors.New("the disk is full")
		}
		return publish(ctx, scope, tree)
	}
	owner, err := a.access.identity.Authenticate(t.Context(), a.first.Token)
	if err != nil {
		t.Fatal(err)
	}
	ctx := kernel.WithActor(t.Context(), owner)
	_, password, err := a.access.tenants.CreateTenant(ctx, tenant.NewTenant{Name: "late"})
	if err != nil || password == "" {
		t.Fatalf("nobody can sign in to the new tenant: %q, %v", password, err)
	}
	if err := a.shipped.again(t.Context()); err == nil {
		t.Fatal("what still fails is not told")
	}
	refused = false
	if err := a.shipped.again(t.Context()); err != nil {
		t.Fatal(err)
	}
	if given, err := a.delivery.modules.All(t.Context(), kernel.Scope{Tenant: "late"}); err != nil || len(given) == 0 {
		t.Errorf("the tenant has %d definitions: %v", len(given), err)
	}
}
