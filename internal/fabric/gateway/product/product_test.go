package product_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn/authntest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/product"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

const basic = "state: published, routes: [orders], plans: [{name: basic}]"

func TestAKeyOpensTheRoutesOfItsProduct(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		w := start(t, d, nil)
		w.apply(t, "orders", basic)
		w.apply(t, "other", strings.Replace(basic, "[orders]", "[elsewhere]", 1))
		sub, keys := w.subscribe(t, product.Wish{Product: "orders", Consumer: product.Consumer{Kind: product.ConsumerProject, Name: "billing"}})
		if sub.State != product.Active || sub.Plan != "basic" || sub.Name != "billing" || !strings.HasPrefix(keys.Primary, "tgk_") || keys.Primary == keys.Secondary {
			t.Fatalf("%+v", sub)
		}
		for _, key := range []string{keys.Primary, keys.Secondary} {
			if a := w.want(t, "a key", key, http.StatusOK, ""); a.Seen.Header.Get("X-Consumer") != "project/billing" || a.Seen.Header.Get("X-Plan") != "basic" {
				t.Errorf("headers %v", a.Seen.Header)
			}
		}
		w.want(t, "a made-up key", "tgk_nothing", http.StatusUnauthorized, "none that this route takes")
		w.want(t, "no key", "", http.StatusUnauthorized, "")
		_, elsewhere := w.subscribe(t, product.Wish{Name: "elsewhere", Product: "other"})
		w.want(t, "a key for another route", elsewhere.Primary, http.StatusForbidden, "does not have this route")
		if a := w.Do(t, http.MethodGet, authntest.Other, "/", "X-Api-Key", keys.Primary); a.StatusCode != http.StatusUnauthorized {
			t.Errorf("at another tenant's route: %d", a.StatusCode)
		}
		var rows []string
		must(t, d.Reader(t.Context()).NewRaw("SELECT primary_hash || secondary_hash || body FROM gateway_subscriptions").Scan(t.Context(), &rows))
		if all := strings.Join(rows, ""); strings.Contains(all, keys.Primary[4:]) || strings.Contains(all, keys.Secondary[4:]) {
			t.Error("a key is in the database")
		}
		w.apply(t, "orders", strings.Replace(basic, "published", "draft", 1))
		w.want(t, "the key of a draft", keys.Primary, http.StatusForbidden, "not published")
		w.apply(t, "orders", "state: published, routes: [another], plans: [{name: basic}]")
		w.want(t, "the key of a product without the route", keys.Primary, http.StatusForbidden, "does not have this route")
	})
}

func TestAProductOfAProjectIsOfferedOnItsStages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		w := start(t, d, nil)
		spec := []byte(`{"state": "published", "routes": ["orders"], "plans": [{"name": "wide"}]}`)
		whole := kernel.Scope{Tenant: "acme", Project: "shop"}
		_, err := w.desk.Apply(as("ada"), whole, files("orders", string(spec)), gateway.ApplyOptions{})
		must(t, err)
		_, keys := w.subscribe(t, product.Wish{Product: "orders"})
		w.want(t, "of the project", keys.Primary, http.StatusOK, "")
		_, err = w.desk.Remove(as("ada"), whole, gateway.ClassProduct, "orders", gateway.ApplyOptions{})
		wants(t, "removed", err, kernel.Conflict, "1 subscription")
		w.apply(t, "orders", basic) // the stage's own is closer, and has no such plan
		w.want(t, "of the stage", keys.Primary, http.StatusForbidden, "plan wide of this key is not offered")
	})
}

func TestKeysAreRegeneratedAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		w := start(t, d, nil)
		w.apply(t, "orders", basic)
		_, keys := w.subscribe(t, product.Wish{Product: "orders", Name: "one"})
		w.clock.advance(time.Hour)
		sub, fresh, err := w.products.Regenerate(as("ada"), authntest.Dev(), "one", product.PrimaryKey, "it leaked")
		must(t, err)
		if fresh.Secondary != "" || fresh.Primary == keys.Primary || !sub.PrimaryAt.After(sub.SecondaryAt) {
			t.Errorf("%+v", sub)
		}
		w.want(t, "the former", keys.Primary, http.StatusUnauthorized, "")
		w.want(t, "the new one", fresh.Primary, http.StatusOK, "")
		w.want(t, "the other", keys.Secondary, http.StatusOK, "")
		_, second, err := w.products.Regenerate(as("ada"), authntest.Dev(), "one", product.SecondaryKey, "")
		must(t, err)
		w.want(t, "the former second", keys.Secondary, http.StatusUnauthorized, "")
		w.want(t, "the new second", second.Secondary, http.StatusOK, "")
		_, _, err = w.products.Regenerate(as("ada"), authntest.Dev(), "one", "tertiary", "")
		wants(t, "a third key", err, kernel.Invalid, "tertiary")
		if got := w.facts.types("gateway-subscription."); got != "created key_regenerated key_regenerated" {
			t.Errorf("told %s", got)
		}
		for _, f := range w.facts.all {
			if text := string(mustJSON(t, f)); strings.Contains(text, "tgk_") {
				t.Errorf("a key is told: %s", text)
			}
		}
	})
}

