package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/provider/providertest"
	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/validate"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// triedDocument is an API whose operations a browser tries.
const triedDocument = `openapi: 3.1.0
info: {title: The shop's orders, version: '1', description: Orders of the shop.}
servers: [{url: https://elsewhere.example/v1}]
security: [{key: []}]
paths:
  /orders:
    get:
      operationId: listOrders
      summary: List orders
      tags: [orders]
      parameters:
        - {name: limit, in: query, description: How many., schema: {type: integer, maximum: 100, default: 3}}
      responses:
        '200': {description: They are listed., content: {application/json: {schema: {type: object}}}}
        default: {description: It failed., content: {application/problem+json: {schema: {type: object}}}}
    post:
      operationId: addOrder
      summary: Add an order
      tags: [orders]
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [amount], properties: {amount: {type: integer}}}, example: {amount: 7}}}}
      responses:
        '201': {description: It was added., content: {application/json: {schema: {type: object}}}}
        default: {description: It failed., content: {application/problem+json: {schema: {type: object}}}}
  /elsewhere:
    get:
      operationId: goElsewhere
      summary: Go elsewhere
      tags: [orders]
      responses:
        '302': {description: It is elsewhere.}
        default: {description: It failed., content: {application/problem+json: {schema: {type: object}}}}
  /heaps:
    get:
      operationId: getHeaps
      summary: Get heaps
      tags: [orders]
      responses:
        '200': {description: More than a page shows., content: {text/plain: {schema: {type: string}}}}
        default: {description: It failed., content: {application/problem+json: {schema: {type: object}}}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
`

// referenced is a platform whose gateway serves an API, and the page of it.
type referenced struct {
	*App

	t       *testing.T
	address string
	host    string
	page    string
	mu      sync.Mutex
	// seen are the requests that have come to the service.
	seen []*http.Request
}

const triedHost = "orders.dev.demo.localhost"

func newReferenced(t *testing.T) *referenced {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &referenced{t: t, address: "http://" + l.Addr().String()}
	w.App = benchApp(t, func(c *config.Config) {
		c.PublicURL, c.Gateway, c.GatewayHTTP, c.DNS = w.address, unused(t), unused(t), unused(t)
	})
	_, port, _ := net.SplitHostPort(w.platform.config.Gateway)
	w.host = "https://" + net.JoinHostPort(triedHost, port)
	server := &http.Server{Handler: w.handler(), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	service := httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(service.Close)
	if err := w.fabric.listen(t.Context(), w.platform, oneService(service.Listener.Addr().String())); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	over := make(chan error, 1)
	go func() { over <- w.fabric.gatewayServer.Serve(ctx) }()
	t.Cleanup(func() { stop(); <-over })
	w.publish()
	return w
}

// oneService answers for all.
type oneService string

func (o oneService) Upstream(kernel.Scope, string, string) (addr, release string, ok bool) {
	return string(o), "r1", true
}

func (w *referenced) serve(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.seen = append(w.seen, r.Clone(context.WithoutCancel(r.Context())))
	w.mu.Unlock()
	switch {
	case r.URL.Path == "/v1/elsewhere":
		out.Header().Set("Location", "https://elsewhere.example/")
		out.WriteHeader(http.StatusFound)
	case r.URL.Path == "/v1/heaps":
		_, _ = io.CopyN(out, strings.NewReader(strings.Repeat("heaps ", 1<<20)), 5<<20)
	case r.Method == http.MethodPost:
		body, _ := io.ReadAll(r.Body)
		out.Header().Set("Content-Type", "application/json")
		out.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(out, `{"added": %s, "key": %q}`, body, r.Header.Get("X-Key"))
	default:
		http.SetCookie(out, &http.Cookie{Name: "terrace-sign-in", Value: "stolen", Path: "/"})
		out.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(out, `{"orders": ["the order of %s"], "key": %q}`, r.URL.Query().Get("limit"), r.Header.Get("X-Key"))
	}
}

// last is the request that has come to the service last, and how many have.
func (w *referenced) last() (*http.Request, int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.seen) == 0 {
		return nil, 0
	}
	return w.seen[len(w.seen)-1], len(w.seen)
}

