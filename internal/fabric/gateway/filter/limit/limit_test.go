package limit_test

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/limit"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// clock is a time that stands until it is moved.
type clock struct{ passed atomic.Int64 }

func (c *clock) now() time.Time       { return time.Unix(1_800_000_000, c.passed.Load()) }
func (c *clock) pass(d time.Duration) { c.passed.Add(int64(d)) }

func start(t testing.TB, spec string) (*filtertest.Gateway, *clock) {
	t.Helper()
	c := &clock{}
	g := filtertest.Start(t, 0, service, limit.NewEarly(limit.Config{Now: c.now}), limit.New(limit.Config{Now: c.now}))
	if spec != "" {
		g.Policy(t, limit.KindName, spec)
	}
	return g, c
}

// service answers with the status that it is asked for.
func service(w http.ResponseWriter, r *http.Request) {
	if status, err := strconv.Atoi(r.Header.Get("Want")); err == nil {
		w.WriteHeader(status)
		return
	}
	filtertest.Echo(w, r)
}

// passed sends n requests and tells how many were let through.
func passed(t testing.TB, g *filtertest.Gateway, n int, method string, headers ...string) (ok int) {
	t.Helper()
	for range n {
		resp, _ := g.Do(t, method, "/", "", headers...)
		if resp.StatusCode != http.StatusTooManyRequests {
			ok++
		}
	}
	return ok
}

func TestRateAndBurst(t *testing.T) {
	t.Parallel()
	g, c := start(t, `{"limits":[{"windows":[{"limit":10,"per":"1s","burst":3}]}]}`)
	steps := []struct {
		after      time.Duration
		send, want int
	}{
		{0, 5, 3},
		{99 * time.Millisecond, 1, 0},
		{time.Millisecond, 2, 1},
		{200 * time.Millisecond, 5, 2},
		{time.Hour, 5, 3},
		{50 * time.Millisecond, 1, 0},
		{50 * time.Millisecond, 1, 1},
	}
	for i, s := range steps {
		c.pass(s.after)
		if got := passed(t, g, s.send, http.MethodGet); got != s.want {
			t.Errorf("step %d: %d of %d passed, want %d", i, got, s.send, s.want)
		}
	}
}

func TestSaysWhatIsLeft(t *testing.T) {
	t.Parallel()
	g, c := start(t, `{"limits":[{"name":"calls","windows":[{"limit":2,"per":"1s"},{"limit":100,"per":"1h"}]}]}`)
	cases := []struct{ after, status, left, retry string }{
		{"0s", "200", `"calls-1s";r=1;t=1`, ""},
		{"0s", "200", `"calls-1s";r=0;t=1`, ""},
		{"0s", "429", `"calls-1s";r=0;t=1`, "1"},
		{"10s", "200", `"calls-1s";r=1;t=1`, ""},
	}
	for i, want := range cases {
		after, _ := time.ParseDuration(want.after)
		c.pass(after)
		resp, body := g.Do(t, http.MethodGet, "/", "")
		h := resp.Header
		if strconv.Itoa(resp.StatusCode) != want.status || h.Get("RateLimit") != want.left || h.Get("Retry-After") != want.retry {
			t.Errorf("%d: %d, %q, after %q", i, resp.StatusCode, h.Get("RateLimit"), h.Get("Retry-After"))
		}
		if got := h.Get("RateLimit-Policy"); got != `"calls-1s";q=2;w=1, "calls-3600s";q=100;w=3600` {
			t.Errorf("%d: policy %q", i, got)
		}
		if resp.StatusCode == 429 && (h.Get("Content-Type") != "application/problem+json" || !strings.Contains(body, "calls")) {
			t.Errorf("%d: %s %s", i, h.Get("Content-Type"), body)
		}
	}
	g.Policy(t, limit.KindName, `{"hideHeaders":true,"limits":[{"windows":[{"limit":2,"per":"1s"}]}]}`)
	if resp, _ := g.Do(t, http.MethodGet, "/", ""); resp.Header.Get("RateLimit")+resp.Header.Get("RateLimit-Policy") != "" {
		t.Errorf("hidden headers are there: %v", resp.Header)
	}
}

