package cache_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	tier "github.com/terrace-idp/terrace/internal/fabric/cache"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/cache"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// echo answers with all that a service may build an answer from.
func echo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "max-age=60")
	body, _ := io.ReadAll(r.Body)
	_, _ = fmt.Fprintf(w, "host=%s xfh=%s xfp=%s uri=%s override=%s body=%s", r.Host, r.Header.Get("X-Forwarded-Host"),
		r.Header.Get("X-Forwarded-Proto"), r.RequestURI, r.Header.Get("X-Http-Method-Override")+r.Header.Get("X-Original-Url"), body)
}

// TestPoisoning has one client send what a careless service would answer to,
// and asserts that another client, who asks without it, sees nothing of it.
func TestPoisoning(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, spec, method, path, body string
		headers                        []string
		evil                           string
	}{
		{"X-Forwarded-Host", `{}`, "GET", "/", "", []string{"X-Forwarded-Host", "evil.example"}, "evil"},
		{"X-Forwarded-Proto", `{}`, "GET", "/", "", []string{"X-Forwarded-Proto", "evil"}, "evil"},
		{"X-Original-URL", `{}`, "GET", "/", "", []string{"X-Original-URL", "/evil"}, "evil"},
		{"X-HTTP-Method-Override", `{}`, "GET", "/", "", []string{"X-HTTP-Method-Override", "EVIL"}, "EVIL"},
		{"a port in Host", `{}`, "GET", "/", "", []string{"Host", host + ":666"}, "666"},
		{"a body of GET", `{}`, "GET", "/", "evil", nil, "evil"},
		{"a parameter that is not in the key", `{"key": {"query": {"exclude": ["utm_source"]}}}`, "GET", "/?utm_source=evil", "", nil, "evil"},
		{"a parameter behind a semicolon", `{"key": {"query": {"include": ["id"]}}}`, "GET", "/?utm=1;id=evil", "", nil, "evil"},
		{"an encoded parameter", `{"key": {"query": {"exclude": ["utm"]}}}`, "GET", "/?%75tm=evil", "", nil, "evil"},
		{"an encoded path", `{}`, "GET", "/%2Fevil/..%2e", "", nil, "evil"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := start(t, c.spec, nil)
			f.service.says(echo)
			f.do(c.method, c.path, c.body, c.headers...)
			if g := f.get("/"); strings.Contains(g.body, c.evil) || g.StatusCode != http.StatusOK {
				t.Errorf("another client sees %q", g.body)
			}
		})
	}
}

func TestPathsAndQueriesAreToldApart(t *testing.T) {
	t.Parallel()
	f := start(t, `{"key": {"query": {"sort": true}}}`, nil)
	f.service.says(echo)
	seen := map[string]string{}
	for _, path := range []string{"/a/b", "/a%2Fb", "/a/b/", "/A/b", "/a/b?x=1", "/a/b?x=2", "/a/b?X=1", "/a/b?x=1&y=2"} {
		g := f.get(path)
		if g.hit() || seen[g.body] != "" {
			t.Errorf("%s is answered with %s", path, g.body)
		}
		seen[g.body] = path
	}
	if g := f.get("/a/b?y=2&x=1"); !g.hit() {
		t.Errorf("sorted parameters are another key: %s", g.Header.Get("Cache-Status"))
	}
}