func (w *referenced) publish() {
	w.t.Helper()
	ctx := kernel.WithActor(w.t.Context(), kernel.System("test", "default"))
	dev := kernel.Scope{Tenant: "default", Project: "demo", Stage: "dev"}
	k := apispec.Key{Tenant: "default", Project: "demo", API: "orders", Version: "v1"}
	w.page = w.address + "/apis/default/demo/orders/v1"
	if _, _, err := w.apis.Upload(ctx, k, triedDocument, "abcdef"); err != nil {
		w.t.Fatal(err)
	}
	for _, stage := range []string{"dev", "test"} {
		if _, err := w.apis.Publish(ctx, k, apispec.Publishing{Stage: stage}); err != nil {
			w.t.Fatal(err)
		}
	}
	if _, err := w.apis.Deprecate(ctx, k, apispec.Deprecation{Stage: "dev", Sunset: time.Now().AddDate(1, 0, 0), Link: "https://example.com/v2"}); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.fabric.gateway.PutRoute(ctx, dev, gateway.Route{Name: "orders", Hosts: []string{triedHost}, Rules: []gateway.Rule{{Backends: []gateway.Backend{{Service: "orders"}}}}}); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.fabric.gateway.PutPolicy(ctx, dev, gateway.Policy{
		Name: "orders", Kind: validate.KindName, Route: "orders", Spec: json.RawMessage(`{"apis": [{"api": "orders", "version": "v1"}]}`),
	}); err != nil {
		w.t.Fatal(err)
	}
	if err := w.fabric.gateway.Load(ctx); err != nil {
		w.t.Fatal(err)
	}
	if err := w.fabric.apis.view.Load(ctx); err != nil {
		w.t.Fatal(err)
	}
}

// TestAnOperationIsTriedInABrowser: a real one, from signing in to the service's answer,
// under the page's policy.
func TestAnOperationIsTriedInABrowser(t *testing.T) {
	t.Parallel()
	w := newReferenced(t)
	c := providertest.StartChromium(t)
	c.Open(w.page + "?stage=dev")
	c.Until("the page to sign in on", "document.querySelector('form[action=\"/sign-in\"]')")
	c.Fill("form[action=\"/sign-in\"]", "username", w.first.User, "password", w.first.Password)
	c.Until("the operations", "document.querySelectorAll('.opblock').length === 4")
	text := c.Run("document.body.innerText")
	for _, want := range []string{"The shop's orders", "orders v1 of demo, revision 1", "from abcdef", "Deprecated on dev", "it works until", "List orders", w.host + "/v1", "dev: 1 deprecated", "test: 1 published"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	c.Picture("reference")
	c.Run("document.querySelector('.opblock-get .opblock-summary-control').click()")
	c.Until("the button", "document.querySelector('.opblock-get .try-out__btn')")
	c.Run("document.querySelector('.opblock-get .try-out__btn').click()")
	c.Until("the other button", "document.querySelector('.opblock-get .execute')")
	c.Run("document.querySelector('.opblock-get .execute').click()")
	c.Until("the answer", "document.querySelector('.opblock-get .live-responses-table')?.innerText.includes('the order of 3')")
	if text := c.Run("document.querySelector('.opblock-get .responses-wrapper').innerText"); !strings.Contains(text, w.host+"/v1/orders?limit=3") || strings.Contains(text, "X-Try-") {
		t.Errorf("the request is shown as\n%s", text)
	}
	c.Run("document.querySelector('.opblock-post .opblock-summary-control').click()")
	c.Until("the button", "document.querySelector('.opblock-post .try-out__btn')")
	c.Run("document.querySelector('.opblock-post .try-out__btn').click()")
	c.Until("the other button", "document.querySelector('.opblock-post .execute')")
	c.Run("document.querySelector('.opblock-post .execute').click()")
	c.Until("the answer", "document.querySelector('.opblock-post .live-responses-table')?.innerText.includes('added')")
	c.Picture("tried")
	r, _ := w.last()
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Cookie") != "" {
		t.Errorf("%s %v", r.Method, r.Header)
	}
	c.Open(w.page + "?stage=test")
	c.Until("the page of another stage", "document.body.innerText.includes('nowhere to try it') && document.querySelectorAll('.opblock').length === 4")
	c.Run("document.querySelector('.opblock-get .opblock-summary-control').click()")
	c.Until("the operation", "document.querySelector('.opblock-get .opblock-body')")
	if c.Run("document.querySelector('.try-out__btn') === null") != "true" {
		t.Error("it can be tried where there is no route")
	}
	for _, problem := range c.Problems() {
		t.Errorf("the browser complains: %s", problem)
	}
}

