package gateway_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func to(service string, matches ...gateway.Match) gateway.Rule {
	return gateway.Rule{Matches: matches, Backends: []gateway.Backend{{Service: service}}}
}

func path(kind, value string) gateway.Match {
	return gateway.Match{Path: gateway.PathMatch{Type: kind, Value: value}}
}

// TestTheClosestMatchAnswers asks one host that several routes share.
func TestTheClosestMatchAnswers(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	for _, name := range []string{"any", "exact", "prefix", "pattern", "post", "header", "query", "wild", "deep"} {
		f.upstreams.start(t, name, "", says(name))
	}
	put(t, f.routes, dev, gateway.Route{Name: "main", Hosts: []string{host}, Rules: []gateway.Rule{
		to("any"),
		to("exact", path(gateway.Exact, "/api/x")),
		to("pattern", path(gateway.RegularExpression, "/api/[0-9]+")),
		to("prefix", path(gateway.PathPrefix, "/api/")),
		to("post", gateway.Match{Path: gateway.PathMatch{Value: "/api"}, Method: "POST"}),
	}})
	put(t, f.routes, dev, gateway.Route{Name: "more", Hosts: []string{host}, Rules: []gateway.Rule{
		to("header", gateway.Match{Path: gateway.PathMatch{Value: "/api"}, Headers: []gateway.ValueMatch{{Name: "x-version", Value: "2"}}}),
		to("query", gateway.Match{Path: gateway.PathMatch{Value: "/api"}, Query: []gateway.ValueMatch{
			{Name: "v", Value: "[34]", Type: gateway.RegularExpression},
		}}),
	}})
	put(t, f.routes, dev, gateway.Route{Name: "wild", Hosts: []string{"*.dev.shop.localhost"}, Rules: []gateway.Rule{to("wild")}})
	put(t, f.routes, dev, gateway.Route{Name: "deep", Hosts: []string{"*.eu.dev.shop.localhost"}, Rules: []gateway.Rule{to("deep", path(gateway.PathPrefix, "/only"))}})
	cases := []struct{ method, host, path, version, want string }{
		{"GET", host, "/", "", "any"},
		{"GET", host, "/apis", "", "any"},
		{"GET", host, "/api", "", "prefix"},
		{"GET", host, "/api/", "", "prefix"},
		{"GET", host, "/api/x", "", "exact"},
		{"GET", host, "/api/x/", "", "prefix"},
		{"GET", host, "/api/12", "", "pattern"},
		{"GET", host, "/api/12a", "", "prefix"},
		{"POST", host, "/api/y", "", "post"},
		{"GET", host, "/api/y", "2", "header"},
		{"GET", host, "/api/y", "22", "prefix"},
		{"GET", host, "/api/y?v=3", "", "query"},
		{"GET", host, "/api/y?v=33", "", "prefix"},
		{"GET", host, "/api/y?v=1&v=3", "", "prefix"},
		{"GET", "other.dev.shop.localhost", "/api", "", "wild"},
		{"GET", "a.b.dev.shop.localhost", "/api", "", "wild"},
		{"GET", "a.eu.dev.shop.localhost", "/only/x", "", "deep"},
		{"GET", "a.eu.dev.shop.localhost", "/", "", "wild"},
		{"GET", "dev.shop.localhost", "/", "", ""},
	}
	for _, c := range cases {
		req, err := http.NewRequest(c.method, f.url("orders.dev.shop.localhost", c.path), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = c.host
		if c.version != "" {
			req.Header.Set("X-Version", c.version)
		}
		resp, err := f.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if c.want == "" && resp.StatusCode == http.StatusNotFound {
			continue
		}
		if string(body) != c.want {
			t.Errorf("%s %s%s version %q: %d %s, want %s", c.method, c.host, c.path, c.version, resp.StatusCode, body, c.want)
		}
	}
}

func TestRewritesAndRedirects(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	f.upstreams.start(t, "echo", "", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Inner", "inner")
		_, _ = io.WriteString(w, r.Host+" "+r.URL.RequestURI()+" "+r.Header.Get("X-Added")+r.Header.Get("X-Gone"))
	})
	prefix, full, root := "/v1", "/fixed", "/"
	with := func(at string, change func(*gateway.Rule)) gateway.Rule {
		r := to("echo", path(gateway.PathPrefix, at))
		change(&r)
		return r
	}
	put(t, f.routes, dev, gateway.Route{Name: "main", Hosts: []string{host}, Rules: []gateway.Rule{
		with("/a", func(r *gateway.Rule) { r.Rewrite = &gateway.Rewrite{Host: "inner.example", Prefix: &prefix} }),
		with("/b", func(r *gateway.Rule) { r.Rewrite = &gateway.Rewrite{Host: "inner.example", FullPath: &full} }),
		with("/r", func(r *gateway.Rule) { r.Rewrite = &gateway.Rewrite{Host: "inner.example", Prefix: &root} }),
		with("/h", func(r *gateway.Rule) {
			r.Rewrite = &gateway.Rewrite{Host: "inner.example"}
			r.RequestHeaders = &gateway.HeaderChange{Set: []gateway.Header{{Name: "X-Added", Value: "yes"}}, Remove: []string{"x-gone"}}
			r.ResponseHeaders = &gateway.HeaderChange{Add: []gateway.Header{{Name: "X-Outer", Value: "outer"}}, Remove: []string{"X-Inner"}}
		}),
		with("/old", func(r *gateway.Rule) {
			r.Backends, r.Redirect = nil, &gateway.Redirect{Host: "new.example", Prefix: &prefix, Status: 308}
		}),
	}})
	for target, want := range map[string]string{
		"/a": "inner.example /v1 ", "/a/x?y=z": "inner.example /v1/x?y=z ", "/%61/x": "inner.example /v1/x ", "/b/x?y": "inner.example /fixed?y ",
		"/r/x": "inner.example /x ", "/r": "inner.example / ", "/h/x": "inner.example /h/x yes",
	} {
		req, _ := http.NewRequest(http.MethodGet, f.url(host, target), nil)
		req.Header.Set("X-Gone", "still there")
		resp, err := f.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if want += map[bool]string{false: "still there"}[strings.HasPrefix(target, "/h")]; string(body) != want {
			t.Errorf("%s: the service sees %q, want %q", target, body, want)
		}
		if strings.HasPrefix(target, "/h") && (resp.Header.Get("X-Outer") != "outer" || resp.Header.Get("X-Inner") != "") {
			t.Errorf("the headers of the answer: %v", resp.Header)
		}
	}
	resp, _ := f.get(t, host, "/old/x?y=z")
	if resp.StatusCode != 308 || resp.Header.Get("Location") != "https://new.example/v1/x?y=z" {
		t.Errorf("%d to %s", resp.StatusCode, resp.Header.Get("Location"))
	}
}

