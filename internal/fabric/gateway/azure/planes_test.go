package azure_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/azure"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/access"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authz"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/cache"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/cors"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/headers"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/limit"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/shed"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/telemetry"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
)

// nobody has subscribed to anything.
type nobody struct{}

func (nobody) At(gateway.Attachment) authn.Keys { return nobody{} }

func (nobody) Key([sha256.Size]byte) (*authn.Subscription, *authn.Refusal) { return nil, nil }

// local is the gateway itself, with the documents of a file.
func local(t *testing.T, file string) *filtertest.Gateway {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	metrics, err := waf.NewMetrics(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	kept := cache.NewKind(cache.Config{})
	t.Cleanup(kept.Close)
	signIn := authn.New(authn.Config{Log: log, Subscriptions: nobody{}})
	t.Cleanup(signIn.Close)
	g := filtertest.Start(t, 0, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Powered-By", "tests")
		_, _ = fmt.Fprintf(w, "%s %s %s gateway=%s key=%s", r.Method, r.Host, r.URL.RequestURI(), r.Header.Get("X-Gateway"), r.Header.Get("X-Api-Key"))
	}, telemetry.New(), access.New(), shed.New(), cors.New(), waf.NewKind(log, metrics, nil), limit.NewEarly(limit.Config{}), signIn, authz.New(log), limit.New(limit.Config{}), kept, headers.New())
	for _, d := range documents(t, file) {
		if d.IsRoute() {
			_, err = g.Routes.PutRoute(t.Context(), filtertest.Scope(), *d.Route)
		} else {
			_, err = g.Routes.PutPolicy(t.Context(), filtertest.Scope(), gateway.Policy{Name: d.Name, Kind: d.Kind, Route: d.Target, Spec: d.Spec})
		}
		if err != nil {
			t.Fatal(d.Place(), d.Placed(err))
		}
	}
	if err := g.Routes.DeleteRoute(t.Context(), filtertest.Scope(), filtertest.Route); err != nil {
		t.Fatal(err)
	}
	return g
}

