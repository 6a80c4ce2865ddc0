package access_test

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/access"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func forwarded(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, r.Header.Get("X-Forwarded-For"))
}

func TestNetworks(t *testing.T) {
	t.Parallel()
	cases := []struct {
		reason, spec string
		forwarded    []string
		status       int
		client       string
	}{
		{"allowed", `{"allow":["127.0.0.0/8"]}`, nil, 200, "127.0.0.1"},
		{"a single address", `{"allow":["127.0.0.1"]}`, nil, 200, "127.0.0.1"},
		{"not allowed", `{"allow":["10.0.0.0/8"]}`, nil, 403, ""},
		{"denied", `{"deny":["127.0.0.0/8"]}`, nil, 403, ""},
		{"denied within what is allowed", `{"allow":["127.0.0.0/8"],"deny":["127.0.0.1"]}`, nil, 403, ""},
		{"others are denied", `{"deny":["10.0.0.0/8"]}`, nil, 200, "127.0.0.1"},
		{"a client's word is not believed", `{"allow":["10.0.0.0/8"]}`, []string{"10.0.0.1"}, 403, ""},
		{"nor where only others are", `{"allow":["10.0.0.0/8"],"trustedProxies":["192.0.2.0/24"]}`, []string{"10.0.0.1"}, 403, ""},
		{"a trusted proxy's is", `{"allow":["10.0.0.0/8"],"trustedProxies":["127.0.0.1"]}`, []string{"10.0.0.1"}, 200, "10.0.0.1"},
		{"and used against its client", `{"deny":["10.0.0.0/8"],"trustedProxies":["127.0.0.1"]}`, []string{"10.0.0.1"}, 403, ""},
		{"what the client wrote in front is not", `{"allow":["10.0.0.0/8"],"trustedProxies":["127.0.0.1"]}`, []string{"10.0.0.1, 192.0.2.9"}, 403, ""},
		{"nor in a line of its own", `{"allow":["10.0.0.0/8"],"trustedProxies":["127.0.0.1"]}`, []string{"10.0.0.1", "192.0.2.9"}, 403, ""},
		{"behind two proxies", `{"allow":["10.0.0.0/8"],"trustedProxies":["127.0.0.1","192.0.2.0/24"]}`, []string{"8.8.8.8, 10.0.0.1, 192.0.2.9"}, 200, "10.0.0.1"},
		{"with a port", `{"allow":["2001:db8::/32"],"trustedProxies":["127.0.0.1"]}`, []string{"[2001:db8::1]:443"}, 200, "2001:db8::1"},
		{"garbage is the proxy's", `{"allow":["127.0.0.1"],"trustedProxies":["127.0.0.1"]}`, []string{"10.0.0.1, unknown"}, 200, "127.0.0.1"},
		{"only proxies", `{"trustedProxies":["127.0.0.1"]}`, []string{"127.0.0.1"}, 200, "127.0.0.1"},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			g := filtertest.Start(t, 0, forwarded, access.New())
			g.Policy(t, access.KindName, c.spec)
			var headers []string
			for _, f := range c.forwarded {
				headers = append(headers, "X-Forwarded-For", f)
			}
			resp, body := g.Do(t, http.MethodGet, "/", "", headers...)
			if resp.StatusCode != c.status || c.status == 200 && body != c.client {
				t.Errorf("%d %s, want %d %s", resp.StatusCode, body, c.status, c.client)
			}
		})
	}
}

func TestWrongSpecs(t *testing.T) {
	t.Parallel()
	cases := map[string]int{
		`{}`:                                1,
		`{"allow":["10.0.0.1/8","x"]}`:      2,
		`{"trustedProxies":["0.0.0.0/0"]}`:  1,
		`{"trusted":["10.0.0.0/8"]}`:        2,
		`{"allow":["::ffff:10.0.0.0/104"]}`: 1,
	}
	for text, want := range cases {
		g := filtertest.Start(t, 0, forwarded, access.New())
		told, ok := errors.AsType[*kernel.Error](g.Put(t.Context(), access.KindName, text))
		if !ok || len(told.Problems) != want {
			t.Errorf("%s: %v, want %d problems", text, told, want)
		}
	}
}
