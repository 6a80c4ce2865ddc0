package outbound_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
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

// TestARefusalDoesNotRepeatTheToken: people are told what a provider says.
func TestARefusalDoesNotRepeatTheToken(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, password, _ := r.BasicAuth()
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte("bad credentials: " + r.Header.Get("Authorization") + ", that is " + password)) // the test reads it
	}))
	defer server.Close()
	for name, sign := range map[string]func(*http.Request){
		"a bearer's":   func(r *http.Request) { r.Header.Set("Authorization", "Bearer the-token-of-a-test") },
		"a password's": func(r *http.Request) { r.SetBasicAuth("ada", "the-token-of-a-test") },
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := outbound.Client(egress.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, sign).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		_ = response.Body.Close() // it was read
		if got := string(text); err != nil || strings.Contains(got, "the-token") || strings.Contains(got, "dGhlLXRva2Vu") || !strings.Contains(got, "bad credentials: ") || !strings.Contains(got, "(secret)") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
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
