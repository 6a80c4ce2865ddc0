package cache_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// step is one request of a case and what is expected of its answer.
type step struct {
	after   time.Duration
	method  string
	headers []string
	// answer is what the service says from now on; nil as before.
	answer http.HandlerFunc
	// hit says whether it must come from the cache, status what it must be; 0 is 200.
	hit    bool
	status int
	body   string
}

func TestRFC9111(t *testing.T) {
	t.Parallel()
	lm := time.Now().Add(-10 * time.Hour).UTC().Format(http.TimeFormat)
	cases := []struct {
		section, name, spec string
		steps               []step
	}{
		{"§3", "no-store is not stored", `{}`, []step{
			{answer: with("a", "Cache-Control", "no-store, max-age=60")}, {},
		}},
		{"§5.2.2.7", "private is not stored", `{}`, []step{{answer: with("a", "Cache-Control", "private, max-age=60")}, {}}},
		{"§5.2.2.10", "s-maxage comes before max-age", `{}`, []step{
			{answer: with("a", "Cache-Control", "max-age=1000, s-maxage=10")}, {after: 9 * time.Second, hit: true}, {after: 2 * time.Second},
		}},
		{"§5.3", "Expires", `{}`, []step{
			{answer: with("a", "Expires", time.Now().Add(time.Minute).UTC().Format(http.TimeFormat))},
			{after: 30 * time.Second, hit: true},
			{after: time.Minute},
		}},
		{"§5.3", "an Expires that is no date is in the past", `{"ttl": {"default": "1m"}}`, []step{{answer: with("a", "Expires", "0")}, {}}},
		{"§4.2.2", "a tenth of its age is what an answer may be kept by guess", `{}`, []step{
			{answer: with("a", "Last-Modified", lm)}, {after: 50 * time.Minute, hit: true}, {after: 20 * time.Minute},
		}},
		{"§4.2.2", "no guess where the policy wants none", `{"heuristic": {"enabled": false}}`, []step{{answer: with("a", "Last-Modified", lm)}, {}}},
		{"§4.2.2", "no guess with cookies", `{}`, []step{
			{answer: with("a", "Last-Modified", lm), headers: []string{"Cookie", "s=1"}}, {},
		}},
		{"§3.5", "an answer to credentials is not shared", `{}`, []step{
			{answer: with("a", "Cache-Control", "max-age=60"), headers: []string{"Authorization", "Basic eDp5"}}, {},
		}},
		{"§3.5", "unless it is public", `{}`, []step{
			{answer: with("a", "Cache-Control", "public, max-age=60"), headers: []string{"Authorization", "Basic eDp5"}}, {hit: true},
		}},
		{"§7.3", "an answer with Set-Cookie is not shared", `{}`, []step{
			{answer: with("a", "Cache-Control", "max-age=60", "Set-Cookie", "s=1")}, {},
		}},
		{"§4.1", "Vary: * is never the same", `{}`, []step{{answer: with("a", "Cache-Control", "max-age=60", "Vary", "*")}, {}}},
		{"§4.1", "Vary chooses", `{}`, []step{
			{answer: with("de", "Cache-Control", "max-age=60", "Vary", "Accept-Language"), headers: []string{"Accept-Language", "de"}, body: "de"},
			{answer: with("en", "Cache-Control", "max-age=60", "Vary", "Accept-Language"), headers: []string{"Accept-Language", "en"}, body: "en"},
			{headers: []string{"Accept-Language", "de"}, hit: true, body: "de"},
			{headers: []string{"Accept-Language", "en"}, hit: true, body: "en"},
			{body: "en"},
		}},
		{"§5.2.1.4", "a client that wants none from the cache", `{}`, []step{
			{answer: with("a", "Cache-Control", "max-age=60")}, {headers: []string{"Cache-Control", "no-cache"}}, {headers: []string{"Pragma", "no-cache"}}, {hit: true},
		}},
		{"§5.2.1", "directives of clients are ignored where the policy says so", `{"requestDirectives": "ignore"}`, []step{
			{answer: with("a", "Cache-Control", "max-age=60")}, {headers: []string{"Cache-Control", "no-cache"}, hit: true},
		}},
		{"§5.2.1.1", "max-age of the client", `{}`, []step{
			{answer: with("a", "Cache-Control", "max-age=60")}, {after: 20 * time.Second, headers: []string{"Cache-Control", "max-age=10"}}, {hit: true},
		}},
		{"§5.2.1.3", "min-fresh", `{}`, []step{
			{answer: with("a", "Cache-Control", "max-age=60")}, {after: 20 * time.Second, headers: []string{"Cache-Control", "min-fresh=50"}}, {hit: true},
		}},
		{"§5.2.1.2", "max-stale", `{}`, []step{
			{answer: with("a", "Cache-Control", "max-age=60")},
			{after: 70 * time.Second, headers: []string{"Cache-Control", "max-stale=20"}, hit: true},
			{headers: []string{"Cache-Control", "max-stale=5"}},
		}},
		{"§5.2.2.2", "must-revalidate is not used stale", `{}`, []step{
			{answer: with("a", "Cache-Control", "max-age=60, must-revalidate")}, {after: 70 * time.Second, headers: []string{"Cache-Control", "max-stale=20"}},
		}},
		{"§5.2.1.7", "only-if-cached", `{}`, []step{
			{answer: with("a", "Cache-Control", "max-age=60"), headers: []string{"Cache-Control", "only-if-cached"}, status: 504, body: "-"},
			{},
			{headers: []string{"Cache-Control", "only-if-cached"}, hit: true},
		}},
		{"§4.4", "an unsafe method drops what is stored", `{}`, []step{
			{answer: with("a", "Cache-Control", "max-age=60")}, {hit: true}, {method: http.MethodPost}, {},
		}},
		{"§4.4", "one that fails does not", `{}`, []step{
			{answer: with("a", "Cache-Control", "max-age=60")},
			{method: http.MethodPut, answer: failing(http.StatusConflict), status: http.StatusConflict, body: "-"},
			{hit: true},
		}},
		{"§4", "HEAD is answered from GET", `{}`, []step{
			{answer: with("a", "Cache-Control", "max-age=60")}, {method: http.MethodHead, hit: true, body: "-"},
		}},
		{"RFC 9110 §14.2", "a range is cut from the whole", `{}`, []step{
			{answer: with("0123456789", "Cache-Control", "max-age=60")},
			{headers: []string{"Range", "bytes=2-4"}, hit: true, status: 206, body: "234"},
			{headers: []string{"Range", "bytes=-3"}, hit: true, status: 206, body: "789"},
			{headers: []string{"Range", "bytes=20-"}, hit: true, status: 416, body: "-"},
			{headers: []string{"Range", "lines=1-"}, hit: true, body: "0123456789"},
		}},
		{"§4.3.2", "a client that has it gets 304", `{}`, []step{
			{answer: with("a", "Cache-Control", "max-age=60", "ETag", `"1"`)},
			{headers: []string{"If-None-Match", `"0", W/"1"`}, hit: true, status: 304, body: "-"},
			{headers: []string{"If-None-Match", `"2"`}, hit: true, body: "a"},
		}},
		{"§4.3.4", "a 304 makes it fresh again", `{}`, []step{
			{answer: checking("a", `"1"`, "max-age=60")}, {after: 70 * time.Second, body: "a"}, {after: 50 * time.Second, hit: true, body: "a"},
		}},
		{"§5.2.2.4", "no-cache is asked for each time", `{}`, []step{
			{answer: checking("a", `"1"`, "no-cache")}, {body: "a"}, {body: "a"},
		}},
		{"RFC 5861 §4", "an error is bridged", `{"stale": {"ifError": "1m"}}`, []step{
			{answer: with("a", "Cache-Control", "max-age=10")},
			{after: 20 * time.Second, answer: failing(http.StatusServiceUnavailable), body: "a"},
			{after: 2 * time.Minute, status: http.StatusServiceUnavailable, body: "-"},
		}},
		{"RFC 9213", "a Cache-Control for gateways comes first", `{}`, []step{
			{answer: with("a", "Cache-Control", "no-store", "CDN-Cache-Control", "max-age=60")}, {hit: true},
		}},
		{"RFC 9213 §2.2", "one that is broken does not count", `{}`, []step{
			{answer: with("a", "Cache-Control", "no-store", "CDN-Cache-Control", "max-age=60, =")}, {},
		}},
		{"policy", "negative answers for as long as the policy says", `{"ttl": {"statuses": {"404": "10s"}}}`, []step{
			{answer: failing(http.StatusNotFound), status: 404, body: "-"},
			{after: 5 * time.Second, hit: true, status: 404, body: "-"},
			{after: 6 * time.Second, status: 404, body: "-"},
		}},
		{"policy", "a time of its own for a status", `{"ttl": {"override": {"2xx": "10s"}}}`, []step{
			{answer: with("a", "Cache-Control", "max-age=1000")}, {after: 9 * time.Second, hit: true}, {after: 2 * time.Second},
		}},
		{"policy", "no longer than the policy believes", `{"ttl": {"max": "10s"}}`, []step{
			{answer: with("a", "Cache-Control", "max-age=1000")}, {after: 11 * time.Second},
		}},
		{"policy", "cookies are left out of what is stored", `{"setCookie": "strip"}`, []step{
			{answer: with("a", "Cache-Control", "max-age=60", "Set-Cookie", "s=1")}, {hit: true},
		}},
		{"policy", "a header leads past the cache", `{"bypass": {"headers": ["X-Preview"]}}`, []step{
			{answer: with("a", "Cache-Control", "max-age=60")}, {headers: []string{"X-Preview", "1"}}, {hit: true},
		}},
	}
	for _, c := range cases {
		t.Run(c.section+" "+c.name, func(t *testing.T) {
			t.Parallel()
			f := start(t, c.spec, nil)
			for i, s := range c.steps {
				f.step(t, fmt.Sprintf("step %d", i+1), s)
			}
		})
	}
}

func (f *fixture) step(t *testing.T, name string, s step) {
	t.Helper()
	f.clock.forward(s.after)
	if s.answer != nil {
		f.service.says(s.answer)
	}
	method, status, before := s.method, s.status, f.service.count()
	if method == "" {
		method = http.MethodGet
	}
	if status == 0 {
		status = http.StatusOK
	}
	g := f.do(method, "/", "", s.headers...)
	if g.StatusCode != status || g.hit() != s.hit || s.body != "" && s.body != "-" && g.body != s.body {
		t.Errorf("%s: %d %q, %s; want %d %q, from the cache: %v", name, g.StatusCode, g.body, g.Header.Get("Cache-Status"), status, s.body, s.hit)
	}
	if s.hit && g.Header.Get("Set-Cookie") != "" {
		t.Errorf("%s: a stored cookie", name)
	}
	if asked := f.service.count() - before; !s.hit && asked == 0 && status != http.StatusGatewayTimeout {
		t.Errorf("%s: the service was not asked", name)
	}
}

// failing answers with a status.
func failing(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

// checking answers 304 to who has the entity tag.
func checking(body, etag, control string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", etag)
		w.Header().Set("Cache-Control", control)
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write([]byte(body))
	}
}