// TestAllLimitsHold has what one limit refuses not counted by another.
func TestAllLimitsHold(t *testing.T) {
	t.Parallel()
	g, c := start(t, `{"limits":[{"name":"all","key":["constant:x"],"windows":[{"limit":4,"per":"1m"}]},{"name":"one","key":["header:User"],"windows":[{"limit":1,"per":"1s"},{"limit":2,"per":"1h"}]}]}`)
	if got := passed(t, g, 3, "GET", "User", "a"); got != 1 {
		t.Errorf("%d of one user passed, want 1", got)
	}
	c.pass(time.Second)
	if got := passed(t, g, 3, "GET", "User", "a"); got != 1 {
		t.Errorf("%d of one user passed, want 1", got)
	}
	c.pass(time.Second)
	if got := passed(t, g, 3, "GET", "User", "a"); got != 0 {
		t.Errorf("%d of one user passed beyond the hour's limit", got)
	}
	ok := 0
	for i := range 5 {
		ok += passed(t, g, 1, "GET", "User", strconv.Itoa(i))
	}
	if ok != 2 {
		t.Errorf("%d of others passed, want the 2 that all have left", ok)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	cases := []struct {
		key          string
		first, other []string
		same         bool
	}{
		{`["client"]`, nil, nil, true},
		{`["header:X-User"]`, []string{"X-User", "a"}, []string{"X-User", "b"}, false},
		{`["header:X-User"]`, []string{"X-User", "a"}, []string{"x-user", "a"}, true},
		{`["header:X-User"]`, nil, nil, true},
		{`["header:A","header:B"]`, []string{"A", "xy", "B", "z"}, []string{"A", "x", "B", "yz"}, false},
		{`["header:A","header:B"]`, []string{"A", "x"}, []string{"B", "x"}, false},
		{`["consumer"]`, nil, nil, true},
		{`["claim:sub"]`, nil, nil, true},
		{`["constant:all"]`, []string{"X-User", "a"}, []string{"X-User", "b"}, true},
		{`["tenant","project","stage","route"]`, []string{"X-User", "a"}, []string{"X-User", "b"}, true},
	}
	for _, of := range cases {
		g, _ := start(t, fmt.Sprintf(`{"limits":[{"key":%s,"windows":[{"limit":1,"per":"1h"}]}]}`, of.key))
		if got := passed(t, g, 1, "GET", of.first...); got != 1 {
			t.Errorf("%s: the first is refused", of.key)
		}
		if got := passed(t, g, 1, "GET", of.other...); (got == 0) != of.same {
			t.Errorf("%s: %d passed, the same key: %v", of.key, got, of.same)
		}
	}
}

func TestMethodsAndCosts(t *testing.T) {
	t.Parallel()
	g, _ := start(t, `{"limits":[{"name":"writes","methods":["POST","DELETE"],"costs":{"DELETE":5},"windows":[{"limit":10,"per":"1h"}]},{"name":"all","costs":{"OPTIONS":0},"windows":[{"limit":20,"per":"1h"}]}]}`)
	steps := []struct {
		method     string
		send, want int
	}{{"DELETE", 1, 1}, {"POST", 7, 5}, {"DELETE", 1, 0}, {"GET", 20, 14}, {"OPTIONS", 20, 20}}
	for _, s := range steps {
		if got := passed(t, g, s.send, s.method); got != s.want {
			t.Errorf("%d of %d %s passed, want %d", got, s.send, s.method, s.want)
		}
	}
}

// TestFailuresCount has a guesser stopped and everybody else not.
func TestFailuresCount(t *testing.T) {
	t.Parallel()
	g, c := start(t, "")
	g.Policy(t, limit.EarlyName, `{"limits":[{"name":"guesses","statuses":["401","5xx"],"windows":[{"limit":3,"per":"1m"}]}]}`)
	if got := passed(t, g, 20, "GET", "Want", "200") + passed(t, g, 20, "GET", "Want", "404"); got != 40 {
		t.Errorf("%d of 40 without failures passed", got)
	}
	if got := passed(t, g, 1, "GET", "Want", "503") + passed(t, g, 5, "GET", "Want", "401"); got != 3 {
		t.Errorf("%d failures passed, want 3", got)
	}
	if got := passed(t, g, 1, "GET", "Want", "200"); got != 0 {
		t.Error("after too many failures nothing else is refused")
	}
	c.pass(20 * time.Second)
	if got := passed(t, g, 20, "GET", "Want", "200"); got != 20 {
		t.Errorf("%d of 20 passed once a failure was forgiven", got)
	}
}

func TestBytes(t *testing.T) {
	t.Parallel()
	g, c := start(t, `{"limits":[{"count":"bytes","windows":[{"limit":1000,"per":"1s"}]}]}`)
	send := func(size int) int {
		resp, _ := g.Do(t, http.MethodPost, "/", strings.Repeat("x", size))
		return resp.StatusCode
	}
	if got := send(400); got != 200 { // 400 there, 400 back
		t.Fatal(got)
	}
	await(t, g, `"default";r=200;t=1`)
	if got := send(2000); got != 200 { // the budget is not used up, so the last may be larger
		t.Fatal(got)
	}
	await(t, g, `"default";r=0;t=5`)
	if got := send(1); got != 429 {
		t.Errorf("beyond the budget: %d", got)
	}
	c.pass(3 * time.Second)
	if got := send(1); got != 429 {
		t.Errorf("before the debt is paid: %d", got)
	}
	c.pass(time.Second)
	if got := send(1); got != 200 {
		t.Errorf("after the debt is paid: %d", got)
	}
}

// await waits until what was sent has been counted, which is after the client has it.
func await(t *testing.T, g *filtertest.Gateway, want string) {
	t.Helper()
	var got string
	for began := time.Now(); time.Since(began) < time.Minute; {
		resp, _ := g.Do(t, http.MethodHead, "/", "", "Want", "204")
		if got = resp.Header.Get("RateLimit"); got == want {
			return
		}
	}
	t.Fatalf("%s is left, want %s", got, want)
}

// TestCountsOutliveChanges has a policy changed while it is obeyed.
func TestCountsOutliveChanges(t *testing.T) {
	t.Parallel()
	g, _ := start(t, `{"limits":[{"windows":[{"limit":5,"per":"1h"}]}]}`)
	if got := passed(t, g, 4, "GET"); got != 4 {
		t.Fatal(got)
	}
	for i, change := range []struct {
		spec string
		want int
	}{
		{`{"limits":[{"windows":[{"limit":100,"per":"1s"},{"limit":5,"per":"1h"}]}]}`, 1},
		{`{"limits":[{"name":"other","windows":[{"limit":2,"per":"1h"}]},{"windows":[{"limit":5,"per":"1h"}]}]}`, 0},
		{`{"limits":[{"windows":[{"limit":10,"per":"1h","burst":2}]}]}`, 0},
	} {
		g.Policy(t, limit.KindName, change.spec)
		if got := passed(t, g, 3, "GET"); got != change.want {
			t.Errorf("change %d: %d passed, want %d", i, got, change.want)
		}
	}
}

func TestExactUnderConcurrency(t *testing.T) {
	t.Parallel()
	g, _ := start(t, `{"limits":[{"name":"a","windows":[{"limit":100,"per":"1h"}]},{"name":"b","key":["header:User"],"windows":[{"limit":60,"per":"1h"}]}]}`)
	var ok [2]atomic.Int64
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for range 20 {
				resp, _, err := g.Try(t.Context(), "GET", "/", "", "User", strconv.Itoa(i%2))
				if err == nil && resp.StatusCode == 200 {
					ok[i%2].Add(1)
				}
			}
		})
	}
	wg.Wait()
	if a, b := ok[0].Load(), ok[1].Load(); a+b != 100 || a > 60 || b > 60 {
		t.Errorf("%d and %d passed, want 100 together and at most 60 each", a, b)
	}
}