func TestSharesByWeight(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	for _, name := range []string{"stable", "canary", "off"} {
		f.upstreams.start(t, name, "", says(name))
	}
	nine, one, none := 9, 1, 0
	put(t, f.routes, dev, gateway.Route{Name: "main", Hosts: []string{host}, Rules: []gateway.Rule{{Backends: []gateway.Backend{
		{Service: "stable", Weight: &nine}, {Service: "canary", Weight: &one}, {Service: "off", Weight: &none},
	}}}})
	got := map[string]int{}
	for range 400 {
		_, body := f.get(t, host, "/")
		got[body]++
	}
	if got["canary"] < 10 || got["canary"] > 90 || got["off"] != 0 || got["stable"]+got["canary"] != 400 {
		t.Errorf("of 400 requests: %v", got)
	}
}

// TestAWildcardTakesNoHostOfOthers has two tenants with a project of one name.
func TestAWildcardTakesNoHostOfOthers(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	ctx := context.Background()
	put(t, f.routes, dev, gateway.ToService("orders", host, "", "x", ""))
	wild := gateway.Route{Name: "all", Hosts: []string{"*.dev.shop.localhost"}, Rules: []gateway.Rule{to("x")}}
	if _, err := f.routes.PutRoute(ctx, other, wild); !kernel.Is(err, kernel.Conflict) {
		t.Errorf("a wildcard over another tenant's host: %v", err)
	}
	put(t, f.routes, dev, wild)
	if _, err := f.routes.PutRoute(ctx, other, gateway.ToService("new", "new.dev.shop.localhost", "", "x", "")); !kernel.Is(err, kernel.Conflict) {
		t.Errorf("a host under another tenant's wildcard: %v", err)
	}
}
