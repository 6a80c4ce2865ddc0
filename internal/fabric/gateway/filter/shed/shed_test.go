package shed_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/shed"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestSizes(t *testing.T) {
	t.Parallel()
	g := filtertest.Start(t, 0, filtertest.Echo, shed.New())
	g.Policy(t, shed.KindName, `{"maxTargetBytes":100,"maxHeadBytes":1000,"maxBodyBytes":50}`)
	cases := []struct {
		reason, path, header string
		body                 int
		status               int
	}{
		{"small", "/", "x", 50, 200},
		{"a long address", "/?" + strings.Repeat("x", 99), "x", 0, 414},
		{"large headers", "/", strings.Repeat("x", 1000), 0, 431},
		{"a large body", "/", "x", 51, 413},
	}
	for _, c := range cases {
		resp, _ := g.Do(t, http.MethodPost, c.path, strings.Repeat("x", c.body), "X-Header", c.header)
		if resp.StatusCode != c.status {
			t.Errorf("%s: %d, want %d", c.reason, resp.StatusCode, c.status)
		}
	}
	req, err := http.NewRequest(http.MethodPost, g.URL("/"), io.MultiReader(strings.NewReader(strings.Repeat("x", 51)))) // of unknown length
	if err != nil {
		t.Fatal(err)
	}
	resp, err := g.Client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("a large body that does not say its length: %d", resp.StatusCode)
	}
}

// holding is a service that keeps requests until they are let go.
type holding struct {
	came   chan string
	letGo  chan struct{}
	inside atomic.Int64
}

func newHolding() *holding { return &holding{came: make(chan string, 100), letGo: make(chan struct{})} }

func (h *holding) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	h.inside.Add(1)
	defer h.inside.Add(-1)
	h.came <- r.Header.Get("User")
	<-h.letGo
}

// send sends requests of users, and returns where their statuses come.
func send(t *testing.T, g *filtertest.Gateway, users ...string) chan int {
	statuses := make(chan int, len(users))
	for _, user := range users {
		go func() {
			resp, _, err := g.Try(context.WithoutCancel(t.Context()), http.MethodGet, "/", "", "User", user)
			if err != nil {
				statuses <- 0
				return
			}
			if resp.StatusCode != 200 && resp.Header.Get("Retry-After") != "7" {
				statuses <- -1
				return
			}
			statuses <- resp.StatusCode
		}()
	}
	return statuses
}

func TestRoute(t *testing.T) {
	t.Parallel()
	h := newHolding()
	g := filtertest.Start(t, 0, h.ServeHTTP, shed.New())
	g.Policy(t, shed.KindName, `{"route":{"limit":2},"retryAfter":"7s"}`)
	first := send(t, g, "a", "b")
	<-h.came
	<-h.came
	if got := <-send(t, g, "c"); got != 503 {
		t.Errorf("a third: %d", got)
	}
	// One may wait now, for two that came under another configuration.
	g.Policy(t, shed.KindName, `{"route":{"limit":2,"queue":1,"wait":"1m"},"retryAfter":"7s"}`)
	waiting := send(t, g, "c", "c")
	if got := <-waiting; got != 503 {
		t.Errorf("beyond the queue: %d", got)
	}
	h.letGo <- struct{}{}
	if user := <-h.came; user != "c" || <-first != 200 {
		t.Errorf("next came %s", user)
	}
	close(h.letGo)
	if a, c := <-first, <-waiting; a != 200 || c != 200 {
		t.Errorf("the answers are %d and %d", a, c)
	}
	g.Policy(t, shed.KindName, `{"route":{"limit":1},"retryAfter":"7s"}`)
	for range 3 {
		if got := <-send(t, g, "d"); got != 200 {
			t.Errorf("room is not given back: %d", got)
		}
	}
}

func TestNobodyWaitsForEver(t *testing.T) {
	t.Parallel()
	h := newHolding()
	g := filtertest.Start(t, 0, h.ServeHTTP, shed.New())
	g.Policy(t, shed.KindName, `{"route":{"limit":1,"queue":10,"wait":"50ms"},"retryAfter":"7s"}`)
	first := send(t, g, "a")
	<-h.came
	waiting := send(t, g, "b", "c", "d")
	for range 3 {
		if got := <-waiting; got != 503 {
			t.Errorf("after the wait: %d", got)
		}
	}
	close(h.letGo)
	if got := <-first; got != 200 {
		t.Errorf("the first: %d", got)
	}
	if got := <-send(t, g, "e"); got != 200 {
		t.Errorf("who gave up still has a turn: %d", got)
	}
}

