package product_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn/authntest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/limit"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/product"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

func withQuotas(quotas string) string {
	return "state: published, routes: [orders], plans: [{name: basic, quotas: [" + quotas + "]}]"
}

func TestAQuotaOfCallsIsCountedByTheCalendar(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		w := start(t, d, nil)
		w.apply(t, "orders", withQuotas("{calls: 3, per: day}, {calls: 5, per: week}, {calls: 1, per: hour, soft: true}"))
		_, keys := w.subscribe(t, product.Wish{Product: "orders", Name: "one"})
		_, others := w.subscribe(t, product.Wish{Product: "orders", Name: "two"})
		for i := range 3 {
			a := w.want(t, "within", keys.Primary, http.StatusOK, "")
			if i == 0 && (a.Header.Get("Ratelimit") != `"calls-per-hour";r=0;t=1800` || a.Header.Get("Ratelimit-Policy") != `"calls-per-day";q=3;w=86400, "calls-per-week";q=5;w=604800, "calls-per-hour";q=1;w=3600`) {
				t.Errorf("told %q of %q", a.Header.Get("Ratelimit"), a.Header.Get("Ratelimit-Policy"))
			}
		}
		a := w.want(t, "beyond the day", keys.Secondary, http.StatusTooManyRequests, "The 3 calls per day of the plan basic of orders are used up.")
		// It is Wednesday, 12:30: the day ends in 11 hours and a half.
		if a.Header.Get("Retry-After") != strconv.Itoa(11*3600+1800) || a.Header.Get("Ratelimit") != `"calls-per-day";r=0;t=41400` || !strings.Contains(a.Body, "2026-11-26T00:00:00Z") {
			t.Errorf("Retry-After %q, RateLimit %q", a.Header.Get("Retry-After"), a.Header.Get("Ratelimit"))
		}
		w.want(t, "another subscription", others.Primary, http.StatusOK, "")
		w.clock.advance(11*time.Hour + 30*time.Minute - time.Second)
		w.want(t, "the last second of the day", keys.Primary, http.StatusTooManyRequests, "")
		w.clock.advance(time.Second)
		w.want(t, "the next day", keys.Primary, http.StatusOK, "")
		w.want(t, "the next day", keys.Primary, http.StatusOK, "")
		w.want(t, "beyond the week", keys.Primary, http.StatusTooManyRequests, "5 calls per week")
		w.clock.advance(4*24*time.Hour - time.Second)
		w.want(t, "Sunday, late", keys.Primary, http.StatusTooManyRequests, "week")
		w.clock.advance(time.Second)
		w.want(t, "Monday", keys.Primary, http.StatusOK, "")
	})
}

func TestAQuotaOfBytesIsOfBothWays(t *testing.T) {
	t.Parallel()
	w := start(t, sqlite(t), nil)
	w.apply(t, "orders", withQuotas("{bytes: 1000, per: month}"))
	_, keys := w.subscribe(t, product.Wish{Product: "orders"})
	sum := 0
	for sum < 1000 {
		a := w.want(t, "within", keys.Primary, http.StatusOK, "")
		sum += len(a.Body)
		used := func() bool {
			must(t, w.products.Write(t.Context()))
			u, err := w.products.UsageOf(as("ada"), authntest.Dev(), "shop", product.Month, 1)
			return err == nil && len(u.Quotas) == 1 && u.Quotas[0].Used == int64(sum)
		}
		for began := time.Now(); !used(); { // an answer is counted once it is sent
			if time.Since(began) > time.Minute {
				t.Fatalf("%d bytes are not counted", sum)
			}
		}
	}
	a := w.want(t, "beyond", keys.Primary, http.StatusTooManyRequests, "1000 bytes per month")
	if !strings.Contains(a.Header.Get("Ratelimit-Policy"), `"bytes-per-month";q=1000;w=2678400;qu="content-bytes"`) {
		t.Errorf("told %q", a.Header.Get("Ratelimit-Policy"))
	}
}