// visit signs a browser in, and opens the page.
func (w *referenced) visit(page string) (*providertest.Browser, string) {
	w.t.Helper()
	b := providertest.NewBrowser(w.t, w.address)
	b.Open(page)
	b.Send("", "username", w.first.User, "password", w.first.Password)
	_, after, found := strings.Cut(b.Page, `data-form="`)
	if !found {
		w.t.Fatalf("%d %s", b.Status, b.Page)
	}
	form, _, _ := strings.Cut(after, `"`)
	return b, form
}

// TestWhatIsTriedGoesToTheAPIAlone: with what the page says, and nothing of the sign-in.
func TestWhatIsTriedGoesToTheAPIAlone(t *testing.T) {
	t.Parallel()
	w := newReferenced(t)
	b, form := w.visit(w.page + "?stage=dev")
	policy := b.Head.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'nonce-", "style-src 'self'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) || strings.Contains(policy, "unsafe") {
			t.Errorf("the policy is %s", policy)
		}
	}
	try := func(method, stage, to, body string, head ...string) *providertest.Browser {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, w.page+"/try?stage="+stage+"&to="+url.QueryEscape(to), strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Terrace-Form", form)
		r.Header.Set("X-Try-X-Key", "sesame")
		for i := 0; i < len(head); i += 2 {
			if head[i+1] == "" {
				r.Header.Del(head[i])
			} else {
				r.Header.Set(head[i], head[i+1])
			}
		}
		b.Do(r)
		return b
	}
	b.Leaves = func(*url.URL) bool { return true }
	orders := w.host + "/v1/orders"
	if try(http.MethodGet, "dev", orders+"?limit=5", "", "Authorization", "Basic YTpi", "Referer", w.page, "X-Try-Connection", "X-Key", "X-Try-Host", "evil.example", "X-Try-Authorization", "Bearer of-the-api"); b.Status != http.StatusOK || !strings.Contains(b.Page, `"the order of 5"`) || !strings.Contains(b.Page, "sesame") {
		t.Fatalf("%d %s", b.Status, b.Page)
	}
	r, n := w.last()
	for _, name := range []string{"Cookie", "Referer", "X-Terrace-Form", "Origin"} {
		if r.Header.Get(name) != "" {
			t.Errorf("%s goes along: %v", name, r.Header)
		}
	}
	if r.Header.Get("Authorization") != "Bearer of-the-api" || r.Host != strings.TrimPrefix(w.host, "https://") {
		t.Errorf("%s %v", r.Host, r.Header)
	}
	if b.Head.Get("Set-Cookie") != "" || b.Head.Get("Content-Security-Policy") != "sandbox; default-src 'none'" || b.Head.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", b.Head)
	}
	if try(http.MethodGet, "dev", w.host+"/v1/elsewhere", ""); b.Status != http.StatusFound || b.Head.Get("Location") != "" || b.Head.Get("X-Terrace-Location") != "https://elsewhere.example/" {
		t.Errorf("a redirect: %d %v", b.Status, b.Head)
	}
	if try(http.MethodPost, "dev", orders, `{"amount": "many"}`, "X-Try-Content-Type", "application/json"); b.Status != http.StatusUnprocessableEntity || !strings.Contains(b.Page, "/amount") {
		t.Errorf("what the gateway refuses: %d %s", b.Status, b.Page)
	}
	_, before := w.last()
	if before != n+1 {
		t.Errorf("%d requests after %d", before, n)
	}
	for name, c := range map[string]struct {
		method, stage, to string
		head              []string
		status            int
	}{
		"another host":              {http.MethodGet, "dev", "https://elsewhere.example/v1/orders", nil, http.StatusForbidden},
		"the control plane":         {http.MethodGet, "dev", w.address + "/v1/orders", nil, http.StatusForbidden},
		"the gateway's other port":  {http.MethodGet, "dev", "http://" + strings.TrimPrefix(w.host, "https://") + "/v1/orders", nil, http.StatusForbidden},
		"a name in the address":     {http.MethodGet, "dev", "https://" + triedHost + "@elsewhere.example/v1/orders", nil, http.StatusForbidden},
		"above the API":             {http.MethodGet, "dev", w.host + "/admin", nil, http.StatusForbidden},
		"beside it":                 {http.MethodGet, "dev", w.host + "/v10/orders", nil, http.StatusForbidden},
		"out of it":                 {http.MethodGet, "dev", w.host + "/v1/../admin", nil, http.StatusForbidden},
		"out of it, in other words": {http.MethodGet, "dev", w.host + "/v1/%2e%2e/admin", nil, http.StatusForbidden},
		"no address":                {http.MethodGet, "dev", "%", nil, http.StatusUnprocessableEntity},
		"a stage without a route":   {http.MethodGet, "test", orders, nil, http.StatusForbidden},
		"where it does not stand":   {http.MethodGet, "prod", orders, nil, http.StatusNotFound},
		"a link":                    {http.MethodGet, "dev", orders, []string{"X-Terrace-Form", ""}, http.StatusForbidden},
		"another page":              {http.MethodPost, "dev", orders, []string{"X-Terrace-Form", "guessed"}, http.StatusForbidden},
		"another site":              {http.MethodPost, "dev", orders, []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		"an answer without end":     {http.MethodGet, "dev", w.host + "/v1/heaps", nil, http.StatusRequestEntityTooLarge},
	} {
		if try(c.method, c.stage, c.to, "", c.head...); b.Status != c.status {
			t.Errorf("%s: %d %.200s", name, b.Status, b.Page)
		}
	}
	if try(http.MethodPost, "dev", orders, strings.Repeat("x", 1<<20+1), "X-Try-Content-Type", "application/json"); b.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("a large request: %d %.200s", b.Status, b.Page)
	}
	if _, after := w.last(); after != before+1 { // the heaps
		t.Errorf("%d requests came to the service, %d before", after, before)
	}
}