func TestTheLifeOfASubscription(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		w := start(t, d, nil)
		w.apply(t, "orders", "state: published, routes: [orders], plans: [{name: gold, approval: true}]")
		dev, ada, bob := authntest.Dev(), as("ada"), as("bob")
		end := w.clock.now().Add(48 * time.Hour)
		sub, keys := w.subscribe(t, product.Wish{Product: "orders", Name: "one", EndsAt: &end})
		step := func(want product.State, which product.Step) {
			t.Helper()
			got, err := w.products.Take(bob, dev, "one", which, "so it is")
			if must(t, err); got.State != want || got.Changed.By != "bob" || got.Changed.Reason != "so it is" {
				t.Errorf("%s: %+v", which, got)
			}
		}
		w.want(t, "submitted", keys.Primary, http.StatusForbidden, "waits for an approval")
		_, err := w.products.Take(ada, dev, "one", product.Approve, "")
		wants(t, "approved by who asked", err, kernel.Refused, "somebody else")
		_, err = w.products.Take(bob, dev, "one", product.Suspend, "")
		wants(t, "suspended before it began", err, kernel.Refused, "submitted")
		step(product.Active, product.Approve)
		if got, err := w.products.Subscription(ada, dev, sub.ID); err != nil || got.Decided == nil || got.Decided.By != "bob" {
			t.Errorf("who decided: %+v, %v", got, err)
		}
		w.want(t, "active", keys.Primary, http.StatusOK, "")
		step(product.Suspended, product.Suspend)
		w.want(t, "suspended", keys.Primary, http.StatusForbidden, "is suspended")
		step(product.Active, product.Resume)
		w.want(t, "resumed", keys.Primary, http.StatusOK, "")
		w.clock.advance(48*time.Hour - time.Second)
		w.want(t, "before its end", keys.Primary, http.StatusOK, "")
		w.clock.advance(time.Second)
		w.want(t, "at its end", keys.Primary, http.StatusForbidden, "has expired")
		must(t, w.products.Expire(t.Context()))
		must(t, w.products.Expire(t.Context()))
		w.want(t, "expired", keys.Secondary, http.StatusForbidden, "is expired")
		_, err = w.products.Take(bob, dev, "one", product.Resume, "")
		wants(t, "resumed after its end", err, kernel.Refused, "expired")
		_, _, err = w.products.Regenerate(ada, dev, "one", product.PrimaryKey, "")
		wants(t, "a key after its end", err, kernel.Refused, "expired")

		_, second := w.subscribe(t, product.Wish{Product: "orders", Name: "one"}) // the name is free again
		step(product.Rejected, product.Reject)
		w.want(t, "rejected", second.Primary, http.StatusForbidden, "is rejected")
		w.subscribe(t, product.Wish{Product: "orders", Name: "one"})
		_, _, err = w.products.Subscribe(ada, dev, product.Wish{Product: "orders", Name: "one"})
		wants(t, "a second of the name", err, kernel.Conflict, "one")
		step(product.Cancelled, product.Cancel)
		if got := w.facts.types("gateway-subscription."); got != "created approved suspended resumed expired created rejected created cancelled" {
			t.Errorf("told %s", got)
		}
		w.clock.advance(31 * 24 * time.Hour)
		must(t, w.products.Load(t.Context()))
		w.want(t, "long over", second.Primary, http.StatusUnauthorized, "")
	})
}

