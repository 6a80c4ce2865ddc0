package apiclient_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func client(t *testing.T, h http.HandlerFunc) *apiclient.Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c, err := apiclient.New(apiclient.Options{Address: s.URL, Token: "terr_x"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestAServerThatIsSlowIsNotCalledAway tells who waits that something may have been done.
func TestAServerThatIsSlowIsNotCalledAway(t *testing.T) {
	t.Parallel()
	var asked atomic.Bool
	over := make(chan struct{})
	c := client(t, func(http.ResponseWriter, *http.Request) {
		asked.Store(true)
		<-over
	})
	t.Cleanup(func() { close(over) })
	var err error
	for most := 50 * time.Millisecond; !asked.Load(); most *= 2 { // until it was reached within that time
		ctx, cancel := context.WithTimeout(t.Context(), most)
		_, err = c.UploadAPI(ctx, "shop", "orders", "v1", apiclient.UploadAPIRequest{})
		cancel()
	}
	if !kernel.Is(err, kernel.Unavailable) || !strings.Contains(err.Error(), "has not answered in time") || strings.Contains(err.Error(), "terraced up") {
		t.Errorf("told %v", err)
	}
}

func TestProblemsBecomeErrors(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		status      int
		media, body string
		want        kernel.Error
	}{
		"a problem keeps kind, fix and places": {
			http.StatusConflict, "application/problem+json",
			`{"detail":"stale","kind":"stale","fix":"look again","problems":[{"file":"a","line":2,"column":3,"message":"m"}],"requestId":"req_1"}`,
			kernel.Error{Kind: kernel.Stale, Message: "stale", Fix: "look again", Problems: []kernel.Problem{{File: "a", Line: 2, Column: 3, Message: "m"}}},
		},
		"a problem without a kind takes the status": {
			http.StatusNotFound, "application/problem+json", `{"title":"Not Found"}`, kernel.Error{Kind: kernel.NotFound, Message: "Not Found"},
		},
		"a page of a proxy is not shown": {
			http.StatusBadGateway, "text/html", `<h1>Bad Gateway</h1>`,
			kernel.Error{Kind: kernel.Unavailable, Message: "the server answered 502 Bad Gateway", Fix: "check that the address is Terrace's"},
		},
		"a redirect is not followed with the token": {
			http.StatusFound, "text/html", "", kernel.Error{Kind: kernel.Unavailable, Message: "the server answered 302 Found", Fix: "check that the address is Terrace's"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := client(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.media)
				w.Header().Set("Location", "http://127.0.0.1:1/")
				w.WriteHeader(c.status)
				_, _ = fmt.Fprint(w, c.body)
			}).Me(t.Context())
			e, ok := errors.AsType[*kernel.Error](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			got := kernel.Error{Kind: e.Kind, Message: e.Message, Fix: e.Fix, Problems: e.Problems}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestStreamEndsWithTheServersError(t *testing.T) {
	t.Parallel()
	c := client(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintln(w, `{"message":"one"}`)
		_, _ = fmt.Fprintln(w, `{"error":{"detail":"the log is gone","kind":"not_found"}}`)
	})
	var said []string
	err := c.Events(t.Context(), "shop", "run_1", false, func(e apiclient.RunEvent) error {
		said = append(said, e.Message)
		return nil
	})
	if !kernel.Is(err, kernel.NotFound) || len(said) != 1 {
		t.Errorf("%v, %v", said, err)
	}
}

func TestEveryPageIsRead(t *testing.T) {
	t.Parallel()
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("cursor") == "" {
			_, _ = fmt.Fprint(w, `{"items":[{"name":"a"}],"next":"a"}`)
			return
		}
		_, _ = fmt.Fprint(w, `{"items":[{"name":"b"}]}`)
	})
	got, err := c.Projects(t.Context())
	if err != nil || len(got) != 2 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestAddressesAreChecked(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "127.0.0.1:7080", "ftp://x", "http://"} {
		if _, err := apiclient.New(apiclient.Options{Address: address}); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%q: %v", address, err)
		}
	}
}
