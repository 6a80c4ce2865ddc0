package limit_test

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
	"pgregory.net/rapid"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/limit"
)

// handler is a policy without a gateway around it.
func handler(t testing.TB, k *limit.Kind, spec string) exchange.Handler {
	t.Helper()
	f, err := k.Compile(context.Background(), gateway.Policy{Name: "p", Kind: limit.KindName, Spec: []byte(spec)}, gateway.Attachment{})
	if err != nil {
		t.Fatal(err)
	}
	return f(func(*exchange.Exchange) {})
}

func request(user string) *exchange.Exchange {
	var req fasthttp.Request
	req.Header.SetMethod("GET")
	req.Header.Set("User", user)
	return &exchange.Exchange{
		Request: &req, Response: &fasthttp.Response{}, Client: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}, Body: exchange.NewBody(nil, 0),
	}
}

func allowed(h exchange.Handler, x *exchange.Exchange) bool {
	x.Response.Reset()
	h(x)
	return x.Response.StatusCode() == fasthttp.StatusOK
}

// TestNoIntervalHasMore has, for any arrivals, no interval with more than what
// comes back in it and the burst.
func TestNoIntervalHasMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := &clock{}
		most, burst := rapid.Int64Range(1, 50).Draw(t, "limit"), rapid.Int64Range(1, 20).Draw(t, "burst")
		f, err := limit.New(limit.Config{Now: c.now}).Compile(context.Background(), gateway.Policy{
			Spec: fmt.Appendf(nil, `{"limits":[{"windows":[{"limit":%d,"per":"1s","burst":%d}]}]}`, most, burst),
		}, gateway.Attachment{})
		if err != nil {
			t.Fatal(err)
		}
		h, x := f(func(*exchange.Exchange) {}), request("a")
		var times []int64
		for _, gap := range rapid.SliceOfN(rapid.Int64Range(0, 200), 1, 200).Draw(t, "gaps") {
			c.pass(time.Duration(gap) * time.Millisecond)
			if allowed(h, x) {
				times = append(times, c.passed.Load())
			}
		}
		for i := range times {
			for j := i; j < len(times); j++ {
				if n, back := int64(j-i+1), (times[j]-times[i])*most/int64(time.Second); n > burst+back+1 {
					t.Fatalf("%d came in %v, of %d a second and %d at once", n, time.Duration(times[j]-times[i]), most, burst)
				}
			}
		}
	})
}

// TestKeysAreBounded has more keys than there is room for: the oldest go, and
// one that is in use stays.
func TestKeysAreBounded(t *testing.T) {
	t.Parallel()
	c := &clock{}
	h := handler(t, limit.New(limit.Config{Now: c.now}), `{"limits":[{"key":["header:User"],"windows":[{"limit":1,"per":"1h"}]}]}`)
	if x := request("old"); !allowed(h, x) || allowed(h, x) {
		t.Fatal("one an hour is not kept to")
	}
	used := request("used")
	allowed(h, used)
	x := request("")
	for i := range 300_000 {
		x.Request.Header.Set("User", strconv.Itoa(i))
		allowed(h, x)
		if i%5000 == 0 && allowed(h, used) {
			t.Fatalf("a key in use was forgotten after %d others", i)
		}
	}
	if !allowed(h, request("old")) {
		t.Error("300,000 keys are kept: memory is not bounded")
	}
}

// TestKeysOfCallers has callers told apart by what is proven of them.
func TestKeysOfCallers(t *testing.T) {
	t.Parallel()
	who := func(consumer, product, team string) exchange.Facts {
		return exchange.Facts{Consumer: consumer, Identity: &exchange.Identity{Product: product, Claims: map[string]any{"team": team, "n": 1.5}}}
	}
	cases := []struct {
		key          string
		first, other exchange.Facts
		same         bool
	}{
		{"consumer", who("a", "", ""), who("b", "", ""), false},
		{"consumer", who("a", "x", "y"), who("a", "z", "z"), true},
		{"consumer", exchange.Facts{}, who("a", "", ""), false},
		{"product", who("a", "gold", ""), who("b", "gold", ""), true},
		{"product", who("a", "gold", ""), who("a", "free", ""), false},
		{"claim:team", who("a", "", "red"), who("b", "", "red"), true},
		{"claim:team", who("a", "", "red"), who("a", "", "blue"), false},
		{"claim:n", who("a", "", "red"), who("a", "", "blue"), true},
		{"claim:other", who("a", "", "red"), exchange.Facts{}, true}, // both by their address
	}
	for _, of := range cases {
		c := &clock{}
		h := handler(t, limit.New(limit.Config{Now: c.now}), `{"limits":[{"key":["`+of.key+`"],"windows":[{"limit":1,"per":"1h"}]}]}`)
		first, other := request(""), request("")
		first.Facts, other.Facts = of.first, of.other
		if !allowed(h, first) || allowed(h, other) == of.same {
			t.Errorf("%s of %+v and %+v is not as expected: same %v", of.key, of.first, of.other, of.same)
		}
	}
	v6 := func(text string) *exchange.Exchange {
		x := request("")
		x.Client = &net.TCPAddr{IP: net.ParseIP(text)}
		return x
	}
	h := handler(t, limit.New(limit.Config{}), `{"limits":[{"windows":[{"limit":1,"per":"1h"}]}]}`)
	if !allowed(h, v6("2001:db8::1")) || allowed(h, v6("2001:db8::ffff:1")) || !allowed(h, v6("2001:db8:0:1::1")) {
		t.Error("an IPv6 client is not its network of 64 bits")
	}
}

func BenchmarkLimit(b *testing.B) {
	for _, of := range []struct{ name, spec string }{
		{"one window", `{"limits":[{"windows":[{"limit":1000000000,"per":"1s"}]}]}`},
		{"two limits of two windows", `{"limits":[{"name":"a","windows":[{"limit":1000000000,"per":"1s"},{"limit":10000000000,"per":"1h"}]},{"name":"b","key":["header:User"],"windows":[{"limit":1000000000,"per":"1s"},{"limit":10000000000,"per":"1h"}]}]}`},
	} {
		h := handler(b, limit.New(limit.Config{}), of.spec)
		b.Run(of.name, func(b *testing.B) {
			b.ReportAllocs()
			var clients atomic.Int32
			b.RunParallel(func(p *testing.PB) {
				n := clients.Add(1)
				x := request(strconv.Itoa(int(n)))
				x.Client = &net.TCPAddr{IP: net.IPv4(192, 0, 2, byte(n))}
				for p.Next() {
					h(x)
				}
			})
		})
	}
}