func TestWhatCannotBeSubscribedTo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		w := start(t, d, nil)
		w.apply(t, "orders", "state: published, routes: [orders], plans: [{name: one, maxSubscriptions: 1}, {name: two}]")
		w.apply(t, "draft", "routes: [orders], plans: [{name: basic}]")
		past := w.clock.now()
		for what, tt := range map[string]struct {
			wish product.Wish
			kind kernel.Kind
			says string
		}{
			"a draft":          {product.Wish{Product: "draft"}, kernel.Refused, "draft"},
			"no such product":  {product.Wish{Product: "none"}, kernel.NotFound, "none"},
			"no plan":          {product.Wish{Product: "orders"}, kernel.Invalid, "one, two"},
			"no such plan":     {product.Wish{Product: "orders", Plan: "three"}, kernel.Invalid, "three"},
			"a bad name":       {product.Wish{Product: "orders", Plan: "two", Name: "Not so"}, kernel.Invalid, "Not so"},
			"an end that is":   {product.Wish{Product: "orders", Plan: "two", EndsAt: &past}, kernel.Invalid, "over"},
			"nobody":           {product.Wish{Product: "orders", Plan: "two", Consumer: product.Consumer{Kind: product.ConsumerProject, Name: "nobody"}}, kernel.NotFound, "nobody"},
			"a nameless robot": {product.Wish{Product: "orders", Plan: "two", Consumer: product.Consumer{Kind: product.ConsumerService}}, kernel.Invalid, "name"},
		} {
			_, _, err := w.products.Subscribe(as("ada"), authntest.Dev(), tt.wish)
			wants(t, what, err, tt.kind, tt.says)
		}
		w.subscribe(t, product.Wish{Product: "orders", Plan: "one", Name: "a"})
		_, _, err := w.products.Subscribe(as("ada"), authntest.Dev(), product.Wish{Product: "orders", Plan: "one", Name: "b"})
		wants(t, "one too many", err, kernel.Refused, "1 of the 1")
		w.subscribe(t, product.Wish{Product: "orders", Plan: "one", Name: "b", Consumer: product.Consumer{Kind: product.ConsumerProject, Name: "billing"}})
		_, err = w.products.Take(as("ada"), authntest.Dev(), "a", product.Cancel, "")
		must(t, err)
		w.subscribe(t, product.Wish{Product: "orders", Plan: "one", Name: "c"})
		w.products.Planes = elsewhere{}
		_, _, err = w.products.Subscribe(as("ada"), authntest.Dev(), product.Wish{Product: "orders", Plan: "two", Name: "d"})
		wants(t, "a stage whose keys something else makes", err, kernel.Refused, "opens nothing on dev: Elsewhere has the products")
	})
}

// elsewhere takes the keys of every stage.
type elsewhere struct{}

func (elsewhere) Plane(kernel.Scope) string { return "Elsewhere" }

func TestAProductIsADocumentWithHistory(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		w := start(t, d, nil)
		dev, ada := authntest.Dev(), as("ada")
		w.apply(t, "orders", basic)
		if changes, err := w.tryApply("orders", basic); err != nil || changes[0].Outcome != gateway.Unchanged || changes[0].Class != gateway.ClassProduct {
			t.Errorf("again: %v, %v", changes, err)
		}
		_, keys := w.subscribe(t, product.Wish{Product: "orders"})
		w.apply(t, "orders", "state: draft, routes: [orders], plans: [{name: basic}, {name: gold}]")
		_, err := w.tryApply("orders", "state: draft, routes: [orders], plans: [{name: gold}]")
		wants(t, "without a plan that is used", err, kernel.Conflict, "p.yaml:4:")
		_, err = w.desk.Remove(ada, dev, gateway.ClassProduct, "orders", gateway.ApplyOptions{})
		wants(t, "deleted under a subscription", err, kernel.Conflict, "1 subscription")
		change, err := w.desk.Rollback(ada, dev, gateway.ClassProduct, "orders", 1, gateway.ApplyOptions{})
		if must(t, err); change.Outcome != gateway.Changed {
			t.Errorf("rolled back: %+v", change)
		}
		w.want(t, "rolled back to what was published", keys.Primary, http.StatusOK, "")
		page, err := w.desk.History(ada, dev, gateway.ClassProduct, "orders", kernel.PageRequest{})
		if must(t, err); len(page.Items) != 3 || page.Items[0].Author != "ada" {
			t.Errorf("history: %+v", page.Items)
		}
		_, err = w.products.Take(ada, dev, "shop", product.Cancel, "")
		must(t, err)
		_, err = w.desk.Remove(ada, dev, gateway.ClassProduct, "orders", gateway.ApplyOptions{})
		must(t, err)
		if got := w.facts.types("gateway-product."); got != "changed changed changed deleted" {
			t.Errorf("told %s", got)
		}
		w.want(t, "of a product that is gone", keys.Primary, http.StatusForbidden, "not offered any more")
	})
}