func documents(t *testing.T, file string) []gatewaydoc.Document {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	docs, err := gatewaydoc.Read(gatewaydoc.File{Name: file, Source: string(source)})
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

// translated is what Azure gets of what a gateway has in force.
func translated(t *testing.T, g *filtertest.Gateway) (azure.Value, []gateway.Judgement) {
	t.Helper()
	all, err := g.Routes.InForce(t.Context(), filtertest.Scope())
	if err != nil {
		t.Fatal(err)
	}
	return azure.Translate(azure.Input{Domain: "internal.example.com", Routes: all, Products: []gateway.Policy{{Scope: filtertest.Scope(), Name: "items", Kind: "Product", Spec: json.RawMessage(itemsProduct)}}})
}

// itemsProduct opens the route partners.
const itemsProduct = `{"title": "Items", "description": "All items.", "terms": "Be kind & <fair>.", "state": "published", "visibility": "tenant", "routes": ["partners"], "plans": [
	{"name": "basic", "maxSubscriptions": 2, "rateLimits": [{"calls": 10, "per": "1s"}, {"calls": 1000, "per": "1h"}], "quotas": [{"calls": 5000, "per": "day"}, {"bytes": 1048577, "per": "month"}]},
	{"name": "gold", "title": "Gold", "description": "For much.", "approval": true, "scopes": ["items:write"]}]}`

// TestOneSetOfDocumentsForTwoPlanes asks the gateway for real what the documents say, and
// holds what Azure gets of the very same against what it got before.
func TestOneSetOfDocumentsForTwoPlanes(t *testing.T) {
	t.Parallel()
	g := local(t, "testdata/shop.yaml")
	for name, c := range map[string]struct {
		method, host, path string
		headers            []string
		status             int
		has, header        string
	}{
		"a page":                      {"GET", "shop", "/a", nil, 200, "GET shop.dev.shop.localhost /a ", "Content-Security-Policy: default-src 'self'"},
		"a prefix and a host":         {"GET", "shop", "/api/items?v=1", nil, 200, `GET items.internal /v1/items?v=1 gateway=it's "ours"`, "X-Served-By: gateway"},
		"the prefix itself":           {"GET", "shop", "/api", nil, 200, "GET items.internal /v1 ", ""},
		"a redirect":                  {"GET", "shop", "/old?x=1", nil, 301, "", "Location: https://shop.dev.shop.localhost/new?x=1"},
		"an expression":               {"GET", "shop", "/orders/12", nil, 200, " /order ", ""},
		"an expression that is not":   {"GET", "shop", "/orders/12x", nil, 200, " /orders/12x ", ""},
		"another origin":              {"GET", "shop", "/b", []string{"Origin", "https://app.example.com"}, 200, "", "Access-Control-Allow-Origin: https://app.example.com"},
		"a target that is too long":   {"GET", "shop", "/" + strings.Repeat("a", 2100), nil, 414, "", ""},
		"an attack":                   {"GET", "shop", "/c?q=1'%20or%20'1'='1", nil, 403, "", ""},
		"what an exclusion lets pass": {"GET", "shop", "/d?x=1", []string{"Cookie", "session1=1"}, 200, "", ""},
		"nobody":                      {"GET", "partners", "/", nil, 401, "", ""},
		"a key that is none":          {"GET", "partners", "/", []string{"X-Api-Key", "sesame"}, 401, "", ""},
		"a key, which is not told on": {"GET", "x.partners", "/", []string{"X-Api-Key", "open sesame"}, 200, "key=", ""},
		"what a rule denies":          {"GET", "partners", "/metrics", []string{"X-Api-Key", "open sesame"}, 403, "", ""},
		"a role that a key lacks":     {"GET", "partners", "/admin/users", []string{"X-Api-Key", "open sesame"}, 403, "", ""},
		"a scope that a key has":      {"POST", "partners", "/", []string{"X-Api-Key", "open sesame"}, 200, "", ""},
		"a key of no subscription":    {"GET", "partners", "/", []string{"X-Subscription-Key", "sesame"}, 401, "", ""},
		"no host":                     {"GET", "nobody", "/", nil, 404, "", ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, fmt.Sprintf("http://127.0.0.1:%d%s", g.Server.PlainPort(), c.path), nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = c.host + ".dev.shop.localhost"
		for i := 0; i+1 < len(c.headers); i += 2 {
			req.Header.Set(c.headers[i], c.headers[i+1])
		}
		resp, err := g.Client.Do(req)
		if err != nil {
			t.Fatal(name, err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != c.status || !strings.Contains(string(body), c.has) {
			t.Errorf("%s: %d %q, %v", name, resp.StatusCode, body, err)
		}
		if field, value, ok := strings.Cut(c.header, ": "); ok && resp.Header.Get(field) != value {
			t.Errorf("%s: %s is %q", name, field, resp.Header.Get(field))
		}
	}
	value, judgements := translated(t, g)
	for _, j := range judgements {
		if j.Refused {
			t.Errorf("%s %s: %+v", j.Kind, j.Name, j.Problem)
		}
	}
	golden(t, "testdata/shop.json", value)
	// The modules are tested with the very same, in a folder of theirs: a module is copied as it is.
	share(t, "waf-gateway", value.Sites)
	share(t, "api-management", value.APIManagement)
	for name, api := range value.APIManagement.APIs {
		goldenText(t, "testdata/"+name+".xml", api.Policy.XML)
		sound(t, api.Policy.XML)
	}
	for name, product := range value.APIManagement.Products {
		goldenText(t, "testdata/product-"+name+".xml", product.Policy.XML)
		sound(t, product.Policy.XML)
	}
}

func share(t *testing.T, module string, value any) {
	t.Helper()
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	goldenText(t, "../../../../iac/modules/"+module+"/tests/documents.json", string(text)+"\n")
}

func golden(t *testing.T, file string, value azure.Value) {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var shown map[string]any
	if err := json.Unmarshal(raw, &shown); err != nil {
		t.Fatal(err)
	}
	for _, api := range shown["api_management"].(map[string]any)["apis"].(map[string]any) { //nolint:forcetypeassert // as it is made
		delete(api.(map[string]any), "policy") //nolint:forcetypeassert // it has a file of its own
	}
	for _, product := range shown["api_management"].(map[string]any)["products"].(map[string]any) { //nolint:forcetypeassert // as it is made
		delete(product.(map[string]any), "policy") //nolint:forcetypeassert // it has a file of its own
	}
	text, err := json.MarshalIndent(shown, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	goldenText(t, file, string(text)+"\n")
}

func goldenText(t *testing.T, file, text string) {
	t.Helper()
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Errorf("%s (UPDATE=1 writes it): %s", file, diff)
	}
}
