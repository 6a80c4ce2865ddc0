package gateway_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func TestRoutes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{gatewaysql.Migrations()}, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		s := newService(t, d, nil)
		put(t, s, dev, gateway.ToService("orders", "Orders.Dev.Shop.Localhost", "", "orders", ""))
		put(t, s, dev, gateway.ToService("api", host, "/api/", "api", "web"))
		r, err := s.Route(ctx, dev, "api")
		if err != nil || r.Rules[0].Matches[0].Path.Value != "/api" || r.Hosts[0] != host || r.Rules[0].Backends[0].Port != "web" || r.Scope != dev {
			t.Fatalf("route %+v, %v", r, err)
		}
		if got := r.URL(7443); got != "https://"+host+":7443/api" {
			t.Fatalf("url %s", got)
		}
		if _, err := s.PutRoute(ctx, dev, gateway.ToService("again", host, "/api", "x", "")); !kernel.Is(err, kernel.Conflict) {
			t.Fatalf("the same place twice: %v", err)
		}
		_, err = s.PutRoute(ctx, other, gateway.ToService("steal", host, "/new", "x", ""))
		if !kernel.Is(err, kernel.Conflict) || strings.Contains(err.Error(), "acme") {
			t.Fatalf("another tenant takes the host: %v", err)
		}
		if _, err := s.Route(ctx, other, "api"); !kernel.Is(err, kernel.NotFound) {
			t.Fatalf("another tenant reads the route: %v", err)
		}
		put(t, s, dev, gateway.ToService("api", "api.dev.shop.localhost", "", "api", "")) // moves
		if err := errors.Join(s.DeleteRoute(ctx, other, "orders"), s.DeleteRoute(ctx, dev, "orders"), s.DeleteRoute(ctx, dev, "orders")); err != nil {
			t.Fatal(err)
		}
		if s.HasHost(host) || !s.HasHost("api.dev.shop.localhost") {
			t.Fatal("the table is not what the routes say")
		}
		put(t, s, other, gateway.ToService("orders", host, "", "x", "")) // the host is free again
		if again := newService(t, d, nil); !again.HasHost(host) {
			t.Fatal("the routes are gone after a restart")
		}
	})
}

func TestRefusesRoutes(t *testing.T) {
	t.Parallel()
	s := newService(t, dbtest.SQLite(t, gatewaysql.Migrations()), nil)
	cases := []struct {
		reason string
		route  gateway.Route
		kind   kernel.Kind
	}{
		{"a host of another stage", gateway.ToService("r", "orders.prod.shop.localhost", "", "x", ""), kernel.Invalid},
		{"a host of another project", gateway.ToService("r", "orders.dev.bank.localhost", "", "x", ""), kernel.Invalid},
		{"a host that only ends alike", gateway.ToService("r", "orders.xdev.shop.localhost", "", "x", ""), kernel.Invalid},
		{"a host outside of the zones", gateway.ToService("r", "bank.example", "", "x", ""), kernel.Invalid},
		{"a host of the platform", gateway.ToService("r", "portal.localhost", "", "x", ""), kernel.Conflict},
		{"no host name", gateway.ToService("r", "a b", "", "x", ""), kernel.Invalid},
		{"a path with a query", gateway.ToService("r", host, "/a?b", "x", ""), kernel.Invalid},
		{"a relative path", gateway.ToService("r", host, "a", "x", ""), kernel.Invalid},
		{"no service", gateway.ToService("r", host, "", "", ""), kernel.Invalid},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			if _, err := s.PutRoute(context.Background(), dev, c.route); !kernel.Is(err, c.kind) {
				t.Fatalf("got %v, want %s", err, c.kind)
			}
		})
	}
}