func TestEverythingWrongWithAProductIsTold(t *testing.T) {
	t.Parallel()
	w := start(t, sqlite(t), nil)
	_, err := w.tryApply("orders", `state: open, visibility: world, targetRef: {route: x}, routes: [a, a], apis: [{api: x}], plan: 1,
  plans: [{name: Gold, maxSubscriptions: -1, rateLimits: [{calls: 0, per: 2h}, {calls: 1, per: 2h}], quotas: [{per: day}, {calls: 1, bytes: 2, per: year}, {calls: -1, per: week}, {calls: 1, per: week}]}, {name: Gold}]`)
	wants(t, "all of it", err, kernel.Invalid, "")
	for _, says := range []string{
		"spec.state", "spec.visibility", `no field "targetRef"`, "spec.routes[1]", "spec.apis[0]", `no field "plan"`, "plans[0].name", "plans[0].maxSubscriptions", "rateLimits[0].calls",
		"rateLimits[0].per", "rateLimits[1].per", "quotas[0]", "quotas[1].per", "quotas[1]", "quotas[2].calls", "quotas[3]", "plans[1].name",
	} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%s is not told", says)
		}
	}
	if !strings.Contains(err.Error(), "p.yaml:5:") {
		t.Errorf("no place: %v", err)
	}
	for _, spec := range []string{"plans: [{name: a}]", "routes: [orders]", "routes: [orders], plans: []"} {
		_, err := w.tryApply("orders", spec)
		wants(t, spec, err, kernel.Invalid, "")
	}
	_, err = w.desk.Apply(as("ada"), kernel.Scope{Tenant: "acme"}, files("orders", "{routes: [orders], plans: [{name: a}]}"), gateway.ApplyOptions{})
	wants(t, "of the tenant", err, kernel.Invalid, "of no project")
}

