package product_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn/authntest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/product"
	"github.com/terrace-idp/terrace/internal/fabric/ownership"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

func TestASourceKeepsProducts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		w := start(t, d, nil)
		w.desk.Owners = w.desk.Library.(gateway.Owners)
		keep := func(docs ...gatewaydoc.File) error {
			for i := range docs {
				docs[i].Stage = authntest.Dev().Stage
			}
			_, err := w.desk.Keep(as("git"), ownership.Keeping{Scope: authntest.Dev().InStage(""), Owner: ownership.Git("platform"), Commit: "c0ffee", Prune: true}, docs)
			return err
		}
		spec := `{"state": "published", "routes": ["orders"], "plans": [{"name": "basic"}]}`
		must(t, keep(files("orders", spec)...))
		p, err := w.products.Product(as("ada"), authntest.Dev(), "orders")
		if err != nil || p.Owner != "git/platform" {
			t.Fatalf("%+v, %v", p, err)
		}
		if _, err := w.tryApply("orders", "state: draft, routes: [orders], plans: [{name: basic}]"); !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "--owned") {
			t.Errorf("changed by hand: %v", err)
		}
		if _, err := w.desk.Remove(as("ada"), authntest.Dev(), gateway.ClassProduct, "orders", gateway.ApplyOptions{}); !kernel.Is(err, kernel.Refused) {
			t.Errorf("removed by hand: %v", err)
		}
		sub, _ := w.subscribe(t, product.Wish{Product: "orders"})
		if err := keep(); err == nil || !strings.Contains(err.Error(), "subscri") {
			t.Errorf("what somebody is subscribed to is dropped: %v", err)
		}
		_, err = w.products.Take(as("ada"), authntest.Dev(), sub.Name, product.Cancel, "over")
		must(t, err)
		must(t, keep())
		if _, err := w.products.Product(as("ada"), authntest.Dev(), "orders"); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("what the folder no longer has stays: %v", err)
		}
	})
}
