package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/provider/providertest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn/authntest"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// closable is a tenant that nobody works in while it is closed.
type closable struct{ closed atomic.Bool }

// Closed implements identity.Tenants.
func (c *closable) Closed(_ context.Context, tenant string) error {
	if c.closed.Load() && tenant == authntest.Dev().Tenant {
		return kernel.Errorf(kernel.Denied, "the tenant %s is suspended", tenant)
	}
	return nil
}

// close closes the tenant, or opens it again.
func (c *closable) close(t *testing.T, w *relying, closed bool) {
	t.Helper()
	c.closed.Store(closed)
	if err := w.db.InTx(t.Context(), func(ctx context.Context) error { return w.users.TenantChanged(ctx, authntest.Dev().Tenant) }); err != nil {
		t.Fatal(err)
	}
}

// TestProgramsThatAreKeptOutCallNoAPI: a token that was given before counts no longer.
func TestProgramsThatAreKeptOutCallNoAPI(t *testing.T) {
	t.Parallel()
	const orders = "https://orders.example"
	w, tenant := newRelying(t), &closable{}
	w.provider.Programs, w.users.Tenants = w.users, tenant
	g := gatewayOf(t, w)
	g.Put(t, authntest.Dev(), authn.KindName, fmt.Sprintf(`{"providers": [{"name": "terrace", "jwt": {"issuers": [{"issuer": %q, "jwksUrl": %q}], "audiences": [%q]}}]}`,
		w.address, w.address+"/oauth2/jwks", orders))
	id, secret := w.account(authntest.Dev().Tenant)
	token, refused := w.askToken(id, secret, orders)
	if refused != "" {
		t.Fatal(refused)
	}
	calls := func(when string, want int) {
		t.Helper()
		a := g.Do(t, http.MethodGet, authntest.Host, "/", "Authorization", "Bearer "+token)
		if a.StatusCode != want || want == http.StatusUnauthorized && !strings.Contains(a.Header.Get("WWW-Authenticate"), "kept out") {
			t.Errorf("%s: %d %s %s", when, a.StatusCode, a.Body, a.Header.Get("WWW-Authenticate"))
		}
	}
	ctx, scope := w.system(authntest.Dev().Tenant)
	disable := func(disable bool) {
		t.Helper()
		if _, err := w.users.DisableServiceAccount(ctx, scope, "batch", disable); err != nil {
			t.Fatal(err)
		}
	}
	calls("before", http.StatusOK)
	disable(true)
	calls("the account is disabled", http.StatusUnauthorized)
	disable(false)
	calls("it is enabled again", http.StatusOK)
	tenant.close(t, w, true)
	calls("its tenant is closed", http.StatusUnauthorized)
	tenant.close(t, w, false)
	calls("its tenant is open again", http.StatusOK)
	if err := w.users.DeleteServiceAccount(ctx, scope, "batch"); err != nil {
		t.Fatal(err)
	}
	a := g.Do(t, http.MethodGet, authntest.Host, "/", "Authorization", "Bearer "+token)
	if a.StatusCode != http.StatusUnauthorized {
		t.Errorf("the account is deleted: %d", a.StatusCode)
	}
}