// TestNothingCrossesRoutes has one policy for two routes, and one for another
// tenant of the same name.
func TestNothingCrossesRoutes(t *testing.T) {
	t.Parallel()
	f := start(t, `{}`, nil)
	f.service.says(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		_, _ = io.WriteString(w, r.Header.Get("X-Rule"))
	})
	r := gateway.ToService("orders", host, "", "orders", "")
	canary := r.Rules[0]
	canary.Matches = []gateway.Match{{Path: r.Rules[0].Matches[0].Path, Headers: []gateway.ValueMatch{{Name: "X-Canary", Value: "1"}}}}
	canary.RequestHeaders = &gateway.HeaderChange{Set: []gateway.Header{{Name: "X-Rule", Value: "canary"}}}
	r.Rules = append([]gateway.Rule{canary}, r.Rules...)
	if _, err := f.routes.PutRoute(t.Context(), dev, r); err != nil {
		t.Fatal(err)
	}
	if g := f.get("/", "X-Canary", "1"); g.body != "canary" {
		t.Fatalf("the rule does not hold: %q", g.body)
	}
	if g := f.get("/"); g.hit() || g.body != "" {
		t.Fatalf("an answer of another rule: %q", g.body)
	}
	if g := f.get("/", "X-Canary", "1"); !g.hit() || g.body != "canary" {
		t.Fatalf("%q, %s", g.body, g.Header.Get("Cache-Status"))
	}
	before := f.service.count()
	if _, err := f.routes.PutRoute(t.Context(), dev, r); err != nil {
		t.Fatal(err)
	}
	if g := f.get("/"); g.hit() || f.service.count() != before+1 {
		t.Error("a route that was changed has answers of before")
	}
}

func TestRequestsForOneAnswerAreOne(t *testing.T) {
	t.Parallel()
	f := start(t, `{"collapse": {"wait": "1m"}}`, nil)
	release := make(chan struct{})
	f.service.says(func(w http.ResponseWriter, r *http.Request) {
		<-release
		with("a", "Cache-Control", "max-age=60")(w, r)
	})
	var wg sync.WaitGroup
	var hits atomic.Int64
	for range 20 {
		wg.Go(func() {
			if f.get("/").hit() {
				hits.Add(1)
			}
		})
	}
	filtertest.Until(t, "the service to be asked", func() bool { return f.service.count() == 1 })
	close(release)
	wg.Wait()
	if f.service.count() != 1 || hits.Load() != 19 {
		t.Fatalf("the service was asked %d times, %d hits", f.service.count(), hits.Load())
	}
}

// TestNobodyGetsAnothersAnswer has requests wait for one that turns out to be
// private.
func TestNobodyGetsAnothersAnswer(t *testing.T) {
	t.Parallel()
	f := start(t, `{"collapse": {"wait": "1m"}}`, nil)
	release := make(chan struct{})
	var n atomic.Int64
	f.service.says(func(w http.ResponseWriter, r *http.Request) {
		mine := n.Add(1)
		if mine == 1 {
			<-release
		}
		with(fmt.Sprint(mine), "Cache-Control", "private, max-age=60")(w, r)
	})
	var wg sync.WaitGroup
	var bodies sync.Map
	for range 10 {
		wg.Go(func() {
			g := f.get("/")
			if _, twice := bodies.LoadOrStore(g.body, true); twice || g.hit() {
				t.Errorf("a private answer went to two clients: %q", g.body)
			}
		})
	}
	filtertest.Until(t, "the service to be asked", func() bool { return f.service.count() == 1 })
	close(release)
	wg.Wait()
}

func TestStaleWhileRevalidate(t *testing.T) {
	t.Parallel()
	f := start(t, `{}`, nil)
	f.service.says(with("old", "Cache-Control", "max-age=10, stale-while-revalidate=60"))
	f.get("/")
	f.clock.forward(20 * time.Second)
	f.service.says(with("new", "Cache-Control", "max-age=10, stale-while-revalidate=60"))
	if g := f.get("/"); g.body != "old" || !g.hit() {
		t.Fatalf("%q, %s", g.body, g.Header.Get("Cache-Status"))
	}
	filtertest.Until(t, "the new answer", func() bool { return f.get("/").body == "new" })
	if n := f.service.count(); n != 2 {
		t.Errorf("the service was asked %d times", n)
	}
}