// TestTheReferenceIsForWhoMayReadIt, as are the document's texts.
func TestTheReferenceIsForWhoMayReadIt(t *testing.T) {
	t.Parallel()
	w := newReferenced(t)
	stranger := providertest.NewBrowser(t, w.address)
	for _, path := range []string{"", "?stage=dev", "/openapi.yaml", "/openapi.json?stage=dev"} {
		if stranger.Open(w.page + path); !strings.Contains(stranger.Page, `action="/sign-in"`) || strings.Contains(stranger.Page, "orders") {
			t.Errorf("%s without a sign-in: %d %s", path, stranger.Status, stranger.Page)
		}
	}
	if stranger.Open(w.page + "/try?stage=dev&to=" + w.host); stranger.Status != http.StatusForbidden {
		t.Errorf("it is tried without a sign-in: %d", stranger.Status)
	}
	b, _ := w.visit(w.page)
	if !strings.Contains(b.Page, "the newest revision") || strings.Contains(b.Page, `data-forward="/apis`) {
		t.Errorf("a draft can be tried: %s", b.Page)
	}
	for path, want := range map[string]string{"/openapi.yaml": "openapi: 3.1.0\n", "/openapi.json?stage=dev": `"openapi": "3.1.0"`} {
		if b.Open(w.page + path); b.Status != http.StatusOK || !strings.Contains(b.Page, want) || b.Head.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: %d %.200s", path, b.Status, b.Page)
		}
	}
	for _, path := range []string{"/openapi.xml", "?stage=prod", "x", "/openapi.yaml?stage=nothing"} {
		if b.Open(w.page + path); b.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, b.Status)
		}
	}
	if b.Open(w.address + "/apis/other/demo/orders/v1"); b.Status != http.StatusNotFound || strings.Contains(b.Page, "revision") {
		t.Errorf("another tenant's: %d", b.Status)
	}
	for path, status := range map[string]int{"reference.js": 200, "reference.css": 200, "swagger-ui.css": 200, "swagger-ui-bundle.js": 200, "index.html": 404, "oauth2-redirect.html": 404} {
		if stranger.Open(w.address + "/apis/assets/" + path); stranger.Status != status {
			t.Errorf("%s: %d", path, stranger.Status)
		}
	}
}
