package steer_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	strict = "apiVersion: mesh.terrace.dev/v1\nkind: Mesh\nmetadata: {name: default}\nspec: {mtls: strict}\n"
	allow  = "apiVersion: mesh.terrace.dev/v1\nkind: AuthorizationPolicy\nmetadata: {name: orders}\n" +
		"spec: {rules: [{from: [{workload: web}], paths: [/orders/*]}]}\n"
	routes = `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: orders}
spec:
  parentRefs: [{kind: Service, name: orders}]
  rules:
    - backendRefs: [{name: orders, weight: 3}, {name: orders-next, weight: 1}]
    - matches: [{headers: [{name: X-Team, value: blue}]}]
      backendRefs: [{name: orders-next}]
`
)

// TestARouteForAPortIsForTheSidecarThatServesIt, of a service with several; so is it for clients
// of xDS, which are told by the same sidecars.
func TestARouteForAPortIsForTheSidecarThatServesIt(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	p.say(t, `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: orders}
spec:
  parentRefs: [{kind: Service, name: orders}]
  rules:
    - backendRefs: [{name: orders, port: 8080}]
    - matches: [{path: {value: /admin}}]
      backendRefs: [{name: orders, port: 9090}]
`)
	_, http8080 := p.besideRelease(t, dev(), "orders", "http", "")
	_, http9090 := p.besideRelease(t, dev(), "orders", "admin", "")
	p.change(func() { p.addrs["orders"], p.admin = http8080, map[string]string{"orders": http9090} })
	web := p.beside(t, dev(), "web", "web")
	for range 20 {
		for path, want := range map[string]string{"/": "http", "/admin": "admin"} {
			if status, said := ask(t, web, "orders", path); said != want {
				t.Fatalf("%s is answered %d by %s", path, status, said)
			}
		}
	}
	for _, one := range p.sidecars.Of(dev())["orders"] {
		if port := ":" + strconv.Itoa(int(one.Serves)); !strings.HasSuffix(http8080, port) && !strings.HasSuffix(http9090, port) {
			t.Errorf("clients of xDS are told that %s serves %s", one.Addr, port)
		}
	}
}

// TestAPathWithoutATypeIsWhatPathsBeginWith, and not every one.
func TestAPathWithoutATypeIsWhatPathsBeginWith(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	p.say(t, strings.Replace(routes, "headers: [{name: X-Team, value: blue}]", "path: {value: /next}", 1))
	p.beside(t, dev(), "orders", "one")
	p.beside(t, dev(), "orders-next", "next")
	web := p.beside(t, dev(), "web", "web")
	eventually(t, "another path is the other rule's", func() bool { _, said := ask(t, web, "orders", "/nextto"); return said == "one" })
	for range 20 {
		if status, said := ask(t, web, "orders", "/next/1"); said != "next" {
			t.Fatalf("it is answered %d by %s", status, said)
		}
	}
}

func TestADocumentChangesWhatASidecarDoes(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	orders := p.beside(t, dev(), "orders", "one")
	web := p.beside(t, dev(), "web", "web")
	answers := func(status int, path string) func() bool {
		return func() bool {
			got, _ := ask(t, web, "orders", path)
			return got == status
		}
	}
	eventually(t, "without a document the call is let through", answers(http.StatusOK, "/"))
	p.say(t, strict)
	eventually(t, "a strict mesh without a rule cuts it off", answers(http.StatusForbidden, "/orders/1"))
	p.say(t, strict, allow)
	eventually(t, "a rule allows it", answers(http.StatusOK, "/orders/1"))
	for _, path := range []string{"/orders", "/other"} {
		if got, _ := ask(t, web, "orders", path); got != http.StatusForbidden {
			t.Errorf("%s: %d", path, got)
		}
	}
	if got, _ := ask(t, orders, "web", "/orders/1"); got != http.StatusForbidden {
		t.Errorf("whom no rule names: %d", got)
	}

	p.stop()
	if got, _ := ask(t, web, "orders", "/orders/1"); got != http.StatusOK {
		t.Errorf("while nobody steers: %d", got)
	}
	if got, _ := ask(t, web, "orders", "/other"); got != http.StatusForbidden {
		t.Errorf("while nobody steers what is forbidden stays so: %d", got)
	}
	p.start(t)
	p.say(t, strict)
	eventually(t, "who steers is back", func() bool {
		got, body := ask(t, web, "orders", "/orders/1")
		if got != http.StatusOK && got != http.StatusForbidden {
			t.Errorf("on the way: %d %s", got, body)
		}
		return got == http.StatusForbidden
	})
}