func TestWrongSpecs(t *testing.T) {
	t.Parallel()
	g, _ := start(t, "")
	cases := map[string]int{
		`{}`:              1,
		`{"limits":[{}]}`: 1,
		`{"limits":[{"windows":[{"limit":0,"per":"0s"}]}]}`:                                                                                           3,
		`{"limits":[{"windows":[{"limit":1,"per":"1s"},{"limit":2,"per":"1s"}]}]}`:                                                                    1,
		`{"limits":[{"windows":[{"limit":1,"per":"1s"}]},{"windows":[{"limit":1,"per":"1s"}]}]}`:                                                      1,
		`{"limits":[{"key":["who","header:","header:a b","client:x"],"windows":[{"limit":1,"per":"1s"}]}]}`:                                           4,
		`{"limits":[{"name":"a b","methods":["get"],"count":"calls","statuses":["999","40"],"costs":{"POST":7},"windows":[{"limit":5,"per":"1s"}]}]}`: 6,
		`{"limits":[{"count":"bytes","costs":{"POST":1},"windows":[{"limit":5,"per":"1s"}],"extra":1}]}`:                                              2,
	}
	for text, want := range cases {
		told, ok := errors.AsType[*kernel.Error](g.Put(t.Context(), limit.KindName, text))
		if !ok || len(told.Problems) != want {
			t.Errorf("%s: %v, want %d problems", text, told, want)
		}
	}
	told, ok := errors.AsType[*kernel.Error](g.Put(t.Context(), limit.EarlyName, `{"limits":[{"key":["consumer","claim:sub"],"windows":[{"limit":1,"per":"1s"}]}]}`))
	if !ok || len(told.Problems) != 2 {
		t.Errorf("keys of callers before authentication: %v", told)
	}
}
