package app

import (
	"context"
	"log/slog"
	"net/http"
	"testing"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/product"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// calling is the gateway's authentication of a route of demo, in front of nothing.
func (a *App) calling(t *testing.T) func(key string) int {
	t.Helper()
	at := gateway.Attachment{
		Scope: kernel.Scope{Tenant: "default", Project: "demo", Stage: "dev"}, Route: "orders", Hosts: []string{"orders.dev.demo.localhost"},
		Policies: []gateway.Policy{{Kind: "ValidationPolicy", Spec: []byte(`{"apis": [{"api": "orders", "version": "v1"}]}`)}},
	}
	filter, err := a.fabric.authn.Compile(t.Context(), gateway.Policy{
		Scope: at.Scope, Name: "keys", Kind: authn.KindName, Spec: []byte(`{"providers": [{"name": "keys", "apiKey": {"header": "X-Api-Key", "products": true}}]}`),
	}, at)
	if err != nil {
		t.Fatal(err)
	}
	return func(key string) int {
		var req fasthttp.Request
		req.Header.SetMethod(http.MethodGet)
		req.Header.SetHost(at.Hosts[0])
		req.SetRequestURI("/")
		req.Header.Set("X-Api-Key", key)
		x, ok := exchange.New(&req, &fasthttp.Response{}, exchange.Connection{Context: t.Context(), Proto: 1, Body: exchange.NewBody(nil, 0)})
		if !ok {
			t.Fatal("no request")
		}
		filter(func(x *exchange.Exchange) { x.Response.SetStatusCode(http.StatusNoContent) })(x)
		x.Handled()
		return x.Response.StatusCode()
	}
}

// TestKeysOfProductsCountAtTheGateway goes from the document to the route: with the daemon's
// own accounts, APIs and limits, and over a restart, which forgets nothing that was counted.
func TestKeysOfProductsCountAtTheGateway(t *testing.T) {
	t.Parallel()
	var kept config.Config
	a := benchApp(t, func(c *config.Config) { kept = *c })
	ctx, scope := kernel.WithActor(t.Context(), kernel.System("test", "default")), kernel.Scope{Tenant: "default", Project: "demo", Stage: "dev"}
	if _, err := a.access.identity.CreateUser(ctx, scope.InProject(""), identity.NewUser{Name: "ada", Password: matrixPassword}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.access.identity.CreateServiceAccount(ctx, scope.InProject("demo"), identity.NewServiceAccount{Name: "robot", Owner: "ada"}); err != nil {
		t.Fatal(err)
	}
	source := "apiVersion: gateway.terrace.dev/v1\nkind: Product\nmetadata: {name: orders}\nspec:\n  state: published\n  apis: [{api: orders, version: v1}]\n  plans:\n    - {name: basic, rateLimits: [{calls: 100, per: 1s}], quotas: [{calls: 3, per: month}]}\n"
	if _, err := a.fabric.gateway.Apply(ctx, scope, []gatewaydoc.File{{Name: "p.yaml", Source: source}}, gateway.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	var key string
	for _, who := range []product.Consumer{{Kind: product.ConsumerUser, Name: "ada"}, {Kind: product.ConsumerService, Name: "robot"}, {Kind: product.ConsumerProject, Name: "demo"}} {
		sub, keys, err := a.fabric.products.Subscribe(ctx, scope, product.Wish{Product: "orders", Consumer: who})
		if err != nil || (sub.Consumer.ID == "") != (who.Kind == product.ConsumerProject) || (sub.Consumer.Project == "") != (who.Kind == product.ConsumerUser) {
			t.Fatalf("%s: %+v, %v", who, sub.Consumer, err)
		}
		key = keys.Primary
		who.Name = "nobody"
		if _, _, err := a.fabric.products.Subscribe(ctx, scope, product.Wish{Product: "orders", Consumer: who}); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("%s: %v", who, err)
		}
	}
	call := a.calling(t)
	for _, want := range []int{http.StatusNoContent, http.StatusNoContent} {
		if got := call(key); got != want {
			t.Errorf("a call: %d, want %d", got, want)
		}
	}
	if got := call("tgk_made-up"); got != http.StatusUnauthorized {
		t.Errorf("a made-up key: %d", got)
	}
	if err := a.Close(context.WithoutCancel(ctx)); err != nil {
		t.Fatal(err)
	}
	kept.NATS = unused(t)
	again, err := New(t.Context(), kept, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = again.Close(context.WithoutCancel(t.Context())) })
	if err := again.fabric.products.Load(ctx); err != nil {
		t.Fatal(err)
	}
	call = again.calling(t)
	for _, want := range []int{http.StatusNoContent, http.StatusTooManyRequests} {
		if got := call(key); got != want {
			t.Errorf("a call after the restart: %d, want %d", got, want)
		}
	}
}