func TestSharesAndMatchesHold(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	p.say(t, routes)
	p.beside(t, dev(), "orders", "one")
	p.beside(t, dev(), "orders-next", "two")
	web := p.beside(t, dev(), "web", "web")
	counts := map[string]int{}
	for range 400 {
		status, said := ask(t, web, "orders", "/")
		if status != http.StatusOK {
			t.Fatal(status, said)
		}
		counts[said]++
	}
	// Of 400 that are drawn with a chance of a quarter, 57 to 143 are within five deviations.
	if n := counts["two"]; n < 57 || n > 143 || counts["one"]+n != 400 {
		t.Error(counts)
	}
	for range 10 {
		if _, said := ask(t, web, "orders", "/", "X-Team", "blue"); said != "two" {
			t.Error(said)
		}
	}
}

// TestAPathWithoutATypeIsAPrefix has rules whose matches leave out what the standard has a default
// for, in either order.
func TestAPathWithoutATypeIsAPrefix(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	p.say(t, routeOf("orders", "{path: {value: /blue}}", "{path: {type: PathPrefix, value: /}}"),
		routeOf("stock", "{path: {type: PathPrefix, value: /blue}}", "{headers: [{name: X-Team, value: blue}]}"))
	p.beside(t, dev(), "first", "first")
	p.beside(t, dev(), "second", "second")
	web := p.beside(t, dev(), "web", "web")
	for _, c := range []struct{ service, path, want string }{
		{"orders", "/blue/1", "first"},
		{"orders", "/bluex", "second"},
		{"orders", "/", "second"},
		{"stock", "/blue/1", "first"},
		{"stock", "/bluex", "second"},
	} {
		if status, said := ask(t, web, c.service, c.path, "X-Team", "blue"); status != http.StatusOK || said != c.want {
			t.Errorf("%s%s: %d %s, want %s", c.service, c.path, status, said, c.want)
		}
	}
}

// routeOf sends what one match takes to first, and what another takes to second.
func routeOf(service, first, second string) string {
	return "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: " + service + "}\n" +
		"spec: {parentRefs: [{kind: Service, name: " + service + "}], rules: [\n" +
		"  {matches: [" + first + "], backendRefs: [{name: first}]},\n  {matches: [" + second + "], backendRefs: [{name: second}]}]}\n"
}

func TestWhoHasNoSidecarIsAskedInTheClear(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	p.change(func() { p.addrs["stock"] = application(t, "stock") })
	web := p.beside(t, dev(), "web", "web")
	if status, said := ask(t, web, "stock", "/"); status != http.StatusOK || said != "stock" {
		t.Errorf("%d %s", status, said)
	}
	p.say(t, strict)
	eventually(t, "who proves nothing is not asked where the mesh is strict", func() bool {
		status, _ := ask(t, web, "stock", "/")
		return status == http.StatusBadGateway
	})
}

func TestStagesAreApart(t *testing.T) {
	t.Parallel()
	p := newPlane(t)
	p.beside(t, dev(), "orders", "one")
	other := p.beside(t, kernel.Scope{Tenant: "globex", Project: "shop", Stage: "dev"}, "web", "web")
	if status, said := ask(t, other, "orders", "/"); status != http.StatusNotFound {
		t.Errorf("%d %s", status, said)
	}
}