func TestRateLimitsOfAPlanAreOfASubscription(t *testing.T) {
	t.Parallel()
	w := start(t, sqlite(t), nil)
	w.apply(t, "orders", "state: published, routes: [orders], plans: [{name: basic, rateLimits: [{calls: 2, per: 1m}], quotas: [{calls: 100, per: day}]}]")
	_, keys := w.subscribe(t, product.Wish{Product: "orders", Name: "one"})
	_, others := w.subscribe(t, product.Wish{Product: "orders", Name: "two"})
	w.want(t, "first", keys.Primary, http.StatusOK, "")
	a := w.want(t, "second", keys.Primary, http.StatusOK, "")
	if got := a.Header.Get("Ratelimit"); !strings.HasPrefix(got, `"basic";r=0;`) || !strings.HasSuffix(got, `, "calls-per-day";r=98;t=41400`) {
		t.Errorf("told %q", got)
	}
	w.want(t, "third", keys.Primary, http.StatusTooManyRequests, "Too many requests")
	w.want(t, "of another subscription", others.Primary, http.StatusOK, "")
	w.clock.advance(time.Minute)
	w.want(t, "a minute later", keys.Primary, http.StatusOK, "")
	if a := w.want(t, "and again", keys.Primary, http.StatusOK, ""); !strings.Contains(a.Header.Get("Ratelimit"), "r=96") {
		t.Errorf("what came too early used the quota up: %q", a.Header.Get("Ratelimit"))
	}
}

// TestACallThatARateLimitRefusesUsesNoQuotaUp holds for the limits of a route, which come after
// the quotas: with Redis or without, told in headers and written, also over the end of an hour.
func TestACallThatARateLimitRefusesUsesNoQuotaUp(t *testing.T) {
	t.Parallel()
	shared := &counters{}
	for name, change := range map[string]func(*product.Config){"alone": nil, "with replicas": func(c *product.Config) { c.Shared = shared }} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, sqlite(t), change)
			w.apply(t, "orders", withQuotas("{calls: 4, per: week}"))
			w.Put(t, authntest.Dev(), limit.KindName, `{"limits": [{"windows": [{"limit": 2, "per": "1h"}]}]}`)
			_, keys := w.subscribe(t, product.Wish{Product: "orders"})
			for range 2 {
				w.want(t, "within both", keys.Primary, http.StatusOK, "")
			}
			for range 5 {
				if a := w.want(t, "beyond the limit of the route", keys.Primary, http.StatusTooManyRequests, "of this route"); !strings.Contains(a.Header.Get("Ratelimit"), `"calls-per-week";r=2`) {
					t.Errorf("told %q", a.Header.Get("Ratelimit"))
				}
			}
			w.clock.advance(2 * time.Hour)
			for range 2 {
				w.want(t, "an hour later", keys.Primary, http.StatusOK, "")
			}
			w.clock.advance(2 * time.Hour)
			w.want(t, "the quota is used up", keys.Primary, http.StatusTooManyRequests, "4 calls per week")
			must(t, w.products.Write(t.Context()))
			u, err := w.products.UsageOf(as("ada"), authntest.Dev(), "shop", product.Week, 1)
			if must(t, err); u.History[0].Calls != 4 {
				t.Errorf("written: %+v", u.History)
			}
		})
	}
}

// counters are counts of quotas that replicas share.
type counters struct {
	mu sync.Mutex
	at map[string]int64
}

func (*counters) Ready() bool { return true }

func (c *counters) Take(_ context.Context, claims []product.Claim) (used []int64, refused int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at == nil {
		c.at = map[string]int64{}
	}
	refused = -1
	for i, one := range claims {
		used = append(used, max(c.at[one.Key], one.Known)+one.Late)
		if one.Limit > 0 && used[i] >= one.Limit {
			refused = i
		}
	}
	for i, one := range claims {
		if refused < 0 {
			used[i] += one.Cost
		}
		c.at[one.Key] = used[i]
	}
	return used, refused, true
}

func TestProductsAndPlansAreKeysOfRateLimits(t *testing.T) {
	t.Parallel()
	w := start(t, sqlite(t), nil)
	w.apply(t, "orders", "state: published, routes: [orders], plans: [{name: basic}, {name: gold}]")
	w.apply(t, "more", "state: published, routes: [orders], plans: [{name: gold}]")
	w.Put(t, authntest.Dev(), limit.KindName, `{"limits": [{"key": ["plan"], "windows": [{"limit": 2, "per": "1h"}]}]}`)
	var keys []string
	for name, wish := range map[string]product.Wish{"a": {Product: "orders", Plan: "gold"}, "b": {Product: "orders", Plan: "gold"}} {
		wish.Name = name
		_, k := w.subscribe(t, wish)
		keys = append(keys, k.Primary)
	}
	_, basic := w.subscribe(t, product.Wish{Name: "c", Product: "orders", Plan: "basic"})
	_, other := w.subscribe(t, product.Wish{Name: "d", Product: "more", Plan: "gold"})
	w.want(t, "one of the plan", keys[0], http.StatusOK, "")
	w.want(t, "the other of the plan", keys[1], http.StatusOK, "")
	w.want(t, "a third call of the plan", keys[0], http.StatusTooManyRequests, "")
	w.want(t, "another plan", basic.Primary, http.StatusOK, "")
	w.want(t, "a plan of the name of another product", other.Primary, http.StatusOK, "")
}

