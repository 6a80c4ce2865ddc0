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
		{"a host with a port", gateway.ToService("r", host+":7443", "", "x", ""), kernel.Invalid},
		{"a name of two lines", gateway.ToService("r\n  warning: gone", host, "", "x", ""), kernel.Invalid},
		{"a name that a terminal obeys", gateway.ToService("r\x1b[2J", host, "", "x", ""), kernel.Invalid},
		{"a name turned around", gateway.ToService("r\u202etxt", host, "", "x", ""), kernel.Invalid},
		{"a name with blanks around", gateway.ToService(" r", host, "", "x", ""), kernel.Invalid},
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

// TestRefusesWhatLeadsNowhere: redirects to where the request came, hosts for services that
// are none.
func TestRefusesWhatLeadsNowhere(t *testing.T) {
	t.Parallel()
	s := newService(t, dbtest.SQLite(t, gatewaysql.Migrations()), nil)
	api, root := "/api/", "/"
	under := []gateway.Match{{Path: gateway.PathMatch{Value: "/api"}}}
	to := []gateway.Backend{{Service: "x"}}
	for name, c := range map[string]struct {
		rule gateway.Rule
		path string
	}{
		"a redirect to itself":          {gateway.Rule{Redirect: &gateway.Redirect{}}, "rules[0].redirect"},
		"a redirect to HTTPS":           {gateway.Rule{Redirect: &gateway.Redirect{Scheme: "https"}}, "rules[0].redirect"},
		"a redirect to the same prefix": {gateway.Rule{Matches: under, Redirect: &gateway.Redirect{Prefix: &api}}, "rules[0].redirect"},
		"a redirect to another prefix":  {gateway.Rule{Matches: under, Redirect: &gateway.Redirect{Prefix: &root}}, ""},
		"a redirect to another port":    {gateway.Rule{Redirect: &gateway.Redirect{Port: 8443}}, ""},
		"a redirect to a host and port": {gateway.Rule{Redirect: &gateway.Redirect{Host: "a.example:8443"}}, "rules[0].redirect.host"},
		"another host":                  {gateway.Rule{Backends: to, Rewrite: &gateway.Rewrite{Host: "a.example"}}, ""},
		"another host and port":         {gateway.Rule{Backends: to, Rewrite: &gateway.Rewrite{Host: "a.example:8080"}}, ""},
		"a host with a second line":     {gateway.Rule{Backends: to, Rewrite: &gateway.Rewrite{Host: "a.example:80\r\nX-Admin"}}, "rules[0].rewrite.host"},
		"a host with a wrong port":      {gateway.Rule{Backends: to, Rewrite: &gateway.Rewrite{Host: "a.example:0"}}, "rules[0].rewrite.host"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := s.PutRoute(context.Background(), dev, gateway.Route{Name: strings.ReplaceAll(name, " ", "-"), Hosts: []string{strings.ReplaceAll(name, " ", "-") + ".dev.shop.localhost"}, Rules: []gateway.Rule{c.rule}})
			var paths []string
			if told, ok := errors.AsType[*kernel.Error](err); ok {
				for _, p := range told.Problems {
					paths = append(paths, p.Path)
				}
			}
			if got := strings.Join(paths, " "); got != c.path || (err != nil) != (c.path != "") {
				t.Errorf("%v, want a problem at %q", err, c.path)
			}
		})
	}
}
