package identity_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// suspension says whether the tenants are suspended.
type suspension struct{ on atomic.Bool }

func (s *suspension) Closed(_ context.Context, tenant string) error {
	if !s.on.Load() {
		return nil
	}
	return kernel.Errorf(kernel.Denied, "the tenant %s is suspended", tenant)
}

// TestNobodyWorksInAClosedTenant whichever way they came: a stream that was opened before
// asks with an actor that nobody looks up again, as does a comment in a pull request. Runs
// that began go on.
func TestNobodyWorksInAClosedTenant(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, f fixture) {
		ada, run := f.user(t, "ada", identity.Admin), kernel.WithActor(t.Context(), tokens.Run{Scope: tenant().InProject("shop").InStage("dev"), Run: "run_1"}.Actor())
		tenants := &suspension{}
		f.Tenants = tenants
		turn := func(on bool) {
			tenants.on.Store(on)
			want(t, f.TenantChanged(t.Context(), "default"), "")
		}
		ask := func(kind kernel.Kind) {
			t.Helper()
			shop := tenant().InProject("shop")
			err := f.Authorize(ada, "run.approve", shop.InStage("dev"))
			want(t, err, kind)
			if err != nil && !strings.HasPrefix(err.Error(), "the tenant default is suspended") {
				t.Error(err)
			}
			_, err = f.Allowed(ada, "run.read", tenant())
			want(t, err, kind)
			may, err := f.HasRole(ada, "run.approve", shop, identity.Approver)
			if want(t, err, kind); may != (kind == "") {
				t.Errorf("the role counts: %t", may)
			}
			want(t, f.Authorize(run, "module.read", shop.InStage("dev")), "")
		}
		ask("")
		turn(true)
		ask(kernel.Denied)
		turn(false)
		ask("")
	})
}