func TestCallers(t *testing.T) {
	t.Parallel()
	h := newHolding()
	g := filtertest.Start(t, 0, h.ServeHTTP, shed.New())
	g.Policy(t, shed.KindName, `{"caller":{"limit":2,"header":"User"},"retryAfter":"7s"}`)
	first := send(t, g, "a", "a", "b", "b", "", "")
	for range 6 {
		<-h.came
	}
	for _, user := range []string{"a", "b", ""} {
		if got := <-send(t, g, user); got != 429 {
			t.Errorf("a third of %q: %d", user, got)
		}
	}
	close(h.letGo)
	for range 6 {
		if got := <-first; got != 200 {
			t.Errorf("%d", got)
		}
	}
	if got := <-send(t, g, "a"); got != 200 {
		t.Errorf("room is not given back: %d", got)
	}
}

// TestAdapts has a service become slow: fewer are let through than before.
func TestAdapts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		filter, err := shed.New().Compile(t.Context(), gateway.Policy{Name: "adapts", Spec: []byte(`{"adaptive":{"min":2,"max":20,"initial":20}}`)}, gateway.Attachment{
			Scope: filtertest.Scope(), Route: filtertest.Route, Hosts: []string{filtertest.Host},
		})
		if err != nil {
			t.Fatal(err)
		}
		var slow atomic.Bool
		var inside, most, answered, refused atomic.Int64
		handle := filter(func(x *exchange.Exchange) {
			x.Facts.Attempts++ // a service is asked
			n := inside.Add(1)
			defer inside.Add(-1)
			most.Store(max(most.Load(), n))
			took := 10 * time.Millisecond
			if slow.Load() {
				took = 500 * time.Millisecond
			}
			took += rand.N(took / 10)
			time.Sleep(took) // of the bubble's clock
			answered.Add(1)
		})
		ctx, cancel := context.WithCancel(t.Context())
		var clients sync.WaitGroup
		for range 24 {
			clients.Go(func() {
				for ctx.Err() == nil {
					if ask(ctx, handle) == http.StatusServiceUnavailable {
						refused.Add(1)
						time.Sleep(20 * time.Millisecond) // a client that is told to wait
					}
				}
			})
		}
		time.Sleep(5 * time.Second)
		if answered.Load() < 2000 || most.Load() < 18 {
			t.Errorf("a fast service answered %d, at most %d at once", answered.Load(), most.Load())
		}
		slow.Store(true)
		least := int64(20)
		for range 30 { // once it is used to that, it has more again
			most.Store(0)
			time.Sleep(2 * time.Second)
			least = min(least, most.Load())
		}
		if least == 0 || least >= 16 {
			t.Errorf("a slow service has %d at once", least)
		}
		if refused.Load() == 0 {
			t.Error("nothing was turned away")
		}
		cancel()
		clients.Wait()
	})
}

// ask has a handler answer a request, and returns the status.
func ask(ctx context.Context, handle exchange.Handler) int {
	var req fasthttp.Request
	var resp fasthttp.Response
	req.Header.SetHost(filtertest.Host)
	req.SetRequestURI("/")
	x, ok := exchange.New(&req, &resp, exchange.Connection{Context: ctx, Proto: 2})
	if ok {
		handle(x)
	}
	x.Handled()
	return resp.StatusCode()
}

func TestWrongSpecs(t *testing.T) {
	t.Parallel()
	g := filtertest.Start(t, 0, filtertest.Echo, shed.New())
	cases := map[string]int{
		`{}`: 1,
		`{"maxTargetBytes":-1,"maxHeadBytes":1000000,"maxBodyBytes":-1,"retryAfter":"2h"}`:      4,
		`{"route":{"limit":0,"queue":-1,"wait":"2m"},"caller":{"limit":0,"header":"a b"}}`:      5,
		`{"route":{"limit":1,"wait":"1s"}}`:                                                     1,
		`{"adaptive":{"min":10,"max":5,"initial":3}}`:                                           2,
		`{"adaptive":{"min":1,"max":5,"initial":3,"queue":1,"wait":"1s"},"route":{"limits":1}}`: 2,
	}
	for text, want := range cases {
		told, ok := errors.AsType[*kernel.Error](g.Put(t.Context(), shed.KindName, text))
		if !ok || len(told.Problems) != want {
			t.Errorf("%s: %v, want %d problems", text, told, want)
		}
	}
}
