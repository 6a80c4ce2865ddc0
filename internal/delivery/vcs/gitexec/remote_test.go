package gitexec_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

func TestGitIsSentToNoAddressInside(t *testing.T) {
	t.Parallel()
	git, err := gitexec.Find()
	if err != nil {
		t.Skip("there is no git")
	}
	var called atomic.Int64
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.2:0") // where the name localhost does not lead
	if err != nil {
		t.Skip("this machine has the address 127.0.0.1 alone")
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		called.Add(1)
		w.WriteHeader(http.StatusNotFound)
	})}}
	server.Start()
	defer server.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	leads := func(to string) func(context.Context, string) ([]netip.Addr, error) {
		return func(context.Context, string) ([]netip.Addr, error) { return []netip.Addr{netip.MustParseAddr(to)}, nil }
	}
	allowed := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for name, c := range map[string]struct {
		url   string
		guard egress.Guard
		kind  kernel.Kind
		calls int64
	}{
		"an address inside":        {"http://127.0.0.2:" + port + "/x.git", egress.Guard{}, kernel.Invalid, 0},
		"a name that leads inside": {"https://git.example.com/x.git", egress.Guard{Lookup: leads("169.254.169.254")}, kernel.Invalid, 0},
		"a number":                 {"https://2130706433/x.git", egress.Guard{}, kernel.Invalid, 0},
		"a file":                   {"file:///etc", egress.Guard{Allow: allowed}, kernel.Invalid, 0},
		"a command":                {"ext::sh -c id", egress.Guard{Allow: allowed}, kernel.Invalid, 0},
		"ssh":                      {"ssh://-oProxyCommand=id/x", egress.Guard{Allow: allowed}, kernel.Invalid, 0},
		"an option":                {"--upload-pack=id", egress.Guard{Allow: allowed}, kernel.Invalid, 0},
		"where it was looked at":   {"http://localhost:" + port + "/x.git", egress.Guard{Allow: allowed, Lookup: leads("127.0.0.2")}, kernel.Unavailable, 1},
	} {
		called.Store(0)
		_, err := git.Head(t.Context(), gitexec.Remote{URL: c.url, Guard: &c.guard}, "main")
		if kernel.KindOf(err) != c.kind || called.Load() > 0 != (c.calls > 0) {
			t.Errorf("%s: %v, called %d times", name, err, called.Load())
		}
	}
}
