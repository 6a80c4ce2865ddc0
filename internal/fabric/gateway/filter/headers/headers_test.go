package headers_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/headers"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func service(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Frame-Options", "ALLOWALL")
	h.Set("X-Powered-By", "PHP/5")
	h.Set("Seen-Set", r.Header.Get("X-Set"))
	h.Set("Seen-Add", strings.Join(r.Header.Values("X-Add"), "+"))
	h.Set("Seen-Removed", r.Header.Get("X-Removed"))
}

const spec = `{
	"strictTransportSecurity": {"maxAge": "17520h", "includeSubDomains": true, "preload": true},
	"contentSecurityPolicy": "default-src 'self'", "contentSecurityPolicyReportOnly": "default-src 'none'",
	"frameOptions": "DENY", "referrerPolicy": ["no-referrer", "strict-origin"], "noSniff": true,
	"permissionsPolicy": {"geolocation": "self", "camera": "()"},
	"crossOriginOpenerPolicy": "same-origin", "crossOriginEmbedderPolicy": "require-corp", "crossOriginResourcePolicy": "same-site"%s,
	"request": {"set": {"X-Set": "gateway"}, "add": {"X-Add": "two"}, "remove": ["X-Removed"]},
	"response": {"set": {"X-One": "1"}, "remove": ["X-Powered-By"]}
}`

func TestHeaders(t *testing.T) {
	t.Parallel()
	g := filtertest.Start(t, 0, service, headers.New())
	g.Policy(t, headers.KindName, fmt.Sprintf(spec, ""))
	resp, _ := g.Do(t, http.MethodGet, "/", "", "X-Set", "client", "X-Add", "one", "X-Removed", "client")
	want := map[string]string{
		"Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload", "Content-Security-Policy": "default-src 'self'",
		"Content-Security-Policy-Report-Only": "default-src 'none'", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer, strict-origin",
		"X-Content-Type-Options": "nosniff", "Permissions-Policy": "camera=(), geolocation=self", "Cross-Origin-Opener-Policy": "same-origin",
		"Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Resource-Policy": "same-site",
		"Seen-Set": "gateway", "Seen-Add": "one+two", "Seen-Removed": "", "X-One": "1", "X-Powered-By": "",
	}
	for name, value := range want {
		if got := strings.Join(resp.Header.Values(name), "|"); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
}

func TestOwnHeadersOfAServiceStand(t *testing.T) {
	t.Parallel()
	g := filtertest.Start(t, 0, service, headers.New())
	g.Policy(t, headers.KindName, fmt.Sprintf(spec, `, "keepOwn": true`))
	resp, _ := g.Do(t, http.MethodGet, "/", "")
	if resp.Header.Get("X-Frame-Options") != "ALLOWALL" || resp.Header.Get("Referrer-Policy") == "" {
		t.Errorf("%v", resp.Header)
	}
}

func TestNoStrictTransportInTheClear(t *testing.T) {
	t.Parallel()
	g := filtertest.Start(t, 0, service, headers.New())
	g.Policy(t, headers.KindName, fmt.Sprintf(spec, ""))
	resp, err := g.Client.Get(fmt.Sprintf("http://%s:%d/", filtertest.Host, g.Server.PlainPort()))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.Header.Get("X-Frame-Options") != "DENY" || resp.Header.Get("Strict-Transport-Security") != "" {
		t.Errorf("%v", resp.Header)
	}
}

func TestWrongSpecs(t *testing.T) {
	t.Parallel()
	g := filtertest.Start(t, 0, service, headers.New())
	cases := map[string]int{
		`{"frameOptions":"ALLOW","referrerPolicy":["x"],"crossOriginOpenerPolicy":"y"}`:                                           3,
		`{"strictTransportSecurity":{"maxAge":"1h","preload":true}}`:                                                              1,
		`{"strictTransportSecurity":{"maxAge":"-1h"}}`:                                                                            1,
		`{"contentSecurityPolicy":"a\r\nX-Evil: b"}`:                                                                              1,
		`{"permissionsPolicy":{"Camera":"()","microphone":"all"}}`:                                                                2,
		`{"request":{"set":{"Host":"a","X_Forwarded_For":"b","Terrace-Actor":"c","Content-Length":"1","a b":"c","X-OK":"a\nb"}}}`: 6,
		`{"response":{"remove":["Transfer-Encoding"],"add":{"Terrace-Release":"x"}}}`:                                             2,
	}
	for text, want := range cases {
		told, ok := errors.AsType[*kernel.Error](g.Put(t.Context(), headers.KindName, text))
		if !ok || len(told.Problems) != want {
			t.Errorf("%s: %v, want %d problems", text, told, want)
		}
	}
}