// TestStreams stores an answer while it is passed on, and never one that breaks.
func TestStreams(t *testing.T) {
	t.Parallel()
	f := start(t, `{"maxObject": "512Ki"}`, nil)
	large := strings.Repeat("0123456789abcdef", 16<<10) // 256 KiB
	chunked := func(n int, whole bool) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "max-age=60")
			for range n {
				_, _ = io.WriteString(w, large)
				_ = http.NewResponseController(w).Flush()
			}
			if !whole {
				panic(http.ErrAbortHandler)
			}
		}
	}
	f.service.says(chunked(1, true))
	if a, b := f.get("/chunks"), f.get("/chunks"); a.body != large || b.body != large || !b.hit() {
		t.Errorf("chunks: %d and %d bytes, %s", len(a.body), len(b.body), b.Header.Get("Cache-Status"))
	}
	f.service.says(with(large, "Cache-Control", "max-age=60", "Content-Length", fmt.Sprint(len(large))))
	if a, b := f.get("/length"), f.get("/length"); a.body != large || b.body != large || !b.hit() {
		t.Errorf("with its length: %d and %d bytes, %s", len(a.body), len(b.body), b.Header.Get("Cache-Status"))
	}
	f.service.says(chunked(3, true))
	if a, b := f.get("/larger"), f.get("/larger"); len(a.body) != 3*len(large) || b.hit() {
		t.Errorf("larger than allowed: %d bytes, %s", len(a.body), b.Header.Get("Cache-Status"))
	}
	f.service.says(chunked(1, false))
	resp, err := f.client.Get(f.base + "/broken")
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	if err == nil {
		t.Fatal("a broken answer looks whole: the test proves nothing")
	}
	f.service.says(with("whole", "Cache-Control", "max-age=60"))
	if g := f.get("/broken"); g.hit() || g.body != "whole" {
		t.Errorf("a broken answer was stored: %d bytes, %s", len(g.body), g.Header.Get("Cache-Status"))
	}
}

// TestUnsafeMethodsDropWhatTheirAnswersName follows Location and
// Content-Location, on the same host alone (RFC 9111 §4.4).
func TestUnsafeMethodsDropWhatTheirAnswersName(t *testing.T) {
	t.Parallel()
	f := start(t, `{}`, nil)
	f.service.says(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.Header().Set("Location", "/a")
			w.Header().Set("Content-Location", "http://other.example/b")
			w.WriteHeader(http.StatusCreated)
			return
		}
		with("x", "Cache-Control", "max-age=60")(w, r)
	})
	f.get("/a")
	f.get("/b")
	f.do(http.MethodPost, "/new", "x")
	if f.get("/a").hit() || !f.get("/b").hit() {
		t.Error("what the Location names stays, or what another host names goes")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	f := start(t, `{"memory": "1Mi", "maxObject": "64Ki"}`, nil)
	f.service.says(with(strings.Repeat("x", 32<<10), "Cache-Control", "max-age=60"))
	for i := range 200 { // six times what fits
		f.get(fmt.Sprintf("/%d", i))
	}
	if held := f.kind.Held(); held > 1<<20 || held < 1<<18 {
		t.Errorf("%d bytes are held of 1 MiB", held)
	}
}

// TestPoliciesShareTheMemory has two policies want more than there is.
func TestPoliciesShareTheMemory(t *testing.T) {
	t.Parallel()
	f := start(t, `{"memory": "1Mi", "maxObject": "64Ki"}`, func(c *tier.RoomConfig) { c.Memory = 1 << 20 })
	p := gateway.Policy{Name: "second", Kind: cache.KindName, Route: "second", Spec: []byte(`{"memory": "3Mi", "maxObject": "64Ki"}`)}
	if _, err := f.routes.PutPolicy(t.Context(), dev, p); err != nil {
		t.Fatal(err)
	}
	if _, err := f.routes.PutRoute(t.Context(), dev, gateway.ToService("second", "second.dev.shop.localhost", "", "orders", "")); err != nil {
		t.Fatal(err)
	}
	f.service.says(with(strings.Repeat("x", 32<<10), "Cache-Control", "max-age=60"))
	for i := range 100 {
		f.get(fmt.Sprintf("/%d", i))
		f.get(fmt.Sprintf("/%d", i), "Host", "second.dev.shop.localhost")
	}
	if held := f.kind.Held(); held > 1<<20 || held < 1<<18 {
		t.Errorf("%d bytes are held of 1 MiB", held)
	}
}