func TestWhoSeesAndChangesWhat(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		const dev, shop, billing = "acme/shop/dev", "acme/shop", "acme/billing"
		who := may{
			"maker":    {"gateway.read " + dev, "gateway-subscription.read " + dev, "gateway-subscription.manage " + dev, "gateway-subscription.create " + dev},
			"approver": {"gateway.read " + dev, "gateway-subscription.read " + dev, "gateway-subscription.approve " + dev},
			"buyer":    {"gateway.read " + billing, "gateway-subscription.read " + billing, "gateway-subscription.create " + billing},
			"guest":    {"gateway.read acme/other", "gateway-subscription.read acme/other"},
			"nobody":   {},
		}
		w := start(t, d, func(c *product.Config) { c.Authorizer = who })
		w.apply(t, "inner", basic)
		w.apply(t, "outer", "visibility: tenant, "+basic)
		w.apply(t, "coming", "visibility: tenant, routes: [orders], plans: [{name: basic}]")
		scope := authntest.Dev()
		seen := func(name string) string {
			page, err := w.products.Products(as(name), kernel.Scope{Tenant: "acme"}, kernel.PageRequest{})
			if err != nil {
				return err.Error()
			}
			var out []string
			for _, p := range page.Items {
				out = append(out, p.Name)
			}
			return strings.Join(out, " ")
		}
		for name, want := range map[string]string{"maker": "coming inner outer", "buyer": "outer", "guest": "outer", "nobody": "nobody may not do gateway.read in acme"} {
			if got := seen(name); got != want {
				t.Errorf("%s sees %q, want %q", name, got, want)
			}
		}
		forBilling := product.Wish{Product: "outer", Consumer: product.Consumer{Kind: product.ConsumerProject, Name: "billing"}}
		_, _, err := w.products.Subscribe(as("maker"), scope, forBilling)
		wants(t, "for a project of others", err, kernel.Denied, billing)
		_, _, err = w.products.Subscribe(as("guest"), scope, forBilling)
		wants(t, "by a guest", err, kernel.Denied, billing)
		inner := forBilling
		inner.Product = "inner"
		_, _, err = w.products.Subscribe(as("buyer"), scope, inner)
		wants(t, "to what is not offered", err, kernel.Denied, dev)
		_, _, err = w.products.Subscribe(as("buyer"), scope, product.Wish{Product: "none"})
		wants(t, "to what is not there", err, kernel.Denied, dev)
		sub, _, err := w.products.Subscribe(as("buyer"), scope, forBilling)
		must(t, err)
		_, _, err = w.products.Subscribe(as("maker"), scope, product.Wish{Product: "inner", Name: "robot", Consumer: product.Consumer{Kind: product.ConsumerService, Name: "robot"}})
		wants(t, "for a robot of others", err, kernel.Denied, billing)
		_, _, err = w.products.Subscribe(as("maker"), scope, product.Wish{Product: "inner", Name: "me", Consumer: product.Consumer{Kind: product.ConsumerUser}})
		must(t, err)
		list := func(name string) string {
			page, err := w.products.Subscriptions(as(name), kernel.Scope{Tenant: "acme"}, product.Filter{}, kernel.PageRequest{})
			if err != nil {
				return err.Error()
			}
			var out []string
			for _, s := range page.Items {
				out = append(out, s.Name)
			}
			return strings.Join(out, " ")
		}
		for name, want := range map[string]string{"maker": "me billing", "buyer": "billing", "guest": "", "nobody": "nobody may not do gateway-subscription.read in acme"} {
			if got := list(name); got != want {
				t.Errorf("%s lists %q, want %q", name, got, want)
			}
		}
		for name, ok := range map[string]bool{"maker": true, "buyer": true, "guest": false, "nobody": false} {
			_, err := w.products.Subscription(as(name), scope, "billing")
			if ok != (err == nil) || err != nil && !kernel.Is(err, kernel.Denied) {
				t.Errorf("%s looks: %v", name, err)
			}
		}
		_, err = w.products.Subscription(as("buyer"), scope, "me")
		wants(t, "one of others", err, kernel.Denied, dev)
		_, err = w.products.Subscription(as("buyer"), scope, "none")
		wants(t, "none", err, kernel.Denied, dev)
		for step, name := range map[product.Step]string{product.Approve: "maker", product.Reject: "buyer", product.Suspend: "buyer", product.Resume: "approver", product.Cancel: "approver"} {
			_, err := w.products.Take(as(name), scope, sub.Name, step, "")
			wants(t, string(step)+" by "+name, err, kernel.Denied, dev)
		}
		_, _, err = w.products.Regenerate(as("guest"), scope, sub.Name, product.PrimaryKey, "")
		wants(t, "a key by a guest", err, kernel.Denied, dev)
		_, _, err = w.products.Regenerate(as("buyer"), scope, sub.Name, product.PrimaryKey, "")
		must(t, err)
		_, err = w.products.UsageOf(as("guest"), scope, sub.Name, product.Day, 1)
		wants(t, "usage by a guest", err, kernel.Denied, dev)
		_, err = w.products.Take(as("buyer"), scope, sub.Name, product.Cancel, "")
		must(t, err)
	})
}

func TestAnAPIOpensTheRoutesThatAreHeldAgainstIt(t *testing.T) {
	t.Parallel()
	w := start(t, sqlite(t), func(c *product.Config) {
		c.APIs = func(p gateway.Policy) []product.API {
			if p.Kind != "ValidationPolicy" {
				return nil
			}
			return []product.API{{API: "orders", Version: "v1"}}
		}
	})
	w.apply(t, "orders", "state: published, apis: [{api: orders, version: v1}], plans: [{name: basic}]")
	w.apply(t, "newer", "state: published, apis: [{api: orders, version: v2}], plans: [{name: basic}]")
	_, keys := w.subscribe(t, product.Wish{Product: "orders", Name: "a"})
	_, newer := w.subscribe(t, product.Wish{Product: "newer", Name: "b"})
	for name, tt := range map[string]struct {
		key      string
		policies []gateway.Policy
		opens    bool
	}{
		"held against it":      {keys.Primary, []gateway.Policy{{Kind: "ValidationPolicy"}}, true},
		"held against nothing": {keys.Primary, nil, false},
		"another version":      {newer.Primary, []gateway.Policy{{Kind: "ValidationPolicy"}}, false},
	} {
		found, refused := w.products.At(gateway.Attachment{Scope: authntest.Dev(), Route: "r", Policies: tt.policies}).Key(sumOf(tt.key))
		if (found != nil) != tt.opens || (refused == nil) != tt.opens {
			t.Errorf("%s: %v %v", name, found, refused)
		}
	}
	var _ authn.Subscriptions = w.products
}