// TestBrowsersOfWhoIsKeptOutAreSignedOut where they came in with Terrace itself.
func TestBrowsersOfWhoIsKeptOutAreSignedOut(t *testing.T) {
	t.Parallel()
	w, tenant := newRelying(t), &closable{}
	w.users.Tenants = tenant
	ada := w.user("acme", "ada", identity.Developer)
	g := gatewayOf(t, w)
	ctx, scope := w.system("acme")
	client, _, err := w.provider.CreateClient(ctx, scope, provider.NewClient{Name: "shop", Public: true, Redirects: []string{g.URL(authntest.Host, "/.terrace/callback")}})
	if err != nil {
		t.Fatal(err)
	}
	g.Put(t, authntest.Dev(), authn.KindName, fmt.Sprintf(`{"providers": [{"name": "terrace", "oidc": {"issuer": %q, "clientId": %q}}]}`, w.address, client.ID))
	b, there := g.NewBrowser(t), providertest.NewBrowser(t, w.address)
	signIn := func() {
		t.Helper()
		there.Open(b.Go(http.MethodGet, authntest.Host, "/").Header.Get("Location"))
		if there.Left == nil && strings.Contains(there.Page, "password") {
			there.Send("", "username", "ada", "password", relyingPassword)
		}
		if there.Left == nil && strings.Contains(there.Page, "decision") {
			there.Send("", "decision", "allow")
		}
		if there.Left == nil {
			t.Fatal(there.Page)
		}
		b.Go(http.MethodGet, authntest.Host, there.Left.RequestURI())
	}
	opens := func(when string, want int) {
		t.Helper()
		if a := b.Go(http.MethodGet, authntest.Host, "/"); a.StatusCode != want {
			t.Errorf("%s: %d %s", when, a.StatusCode, a.Body)
		}
	}
	disable := func(disable bool) {
		t.Helper()
		if _, err := w.users.SetDisabled(ctx, scope, "ada", disable); err != nil {
			t.Fatal(err)
		}
	}
	signIn()
	opens("signed in", http.StatusOK)
	disable(true)
	opens("disabled", http.StatusSeeOther)
	disable(false)
	opens("enabled again", http.StatusOK)
	tenant.close(t, w, true)
	opens("in a tenant that is closed", http.StatusSeeOther)
	tenant.close(t, w, false)
	opens("in a tenant that is open again", http.StatusOK)
	w.later(11 * provider.MaxTokenLife / 10)
	opens("after the life of what was given", http.StatusOK)
	if err := w.provider.EndAllOf(ctx, "acme", ada.ID, "a test"); err != nil {
		t.Fatal(err)
	}
	opens("signed out everywhere", http.StatusSeeOther)
	w.later(2 * provider.MaxTokenLife)
	opens("long after that", http.StatusSeeOther)
}

// elsewhereKnown is Terrace's provider in a process that believes it to be at another address.
type elsewhereKnown struct{ ownIssuer }

// Issuer implements authn.Own.
func (elsewhereKnown) Issuer() string { return "http://127.0.0.1:1" }

// TestAGatewayThatKnowsTerraceByAnotherNameTakesNoTokenOfIt: it would believe them of any
// tenant, as a stranger's.
func TestAGatewayThatKnowsTerraceByAnotherNameTakesNoTokenOfIt(t *testing.T) {
	t.Parallel()
	const orders = "https://orders.example"
	w := newRelying(t)
	w.provider.Programs = w.users
	right := gatewayOf(t, w)
	policy := fmt.Sprintf(`{"providers": [{"name": "terrace", "jwt": {"issuers": [{"issuer": %q}], "audiences": [%q]}}]}`, w.address, orders)
	loopback := egress.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	kind := authn.New(authn.Config{Own: elsewhereKnown{ownIssuer{w.provider}}, Guard: loopback, Clock: w.now, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(kind.Close)
	wrong := authntest.Start(t, kind.AsksCertificate, kind)
	for _, g := range []*authntest.Gateway{right, wrong} {
		g.Put(t, authntest.Dev(), authn.KindName, policy)
		g.Put(t, authntest.Bank(), authn.KindName, policy)
	}
	for tenant, at := range map[string][]int{authntest.Dev().Tenant: {http.StatusOK, http.StatusUnauthorized}, authntest.Bank().Tenant: {http.StatusUnauthorized, http.StatusUnauthorized}} {
		id, secret := w.account(tenant)
		token, refused := w.askToken(id, secret, orders)
		if refused != "" {
			t.Fatal(refused)
		}
		for i, g := range []*authntest.Gateway{right, wrong} {
			if a := g.Do(t, http.MethodGet, authntest.Host, "/", "Authorization", "Bearer "+token); a.StatusCode != at[i] {
				t.Errorf("a token of %s at gateway %d: %d %s", tenant, i, a.StatusCode, a.Body)
			}
		}
	}
}
