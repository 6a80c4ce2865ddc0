package validate_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"gopkg.in/yaml.v3"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/validate"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/front"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

const (
	host = "orders.dev.shop.localhost"
	doc  = `
info: {title: Orders, version: '1'}
servers: [{url: https://api.example.com/v1}]
paths:
  /orders:
    get:
      operationId: listOrders
      parameters:
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}
        - {name: state, in: query, schema: {type: array, items: {enum: [open, done]}}}
        - {name: ids, in: query, explode: false, schema: {type: array, maxItems: 2, items: {type: integer}}}
        - {name: filter, in: query, style: deepObject, schema: {type: object, properties: {price: {type: number}}}}
        - {name: X-Tenant, in: header, required: true, schema: {type: string, pattern: '^[a-z]+$'}}
      responses:
        '200': {description: ok, content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Order'}}}}}
    post:
      operationId: addOrder
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: '#/components/schemas/Order'}}
          application/x-www-form-urlencoded: {schema: {$ref: '#/components/schemas/Order'}}
      responses: {'201': {description: made}}
  /orders/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get:
      operationId: getOrder
      deprecated: true
      x-sunset: '2099-06-30'
      responses:
        '200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}
  /orders/mine:
    get: {operationId: mine, responses: {'200': {description: ok}}}
components:
  schemas:
    Order:
      type: object
      required: [id, item]
      properties:
        id: {type: integer, readOnly: true}
        item: {type: string, minLength: 2}
        count: {type: integer, minimum: 1}
        note: NOTE
        parts: {type: array, items: {$ref: '#/components/schemas/Part'}}
    Part: {type: object, properties: {name: {type: string}}}
`
)

// document is the API in a version of the standard.
func document(t testing.TB, version string) any {
	t.Helper()
	note := "{type: [string, 'null'], maxLength: 5}"
	if version == "3.0.3" {
		note = "{type: string, nullable: true, maxLength: 5}"
	}
	var v any
	if err := yaml.Unmarshal([]byte("openapi: "+version+strings.Replace(doc, "NOTE", note, 1)), &v); err != nil {
		t.Fatal(err)
	}
	src, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(src, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

var dev = kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}

// fixture is a gateway on a socket, before a service that answers as a test says.
type fixture struct {
	service *gateway.Service
	catalog *validate.Catalog
	server  *front.Server
	client  *http.Client

	mu     sync.Mutex
	answer http.HandlerFunc
	addr   string
	calls  []string
}

func (f *fixture) Record(context.Context, kernel.Fact) error { return nil }

func (f *fixture) Authorize(context.Context, string, kernel.Scope) error { return nil }

func (f *fixture) Upstream(kernel.Scope, string, string) (addr, release string, ok bool) {
	return f.addr, "", true
}

func (f *fixture) Count(scope kernel.Scope, api, version, operation, consumer string, status int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, fmt.Sprint(scope, api, version, operation, consumer, status))
}

func (f *fixture) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	answer := f.answer
	f.mu.Unlock()
	answer(w, r)
}

