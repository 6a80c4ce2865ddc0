package cors_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/cors"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// service says what it should not be heard saying.
func service(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "https://evil.example")
	w.Header().Set("access-control-allow-credentials", "true")
	w.Header().Set("Vary", "Accept-Encoding")
	w.Header().Set("X-Reached", r.Method)
}

const spec = `{"origins":["https://shop.example.com","https://*.example.org","http://localhost:3000"],"methods":["GET","PUT"],"headers":["Content-Type","X-Trace"],"exposeHeaders":["X-Total"],"credentials":true,"maxAge":"10m"}`

func TestOrigins(t *testing.T) {
	t.Parallel()
	g := filtertest.Start(t, 0, service, cors.New())
	g.Policy(t, cors.KindName, spec)
	cases := map[string]bool{
		"https://shop.example.com":           true,
		"http://localhost:3000":              true,
		"https://a.example.org":              true,
		"https://a.b.example.org":            true,
		"https://example.org":                false,
		"http://a.example.org":               false,
		"https://a.example.org:8443":         false,
		"https://evil.com/.example.org":      false,
		"https://evil.com#.example.org":      false,
		"https://evilexample.org":            false,
		"https://.example.org":               false,
		"https://a.example.org.evil.com":     false,
		"https://shop.example.com.evil.com":  false,
		"https://shop.example.com:443":       false,
		"https://shop.example.com, https://": false,
		"http://shop.example.com":            false,
		"null":                               false,
		"*":                                  false,
		"":                                   false,
	}
	for origin, want := range cases {
		for _, method := range []string{http.MethodGet, http.MethodOptions} {
			headers := []string{"Origin", origin}
			if method == http.MethodOptions {
				headers = append(headers, "Access-Control-Request-Method", "PUT")
			}
			resp, _ := g.Do(t, method, "/", "", headers...)
			h := resp.Header
			got := h.Get("Access-Control-Allow-Origin")
			if want != (got == origin && h.Get("Access-Control-Allow-Credentials") == "true") || !want && got+h.Get("Access-Control-Allow-Credentials") != "" {
				if origin != "" || got != "" {
					t.Errorf("%s from %q: %v", method, origin, h)
				}
			}
			if !strings.Contains(strings.Join(h.Values("Vary"), ", "), "Origin") {
				t.Errorf("%s from %q does not vary: %v", method, origin, h.Values("Vary"))
			}
		}
	}
}

func TestPreflights(t *testing.T) {
	t.Parallel()
	g := filtertest.Start(t, 0, service, cors.New())
	g.Policy(t, cors.KindName, spec)
	cases := []struct {
		reason, method, headers string
		status                  int
	}{
		{"allowed", "PUT", "content-type, x-trace", 204},
		{"without headers", "GET", "", 204},
		{"another method", "DELETE", "", 403},
		{"methods have a case", "put", "", 403},
		{"another header", "PUT", "content-type,x-other", 403},
		{"too many headers", "PUT", strings.Repeat("x-trace,", 100), 403},
	}
	for _, c := range cases {
		headers := []string{"Origin", "https://shop.example.com", "Access-Control-Request-Method", c.method}
		if c.headers != "" {
			headers = append(headers, "Access-Control-Request-Headers", c.headers)
		}
		resp, _ := g.Do(t, http.MethodOptions, "/", "", headers...)
		if resp.StatusCode != c.status || resp.Header.Get("X-Reached") != "" {
			t.Errorf("%s: %d %v", c.reason, resp.StatusCode, resp.Header)
		}
		if c.status != 204 {
			continue
		}
		if resp.Header.Get("Access-Control-Allow-Methods") != "GET, PUT" || resp.Header.Get("Access-Control-Max-Age") != "600" ||
			c.headers != "" && resp.Header.Get("Access-Control-Allow-Headers") != "Content-Type, X-Trace" {
			t.Errorf("%s: %v", c.reason, resp.Header)
		}
	}
	resp, _ := g.Do(t, http.MethodOptions, "/", "", "Origin", "https://shop.example.com")
	if resp.Header.Get("X-Reached") != http.MethodOptions {
		t.Errorf("an OPTIONS that is no preflight does not reach the service: %v", resp.Header)
	}
	if got := resp.Header.Get("Access-Control-Expose-Headers"); got != "X-Total" {
		t.Errorf("exposed: %q", got)
	}
}

func TestEveryOrigin(t *testing.T) {
	t.Parallel()
	g := filtertest.Start(t, 0, service, cors.New())
	g.Policy(t, cors.KindName, `{"origins":["*"],"methods":["*"],"headers":["*"]}`)
	resp, _ := g.Do(t, http.MethodGet, "/", "", "Origin", "null")
	if h := resp.Header; h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Credentials") != "" || h.Get("Vary") != "Accept-Encoding" {
		t.Errorf("%v", h)
	}
	resp, _ = g.Do(t, http.MethodOptions, "/", "", "Origin", "https://a.example", "Access-Control-Request-Method", "PURGE", "Access-Control-Request-Headers", "x-one,x-two")
	if h := resp.Header; h.Get("Access-Control-Allow-Methods") != "PURGE" || h.Get("Access-Control-Allow-Headers") != "x-one,x-two" {
		t.Errorf("%v", h)
	}
}

func TestWrongSpecs(t *testing.T) {
	t.Parallel()
	cases := map[string]int{
		`{}`:                                   1,
		`{"origins":["*"],"credentials":true}`: 1,
		`{"origins":["null","shop.example.com","https://a.example/x","ftp://a.example","https://*","https://a.*.example"]}`: 6,
		`{"origins":["https://*.com","https://*.co.uk","https://*.github.io","https://*.10.0.0.1"]}`:                        4,
		`{"origins":["https://a.example"],"methods":["a b"],"headers":["x:y"],"maxAge":"48h"}`:                              3,
		`{"origins":["https://a.example"],"exposeHeaders":["*"],"credentials":true}`:                                        1,
	}
	g := filtertest.Start(t, 0, service, cors.New())
	for text, want := range cases {
		told, ok := errors.AsType[*kernel.Error](g.Put(t.Context(), cors.KindName, text))
		if !ok || len(told.Problems) != want {
			t.Errorf("%s: %v, want %d problems", text, told, want)
		}
	}
}