func TestASoftQuotaOnlyTells(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		w := start(t, d, nil)
		w.apply(t, "orders", withQuotas("{calls: 10, per: day, soft: true}"))
		_, keys := w.subscribe(t, product.Wish{Product: "orders"})
		told := func(calls int, want string) {
			t.Helper()
			for range calls {
				w.want(t, "any", keys.Primary, http.StatusOK, "")
			}
			must(t, w.products.Write(t.Context()))
			must(t, w.products.Write(t.Context()))
			if got := w.facts.types("gateway-subscription.quota_"); got != want {
				t.Errorf("told %q, want %q", got, want)
			}
		}
		told(7, "")
		told(1, "nearing")
		told(1, "nearing")
		told(1, "nearing exhausted")
		told(3, "nearing exhausted")
		again := product.New(config(d, w.clock, w.facts, nil)) // another replica, or this one after a restart
		must(t, again.Load(t.Context()))
		must(t, again.Write(t.Context()))
		told(0, "nearing exhausted")
		w.clock.advance(24 * time.Hour)
		told(10, "nearing exhausted exhausted")
		data, _ := w.facts.all[len(w.facts.all)-1].Data.(map[string]any)
		if data["quota"] != "calls-per-day" || data["limit"] != int64(10) || data["used"] != int64(10) || data["soft"] != true || data["percent"] != 100 {
			t.Errorf("told %v", data)
		}
	})
}

func TestARestartForgetsNothingThatWasWritten(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		w := start(t, d, nil)
		w.apply(t, "orders", withQuotas("{calls: 4, per: day}"))
		_, keys := w.subscribe(t, product.Wish{Product: "orders"})
		for range 3 {
			w.want(t, "before", keys.Primary, http.StatusOK, "")
		}
		must(t, w.products.Write(t.Context()))
		w.products = product.New(config(d, w.clock, w.facts, nil))
		must(t, w.products.Load(t.Context()))
		w.serve(t)
		w.want(t, "after", keys.Primary, http.StatusOK, "")
		w.want(t, "beyond", keys.Primary, http.StatusTooManyRequests, "")
		w.clock.advance(36 * time.Hour) // what was counted before is not written yet
		w.want(t, "the day after", keys.Primary, http.StatusOK, "")
		must(t, w.products.Write(t.Context()))
		u, err := w.products.UsageOf(as("ada"), authntest.Dev(), "shop", product.Day, 10)
		must(t, err)
		if len(u.History) != 2 || u.History[0].Calls != 1 || u.History[1].Calls != 4 || u.History[1].Refused != 1 || u.History[1].Bytes == 0 || u.Quotas[0].Used != 1 {
			t.Errorf("used %+v", u)
		}
		month, err := w.products.UsageOf(as("ada"), authntest.Dev(), "shop", product.Month, 10)
		if must(t, err); len(month.History) != 1 || month.History[0].Calls != 5 {
			t.Errorf("of the month %+v", month.History)
		}
		w.clock.advance(61 * 24 * time.Hour)
		must(t, w.products.Tidy(t.Context()))
		hours, err := w.products.UsageOf(as("ada"), authntest.Dev(), "shop", product.Hour, 10)
		if must(t, err); len(hours.History) != 0 {
			t.Errorf("old hours %+v", hours.History)
		}
		if days, err := w.products.UsageOf(as("ada"), authntest.Dev(), "shop", product.Day, 10); err != nil || len(days.History) != 2 {
			t.Errorf("days went with the hours: %+v, %v", days, err)
		}
	})
}