func (f *fixture) answers(status int, kind, body string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func start(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{catalog: &validate.Catalog{}}
	up := httptest.NewServer(f)
	t.Cleanup(up.Close)
	f.addr = strings.TrimPrefix(up.URL, "http://")
	quiet := slog.New(slog.DiscardHandler)
	kind, err := validate.New(f.catalog, f, quiet, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	d := dbtest.SQLite(t, gatewaysql.Migrations())
	store := gatewaysql.NewStore(d)
	f.service = gateway.NewService(gateway.Config{Store: store, PolicyStore: store, Authorizer: f, Journal: f, Tx: d, Log: quiet, Kinds: []gateway.Kind{kind}})
	if err := f.service.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	relay := proxy.New(proxy.Config{Routes: f.service, Upstreams: f, Log: quiet})
	authority, err := pki.Own(pki.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f.server, err = front.Listen(context.Background(), front.Config{
		TLSAddr: "127.0.0.1:0", PlainAddr: "127.0.0.1:0", TLS: &tls.Config{GetCertificate: authority.GetCertificate, MinVersion: tls.VersionTLS12}, Handler: relay.Handle, Log: quiet,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.server.Serve(ctx) }()
	f.client = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority.Pool(), MinVersion: tls.VersionTLS12}, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		_, port, _ := net.SplitHostPort(addr)
		return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
	}}}
	t.Cleanup(func() {
		f.client.CloseIdleConnections()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
		relay.Close()
	})
	_, err = f.service.PutRoute(t.Context(), dev, gateway.Route{Name: "orders", Hosts: []string{host}, Rules: []gateway.Rule{{Backends: []gateway.Backend{{Service: "orders", Port: "http"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// policy puts a policy on the route.
func (f *fixture) policy(t testing.TB, spec string) {
	t.Helper()
	if _, err := f.service.PutPolicy(t.Context(), dev, gateway.Policy{Name: "orders", Kind: "ValidationPolicy", Route: "orders", Spec: json.RawMessage(spec)}); err != nil {
		t.Fatal(err)
	}
}

// stands has the API stand in a version of the standard.
func (f *fixture) stands(t testing.TB, version string, change func(c *validate.Contract)) {
	t.Helper()
	c := validate.Contract{Scope: dev, API: "orders", Version: "v1", Digest: version, Document: document(t, version), Published: time.Unix(1700000000, 0)}
	if change != nil {
		change(&c)
	}
	if failed := f.catalog.Set([]validate.Contract{c}); failed != nil {
		t.Fatal(failed)
	}
}

func (f *fixture) do(t testing.TB, method, path, kind, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, fmt.Sprintf("https://%s:%d%s", host, f.server.Port(), path), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(headers, "ACME") {
		req.Header.Set("X-Tenant", "acme")
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := f.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(content)
}

func TestRequestsAreHeldAgainstTheDocument(t *testing.T) {
	t.Parallel()
	const js = "application/json"
	cases := map[string]struct {
		method, path, kind, body string
		headers                  []string
		status                   int
		says                     string
	}{
		"a list":                   {"GET", "/v1/orders?limit=5&state=open&state=done&ids=1,2&filter[price]=1.5", "", "", nil, 200, ""},
		"the more exact path":      {"GET", "/v1/orders/mine", "", "", nil, 200, ""},
		"a parameter in a path":    {"GET", "/v1/orders/x", "", "", nil, 400, `"in":"path","pointer":"/id","rule":"type"`},
		"too many":                 {"GET", "/v1/orders?limit=500", "", "", nil, 400, `"in":"query","pointer":"/limit","rule":"maximum"`},
		"no number":                {"GET", "/v1/orders?limit=many", "", "", nil, 400, `"pointer":"/limit","rule":"type"`},
		"a word of a list":         {"GET", "/v1/orders?state=open&state=lost", "", "", nil, 400, `"pointer":"/state/1","rule":"enum"`},
		"a list with commas":       {"GET", "/v1/orders?ids=1,2,3", "", "", nil, 400, `"pointer":"/ids","rule":"maxItems"`},
		"a deep object":            {"GET", "/v1/orders?filter[price]=dear", "", "", nil, 400, `"pointer":"/filter/price","rule":"type"`},
		"a header":                 {"GET", "/v1/orders", "", "", []string{"X-Tenant", "ACME"}, 400, `"in":"header","pointer":"/X-Tenant","rule":"pattern"`},
		"a body":                   {"POST", "/v1/orders", js, `{"item":"tea","note":null,"parts":[{"name":"a"}]}`, nil, 201, ""},
		"a form":                   {"POST", "/v1/orders", "application/x-www-form-urlencoded", "item=tea&count=2", nil, 201, ""},
		"a form's number":          {"POST", "/v1/orders", "application/x-www-form-urlencoded", "item=tea&count=0", nil, 422, `"pointer":"/count","rule":"minimum"`},
		"a limit twice":            {"GET", "/v1/orders?limit=5&limit=500", "", "", nil, 400, `"in":"query","pointer":"/limit","rule":"duplicate"`},
		"a list with commas twice": {"GET", "/v1/orders?ids=1&ids=x", "", "", nil, 400, `"pointer":"/ids","rule":"duplicate"`},
		"a deep field twice":       {"GET", "/v1/orders?filter[price]=1&filter[price]=dear", "", "", nil, 400, `"pointer":"/filter","rule":"duplicate"`},
		"a header twice":           {"GET", "/v1/orders", "", "", []string{"X-Tenant", "shop"}, 400, `"pointer":"/X-Tenant","rule":"duplicate"`},
		"a form's field twice":     {"POST", "/v1/orders", "application/x-www-form-urlencoded", "item=tea&count=2&count=0", nil, 422, `"pointer":"/count","rule":"duplicate"`},
		"a field twice":            {"POST", "/v1/orders", js, `{"item":"t","\u0069tem":"tea"}`, nil, 422, `"in":"body","rule":"duplicate"`},
		"an inner field twice":     {"POST", "/v1/orders", js, `{"item":"a:\":b","parts":[{"name":"a","name":"b"}]}`, nil, 422, `"rule":"duplicate"`},
		"a colon in a text":        {"POST", "/v1/orders", js, `{"item":"a:\":b","parts":[{"name":"a:"}]}`, nil, 201, ""},
		"no UTF-8":                 {"POST", "/v1/orders", js, "{\"item\":\"t\xff\xff\"}", nil, 422, `no text in UTF-8`},
		"a field too short":        {"POST", "/v1/orders", js, `{"item":"t"}`, nil, 422, `"in":"body","pointer":"/item","rule":"minLength"`},
		"a field deep inside":      {"POST", "/v1/orders", js, `{"item":"tea","parts":[{},{"name":7}]}`, nil, 422, `"pointer":"/parts/1/name","rule":"type"`},
		"a field that is not":      {"POST", "/v1/orders", js, `{}`, nil, 422, `it lacks item`},
		"a note too long":          {"POST", "/v1/orders", js, `{"item":"tea","note":"secret-note"}`, nil, 422, `"pointer":"/note","rule":"maxLength"`},
		"no JSON":                  {"POST", "/v1/orders", js, `{"item":`, nil, 422, `"rule":"syntax"`},
		"no body":                  {"POST", "/v1/orders", js, ``, nil, 400, `the body is missing`},
		"another type":             {"POST", "/v1/orders", "text/xml", `<a/>`, nil, 415, `"/Content-Type"`},
		"a compressed one":         {"POST", "/v1/orders", js, `{}`, []string{"Content-Encoding", "gzip"}, 415, `"/Content-Encoding"`},
		"too large":                {"POST", "/v1/orders", js, `{"item":"` + strings.Repeat("t", 4000) + `"}`, nil, 413, `maxBodyBytes`},
		"another method":           {"DELETE", "/v1/orders", "", "", nil, 405, "Method not allowed"},
		"another path":             {"GET", "/v1/customers", "", "", nil, 404, "No such operation"},
		"another prefix":           {"GET", "/v2/orders", "", "", nil, 404, "No such operation"},
		"half a prefix":            {"GET", "/v1x/orders", "", "", nil, 404, "No such operation"},
	}
	for _, version := range []string{"3.0.3", "3.1.0"} {
		f := start(t)
		f.stands(t, version, nil)
		f.policy(t, `{"apis":[{"api":"orders","version":"v1"}],"maxBodyBytes":2000}`)
		for name, c := range cases {
			f.answers(max(200, c.status), "text/plain", "")
			resp, body := f.do(t, c.method, c.path, c.kind, c.body, c.headers...)
			if resp.StatusCode != c.status || !strings.Contains(body, c.says) || strings.Contains(body, "secret-note") {
				t.Errorf("%s, %s: %d %s", version, name, resp.StatusCode, body)
			}
			if c.status >= 400 && resp.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: %s", name, resp.Header.Get("Content-Type"))
			}
		}
	}
}

func TestUnknownFieldsAsConfigured(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.0.3", "3.1.0"} {
		f := start(t)
		f.answers(201, "text/plain", "")
		f.stands(t, version, nil)
		for _, unknown := range []string{"allow", "refuse"} {
			f.policy(t, `{"apis":[{"api":"orders","version":"v1"}],"unknownFields":"`+unknown+`"}`)
			for _, c := range []struct{ method, path, body string }{
				{"POST", "/v1/orders", `{"item":"tea","colour":"red"}`},
				{"POST", "/v1/orders", `{"item":"tea","parts":[{"name":"a","size":1}]}`},
				{"GET", "/v1/orders?colour=red", ""},
			} {
				resp, body := f.do(t, c.method, c.path, "application/json", c.body)
				if refused := resp.StatusCode == 400 || resp.StatusCode == 422; refused != (unknown == "refuse") {
					t.Errorf("%s %s %s %s: %d %s", version, unknown, c.path, c.body, resp.StatusCode, body)
				}
			}
			if resp, body := f.do(t, "POST", "/v1/orders", "application/json", `{"item":"tea","parts":[{"name":"a"}]}`); resp.StatusCode != 201 {
				t.Errorf("%s %s: what is known is refused: %d %s", version, unknown, resp.StatusCode, body)
			}
		}
	}
}

func TestAnswersAreHeldAgainstTheDocument(t *testing.T) {
	t.Parallel()
	const fits, breaks = `{"id":1,"item":"tea"}`, `{"item":"tea"}`
	cases := map[string]struct {
		mode, kind, body string
		status, want     int
	}{
		"fits":            {"block", "application/json", fits, 200, 200},
		"lacks its id":    {"block", "application/json", breaks, 200, 502},
		"reported":        {"report", "application/json", breaks, 200, 200},
		"off":             {"off", "application/json", breaks, 200, 200},
		"another type":    {"block", "text/html", fits, 200, 502},
		"another status":  {"block", "application/json", fits, 203, 502},
		"beyond the most": {"block", "application/json", `{"item":"` + strings.Repeat("t", 300_000) + `"}`, 200, 200},
	}
	f := start(t)
	f.stands(t, "3.1.0", nil)
	for name, c := range cases {
		f.policy(t, `{"apis":[{"api":"orders","version":"v1"}],"maxBodyBytes":200000,"responses":"`+c.mode+`"}`)
		f.answers(c.status, c.kind, c.body)
		resp, body := f.do(t, "GET", "/v1/orders/7", "", "")
		if resp.StatusCode != c.want || c.want != 502 && body != c.body || c.want == 502 && !strings.Contains(body, "Answer does not fit") {
			t.Errorf("%s: %d with %d bytes", name, resp.StatusCode, len(body))
		}
	}
}

// TestTheBoundOfAnswers: what is as large as it is read, and held back until then; one byte
// more leaves unread or not at all, as the policy says, whether the service told its length
// or not.
func TestTheBoundOfAnswers(t *testing.T) {
	t.Parallel()
	const bound = 64 << 10
	of := func(size int, id string) string {
		head, tail := `{"id":`+id+`,"item":"`, `"}`
		return head + strings.Repeat("t", size-len(head)-len(tail)) + tail
	}
	f := start(t)
	f.stands(t, "3.1.0", nil)
	for name, c := range map[string]struct {
		unread, body string
		want         int
	}{
		"as large as it may be":             {"pass", of(bound, "1"), 200},
		"as large, and wrong":               {"pass", of(bound, `"one"`), 502},
		"one byte more":                     {"pass", of(bound+1, "1"), 200},
		"one byte more, and wrong":          {"pass", of(bound+1, `"one"`), 200},
		"as large as it may be, strictly":   {"refuse", of(bound, "1"), 200},
		"one byte more, strictly":           {"refuse", of(bound+1, "1"), 502},
		"very much more, strictly":          {"refuse", of(8<<20, "1"), 502},
		"very much more, which is let pass": {"pass", of(8<<20, "1"), 200},
	} {
		for _, streams := range []bool{false, true} {
			f.policy(t, fmt.Sprintf(`{"apis":[{"api":"orders","version":"v1"}],"maxBodyBytes":%d,"responses":"block","unreadResponses":%q}`, bound, c.unread))
			f.mu.Lock()
			f.answer = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if !streams {
					w.Header().Set("Content-Length", strconv.Itoa(len(c.body)))
				}
				for part := range slices.Chunk([]byte(c.body), 10_000) {
					_, _ = w.Write(part)
					if streams {
						_ = http.NewResponseController(w).Flush()
					}
				}
			}
			f.mu.Unlock()
			resp, body := f.do(t, "GET", "/v1/orders/7", "", "")
			if resp.StatusCode != c.want || c.want == 200 && body != c.body || c.want == 502 && strings.Contains(body, "ttt") {
				t.Errorf("%s, streams: %t: %d with %d bytes", name, streams, resp.StatusCode, len(body))
			}
		}
	}
}

func TestClientsLearnWhereAnAPIIsInItsLife(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.answers(200, "application/json", `{"id":1,"item":"tea"}`)
	f.policy(t, `{"apis":[{"api":"orders","version":"v1"}]}`)
	if resp, _ := f.do(t, "GET", "/v1/orders/7", "", ""); resp.StatusCode != 404 {
		t.Errorf("before it is published: %d", resp.StatusCode)
	}
	f.stands(t, "3.1.0", nil)
	resp, _ := f.do(t, "GET", "/v1/orders/mine", "", "")
	if resp.StatusCode != 200 || resp.Header.Get("Deprecation") != "" {
		t.Errorf("published: %d %v", resp.StatusCode, resp.Header)
	}
	resp, _ = f.do(t, "GET", "/v1/orders/7", "", "")
	if resp.Header.Get("Deprecation") != "@1700000000" || resp.Header.Get("Sunset") != "Tue, 30 Jun 2099 00:00:00 GMT" {
		t.Errorf("an operation that is deprecated: %v", resp.Header)
	}
	f.stands(t, "3.1.0", func(c *validate.Contract) {
		c.Deprecated, c.Sunset, c.Link = time.Unix(1710000000, 0), time.Unix(1900000000, 0), "https://example.com/v2"
	})
	resp, _ = f.do(t, "GET", "/v1/orders/mine", "", "")
	if resp.StatusCode != 200 || resp.Header.Get("Deprecation") != "@1710000000" || resp.Header.Get("Sunset") != "Sun, 17 Mar 2030 17:46:40 GMT" || resp.Header.Get("Link") != `<https://example.com/v2>; rel="deprecation"` {
		t.Errorf("deprecated: %v", resp.Header)
	}
	f.stands(t, "3.1.0", func(c *validate.Contract) { c.Retired = true })
	if resp, body := f.do(t, "GET", "/v1/orders/mine", "", ""); resp.StatusCode != 410 || !strings.Contains(body, "API retired") {
		t.Errorf("retired: %d %s", resp.StatusCode, body)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.calls) != 3 || !strings.Contains(f.calls[0], "mine") || !strings.HasSuffix(f.calls[0], "200") {
		t.Errorf("counted %q", f.calls)
	}
}

func TestVersionsByHeader(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.answers(200, "text/plain", "")
	f.policy(t, `{"apis":[{"api":"orders","version":"v2","prefix":"","header":{"name":"Api-Version","value":"2"}},{"api":"orders","version":"v1","prefix":""}]}`)
	old, next := document(t, "3.1.0"), document(t, "3.1.0")
	delete(next.(map[string]any)["paths"].(map[string]any), "/orders/mine") //nolint:forcetypeassert // as written above
	delete(next.(map[string]any)["paths"].(map[string]any), "/orders/{id}") //nolint:forcetypeassert // as written above
	if failed := f.catalog.Set([]validate.Contract{{Scope: dev, API: "orders", Version: "v1", Digest: "1", Document: old}, {Scope: dev, API: "orders", Version: "v2", Digest: "2", Document: next}}); failed != nil {
		t.Fatal(failed)
	}
	if resp, _ := f.do(t, "GET", "/orders/mine", "", ""); resp.StatusCode != 200 {
		t.Errorf("v1: %d", resp.StatusCode)
	}
	if resp, _ := f.do(t, "GET", "/orders/mine", "", "", "Api-Version", "2"); resp.StatusCode != 404 {
		t.Errorf("v2: %d", resp.StatusCode)
	}
	if failed := f.catalog.Set([]validate.Contract{{Scope: dev, API: "orders", Version: "v1", Digest: "1", Document: old}}); failed != nil {
		t.Fatal(failed)
	}
	if resp, _ := f.do(t, "GET", "/orders/mine", "", "", "Api-Version", "2"); resp.StatusCode != 404 {
		t.Errorf("v2, which is not published, is held against v1: %d", resp.StatusCode)
	}
	if resp, _ := f.do(t, "GET", "/orders/mine", "", ""); resp.StatusCode != 200 {
		t.Errorf("v1 alone: %d", resp.StatusCode)
	}
}

// TestVersionsThatAreNotPublishedAreWarnedOf when a policy is applied that names them.
func TestVersionsThatAreNotPublishedAreWarnedOf(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.stands(t, "3.1.0", nil)
	apply := func(metadata, apis string, dry bool) string {
		t.Helper()
		file := gatewaydoc.File{Name: "orders.yaml", Source: "apiVersion: gateway.terrace.dev/v1\nkind: ValidationPolicy\nmetadata: " + metadata + "\nspec:\n  apis: " + apis + "\n"}
		changes, err := f.service.Apply(kernel.WithActor(t.Context(), kernel.System("test", dev.Tenant)), kernel.Scope{Tenant: dev.Tenant}, []gatewaydoc.File{file}, gateway.ApplyOptions{DryRun: dry})
		if err != nil || len(changes) != 1 {
			t.Fatal(changes, err)
		}
		told := ""
		for _, w := range changes[0].Warnings {
			told += w.String()
		}
		return told
	}
	const stage = "{name: orders, project: shop, stage: dev}"
	for name, c := range map[string]struct{ metadata, apis, want, fix string }{
		"none is there":             {stage, "[{api: ordrs, version: v9}]", "version v9 of the API ordrs is published on no stage", "answered with 404"},
		"one is there":              {stage, "[{api: orders, version: v1}, {api: orders, version: v2}]", "version v2 of the API orders", "no request is held against it"},
		"nor on another stage":      {"{name: orders, project: shop, stage: prod}", "[{api: orders, version: v1}]", "version v1 of the API orders", "404"},
		"nor in another project":    {"{name: orders, project: till}", "[{api: orders, version: v1}]", "version v1 of the API orders", "404"},
		"on a stage of the project": {"{name: orders, project: shop}", "[{api: orders, version: v1}]", "", ""},
		"in the tenant":             {"{name: orders}", "[{api: orders, version: v1}]", "", ""},
		"all are":                   {stage, "[{api: orders, version: v1}]", "", ""},
	} {
		for _, dry := range []bool{true, false} {
			got := apply(c.metadata, c.apis, dry)
			if c.want == "" && got != "" || !strings.Contains(got, c.want) || !strings.Contains(got, c.fix) {
				t.Errorf("%s: %q", name, got)
			}
		}
	}
}

func TestADocumentThatCannotBeCompiledLeavesTheOneBefore(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.answers(200, "text/plain", "")
	f.policy(t, `{"apis":[{"api":"orders","version":"v1"}]}`)
	f.stands(t, "3.1.0", nil)
	failed := f.catalog.Set([]validate.Contract{{Scope: dev, API: "orders", Version: "v1", Digest: "x", Document: "no document"}})
	if len(failed) != 1 || f.catalog.Knows("x") || !f.catalog.Knows("3.1.0") {
		t.Errorf("%v", failed)
	}
	if resp, _ := f.do(t, "GET", "/v1/orders/mine", "", ""); resp.StatusCode != 200 {
		t.Errorf("%d", resp.StatusCode)
	}
}

func TestASpecThatIsWrongTellsAllAtOnce(t *testing.T) {
	t.Parallel()
	f := start(t)
	put := func(spec string) *kernel.Error {
		_, err := f.service.PutPolicy(t.Context(), dev, gateway.Policy{Name: "orders", Kind: "ValidationPolicy", Spec: json.RawMessage(spec)})
		known, _ := errors.AsType[*kernel.Error](err)
		return known
	}
	err := put(`{"apis":[{"api":"orders","prefix":"v1","header":{"name":"a b"}}],"requests":"maybe","unknownFields":"x","maxBodyBytes":-1}`)
	if err == nil || err.Kind != kernel.Invalid || len(err.Problems) != 6 {
		t.Errorf("told %v", err)
	}
	if err = put(`{"apis":[{"api":"orders","version":"v1"}],"colour":"red"}`); err == nil || !strings.Contains(err.Error(), "colour") {
		t.Errorf("told %v", err)
	}
	err = put(`{"apis":[{"api":"orders","version":1}],"colour":"red","requests":"maybe"}`)
	var at []string
	if err != nil {
		for _, p := range err.Problems {
			at = append(at, p.Path)
		}
	}
	if got := strings.Join(at, " "); got != "apis[0].version colour requests apis[0].api" {
		t.Errorf("told of %s", got)
	}
}

// BenchmarkRequest is a POST of 200 bytes through the gateway, with the policy and without.
func BenchmarkRequest(b *testing.B) {
	for _, with := range []bool{false, true} {
		b.Run(fmt.Sprintf("validated=%v", with), func(b *testing.B) {
			f := start(b)
			f.answers(201, "text/plain", "")
			f.stands(b, "3.1.0", nil)
			if with {
				f.policy(b, `{"apis":[{"api":"orders","version":"v1"}]}`)
			}
			body := `{"item":"tea","count":3,"note":"dry","parts":[` + strings.Repeat(`{"name":"leaf"},`, 9) + `{"name":"cup"}]}`
			for b.Loop() {
				if resp, _ := f.do(b, "POST", "/v1/orders", "application/json", body); resp.StatusCode != 201 {
					b.Fatal(resp.StatusCode)
				}
			}
		})
	}
}
