package outbound_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/outbound"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

func TestTheTokenGoesToNoAddressInside(t *testing.T) {
	t.Parallel()
	called := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if called++; r.URL.Path == "/moved" {
			http.Redirect(w, r, "/inside", http.StatusFound)
		}
	}))
	defer server.Close()
	get := func(g egress.Guard, path string) (*http.Response, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := outbound.Client(g, func(r *http.Request) { r.Header.Set("Authorization", "x") }).Do(r)
		if err == nil {
			_ = response.Body.Close()
		}
		return response, err
	}
	_, err := get(egress.Guard{}, "/")
	if _, ok := errors.AsType[*egress.Forbidden](err); !ok || called != 0 {
		t.Errorf("%v, called %d times", err, called)
	}
	here := egress.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	response, err := get(here, "/moved")
	if err != nil || response.StatusCode != http.StatusFound || called != 1 {
		t.Errorf("a redirect is followed: %v, called %d times", err, called)
	}
}

func TestAddressesOfAnAPI(t *testing.T) {
	t.Parallel()
	for _, api := range []string{
		"", "file:///etc/passwd", "ext::sh -c id", "ssh://github.com/x", "git://github.com/x", "gopher://github.com", "http://github.example.com", "https://", "https://user:secret@github.example.com",
		"http://169.254.169.254/latest", "--upload-pack=id", "-oProxyCommand=id", "https:github.com", "//github.com",
	} {
		if err := outbound.Check(api); err == nil {
			t.Errorf("%q is taken", api)
		}
	}
	if err := outbound.Check("https://github.example.com/api/v3"); err != nil {
		t.Error(err)
	}
}