func TestReplicasLearnOfOneAnotherByWhatIsWritten(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		a := start(t, d, nil)
		a.apply(t, "orders", withQuotas("{calls: 10, per: day}"))
		_, keys := a.subscribe(t, product.Wish{Product: "orders"})
		b := start(t, d, nil)
		for range 4 {
			a.want(t, "at the first", keys.Primary, http.StatusOK, "")
			b.want(t, "at the second", keys.Primary, http.StatusOK, "")
		}
		must(t, a.products.Write(t.Context()))
		must(t, b.products.Write(t.Context())) // 8
		b.want(t, "the ninth", keys.Primary, http.StatusOK, "")
		b.want(t, "the tenth", keys.Primary, http.StatusOK, "")
		b.want(t, "the eleventh", keys.Primary, http.StatusTooManyRequests, "")
		a.want(t, "one that the first cannot know of", keys.Primary, http.StatusOK, "")
		must(t, b.products.Write(t.Context()))
		must(t, a.products.Write(t.Context()))
		a.want(t, "once it knows", keys.Primary, http.StatusTooManyRequests, "")
	})
}

func TestAChangeAtOneReplicaReachesTheOther(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		a := start(t, d, nil)
		b := start(t, d, nil)
		a.apply(t, "orders", basic)
		_, keys := a.subscribe(t, product.Wish{Product: "orders"})
		done := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { done <- b.products.Watch(ctx) }()
		until := func(status int) {
			t.Helper()
			for began := time.Now(); b.ask(t, keys.Primary).StatusCode != status; {
				if time.Since(began) > time.Minute {
					t.Fatalf("not %d at the other replica", status)
				}
			}
		}
		until(http.StatusOK)
		_, err := a.products.Take(as("ada"), authntest.Dev(), "shop", product.Suspend, "")
		must(t, err)
		until(http.StatusForbidden)
		cancel()
		must(t, <-done)
	})
}

// TestAQuotaIsExact has many calls at once: as many pass as the quota has, though
// subscriptions and products change meanwhile.
func TestAQuotaIsExact(t *testing.T) {
	t.Parallel()
	w := start(t, sqlite(t), nil)
	w.apply(t, "orders", withQuotas("{calls: 100, per: day}"))
	_, keys := w.subscribe(t, product.Wish{Product: "orders"})
	var passed, refused atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				switch a := w.ask(t, keys.Primary); a.StatusCode {
				case http.StatusOK:
					passed.Add(1)
				case http.StatusTooManyRequests:
					refused.Add(1)
				default:
					t.Errorf("%d %s", a.StatusCode, a.Body)
				}
			}
		})
	}
	for i := range 5 {
		w.apply(t, "orders", withQuotas("{calls: 100, per: day}")+", title: "+strconv.Itoa(i)+"x")
		must(t, w.products.Write(t.Context()))
	}
	wg.Wait()
	if passed.Load() != 100 || refused.Load() != 100 {
		t.Errorf("%d passed, %d refused", passed.Load(), refused.Load())
	}
	must(t, w.products.Write(t.Context()))
	u, err := w.products.UsageOf(as("ada"), authntest.Dev(), "shop", product.Day, 1)
	if must(t, err); u.History[0].Calls != 100 || u.History[0].Refused != 100 {
		t.Errorf("written: %+v", u.History)
	}
}

func TestPeriodsAreThoseOfTheCalendar(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		period          product.Period
		at, from, until string
	}{
		{product.Hour, "2026-11-25T12:30:15Z", "2026-11-25T12:00:00Z", "2026-11-25T13:00:00Z"},
		{product.Day, "2026-11-25T00:00:00Z", "2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z"},
		{product.Day, "2026-11-25T23:30:00-02:00", "2026-11-26T00:00:00Z", "2026-11-27T00:00:00Z"}, // in UTC
		{product.Week, "2026-11-29T23:59:59Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"},     // a Sunday
		{product.Week, "2026-11-30T00:00:00Z", "2026-11-30T00:00:00Z", "2026-12-07T00:00:00Z"},     // a Monday
		{product.Week, "2027-01-01T12:00:00Z", "2026-12-28T00:00:00Z", "2027-01-04T00:00:00Z"},     // over the year
		{product.Month, "2026-12-31T23:59:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"},
		{product.Month, "2028-02-29T00:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"}, // a leap year
	} {
		at, err := time.Parse(time.RFC3339, tt.at)
		must(t, err)
		from, until := tt.period.Bounds(at)
		if from.Format(time.RFC3339) != tt.from || until.Format(time.RFC3339) != tt.until {
			t.Errorf("the %s of %s: %s to %s", tt.period, tt.at, from, until)
		}
	}
}
