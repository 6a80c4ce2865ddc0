package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/terrace-idp/terrace/test/harness"
)

// TestAKillForgetsOnlyWhatWasNotWritten kills a daemon while calls are counted: what it
// had written stays counted, what it had not is given to the consumer once more, and the
// quota holds from there.
func TestAKillForgetsOnlyWhatWasNotWritten(t *testing.T) {
	t.Parallel()
	const quota, written, fresh = 60, 20, 15
	ctx := t.Context()
	d := harness.Start(t, "--gateway-networks", "127.0.0.0/8")
	shop := d.Project(ctx, t, "shop")
	var served atomic.Int64
	service := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served.Add(1) }))
	t.Cleanup(service.Close)
	host := "orders.dev." + shop.Project + ".localhost"
	documents(
		ctx, t, shop, "dev", document("Route", "orders", fmt.Sprintf("{hosts: [%s], rules: [{backends: [{url: %q}]}]}", host, service.URL)),
		document("AuthenticationPolicy", "keys", "{targetRef: {route: orders}, providers: [{name: keys, apiKey: {header: X-Api-Key, products: true}}]}"),
		document("Product", "orders", fmt.Sprintf("{state: published, routes: [orders], plans: [{name: basic, quotas: [{calls: %d, per: month}]}]}", quota)),
	)
	var made struct{ Keys struct{ Primary string } }
	raw := shop.Must(ctx, "gateway", "subscription", "create", "orders", "--stage", "dev", "--for-project", shop.Project, "--name", "billing", "-o", "json").Stdout
	if err := json.Unmarshal([]byte(raw), &made); err != nil || made.Keys.Primary == "" {
		t.Fatalf("%v: %s", err, raw)
	}
	used := func() int64 {
		var u struct{ Quotas []struct{ Used int64 } }
		raw := shop.Must(ctx, "gateway", "subscription", "usage", "billing", "--stage", "dev", "-o", "json").Stdout
		if err := json.Unmarshal([]byte(raw), &u); err != nil || len(u.Quotas) != 1 {
			t.Fatalf("%v: %s", err, raw)
		}
		return u.Quotas[0].Used
	}
	ask := asking(t, d)
	calls := func(n int) {
		t.Helper()
		for range n {
			if code := ask(host, "X-Api-Key", made.Keys.Primary); code != http.StatusOK {
				t.Fatalf("a call within the quota: %d", code)
			}
		}
	}
	harness.Eventually(t, "the route takes the key", func() (string, bool) {
		code := ask(host, "X-Api-Key", made.Keys.Primary)
		return fmt.Sprint(code), code == http.StatusOK
	})
	calls(written - 1)
	harness.Eventually(t, "the calls are written", func() (string, bool) { n := used(); return fmt.Sprint(n), n == written })
	calls(fresh)
	d.Kill()
	before := served.Load()
	d.Boot()
	kept := used()
	t.Logf("of %d calls %d were written before the kill; %d are counted after it, %d are forgotten", before, written, kept, before-kept)
	if kept < written || kept > before {
		t.Errorf("%d calls are counted after the kill, of %d, %d of them written", kept, before, written)
	}
	ask = asking(t, d)
	calls(int(quota - kept))
	if code := ask(host, "X-Api-Key", made.Keys.Primary); code != http.StatusTooManyRequests {
		t.Errorf("beyond the quota: %d", code)
	}
	if most := int64(quota + fresh); served.Load() > most {
		t.Errorf("the service was asked %d times, and a kill may give away %d beyond %d", served.Load(), fresh, quota)
	}
}