func TestSpecsAreReadStrictly(t *testing.T) {
	t.Parallel()
	k := cache.NewKind(cache.Config{})
	defer k.Close()
	spec := `{"ttl": {"default": "soon", "statuses": {"99": "1s", "404": "1m"}}, "key": {"query": {"include": ["a"], "exclude": ["b"]}, "header": []},
		"memory": "1Mi", "maxObject": "2Mi", "methods": ["POST"], "setCookie": "keep", "stale": {"ifError": 5}}`
	_, err := k.Compile(t.Context(), gateway.Policy{Name: "p", Spec: []byte(spec)}, gateway.Attachment{})
	var problems []string
	if e := (*kernel.Error)(nil); errors.As(err, &e) {
		for _, p := range e.Problems {
			problems = append(problems, p.Path)
		}
	}
	want := "key.header stale.ifError ttl.default ttl.statuses.99 methods[0] methods key.query.exclude setCookie maxObject"
	if got := strings.Join(problems, " "); got != want {
		t.Errorf("problems of %q, want %q (%v)", got, want, err)
	}
}

// TestBothProtocols has the heads of answers without a body in HTTP/1.1 and HTTP/2.
func TestBothProtocols(t *testing.T) {
	t.Parallel()
	f := start(t, `{}`, nil)
	old := f.clock.Now().Add(-30 * time.Second).UTC().Format(http.TimeFormat)
	f.service.says(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", old)
		checking("body", `"1"`, "max-age=60")(w, r)
	})
	f.get("/")
	two := &http.Transport{Protocols: new(http.Protocols), DialContext: f.client.Transport.(*http.Transport).DialContext} //nolint:forcetypeassert // of our own
	two.Protocols.SetUnencryptedHTTP2(true)
	defer two.CloseIdleConnections()
	for proto, transport := range map[int]http.RoundTripper{1: f.client.Transport, 2: two} {
		f.client.Transport = transport
		same := f.get("/", "If-None-Match", `"1"`)
		head := f.do(http.MethodHead, "/", "")
		whole := f.get("/")
		for _, g := range []got{same, head, whole} {
			if g.ProtoMajor != proto || !g.hit() || g.Header.Get("Date") != old || g.Header.Get("Age") != "30" || len(g.Header.Values("Date")) != 1 {
				t.Errorf("HTTP/%d: %v", g.ProtoMajor, g.Header)
			}
		}
		if same.StatusCode != http.StatusNotModified || head.ContentLength != 4 || whole.body != "body" {
			t.Errorf("HTTP/%d: %d, a length of %d, %q", proto, same.StatusCode, head.ContentLength, whole.body)
		}
		if length := same.Header.Values("Content-Length"); len(length) > 0 && length[0] != "4" {
			t.Errorf("HTTP/%d: a 304 of length %q", proto, length)
		}
	}
}

// TestAnswersWithoutADateGetOne has the gateway's own answers, and those of a
// service that says none, in HTTP/1.1.
func TestAnswersWithoutADateGetOne(t *testing.T) {
	t.Parallel()
	f := start(t, `{}`, nil)
	f.service.says(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		with("x", "Cache-Control", "max-age=60", "Set-Cookie", "a=1", "Set-Cookie", "b=2", "X-Two", "1", "X-Two", "2")(w, r)
	})
	g := f.get("/")
	if g.Header.Get("Date") == "" || len(g.Header.Values("Set-Cookie")) != 2 || len(g.Header.Values("X-Two")) != 2 || g.body != "x" || g.ContentLength != 1 {
		t.Errorf("%v, %q", g.Header, g.body)
	}
	if g := f.get("/", "Host", "unknown.localhost"); g.StatusCode != http.StatusNotFound || g.Header.Get("Date") == "" {
		t.Errorf("%d, %v", g.StatusCode, g.Header)
	}
}
