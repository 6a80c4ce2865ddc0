package upstream_test

import (
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestANewInstanceStartsSlowly(t *testing.T) {
	t.Parallel()
	for _, slow := range []time.Duration{0, time.Hour} {
		c := upstream.NewCluster(upstream.Config{Settings: upstream.Settings{SlowStart: kernel.Duration(slow)}})
		t.Cleanup(c.Close)
		c.Update([]upstream.Endpoint{{Addr: "a"}})
		c.Update([]upstream.Endpoint{{Addr: "a"}, {Addr: "b"}})
		picked := map[string]int{}
		for range 200 {
			picked[c.Pick(nil).Addr]++
		}
		if (picked["b"] == 0) != (slow > 0) || picked["a"] == 0 {
			t.Errorf("slow start of %s: picked %v", slow, picked)
		}
	}
}

func TestWhoWasTriedComesLast(t *testing.T) {
	t.Parallel()
	c := upstream.NewCluster(upstream.Config{})
	t.Cleanup(c.Close)
	c.Update([]upstream.Endpoint{{Addr: "a"}, {Addr: "b"}, {Addr: "c"}})
	var tried []*upstream.Member
	seen := map[string]bool{}
	for range 3 {
		m := c.Pick(tried)
		seen[m.Addr] = true
		tried = append(tried, m)
	}
	if len(seen) != 3 || c.Pick(tried) == nil {
		t.Errorf("asked %v", seen)
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	var b upstream.Budget
	spent := 0
	for range 1000 {
		b.Earn(20)
		for b.Spend() {
			spent++
		}
	}
	if spent != 210 { // a fifth, and the reserve
		t.Errorf("%d of 1000 requests were repeated", spent)
	}
}

func TestWeightsShareNewRequests(t *testing.T) {
	t.Parallel()
	c := upstream.NewCluster(upstream.Config{})
	t.Cleanup(c.Close)
	for _, share := range []int{5, 25, 50} {
		c.Update([]upstream.Endpoint{{Addr: "a", Release: "old", Weight: 100 - share}, {Addr: "b", Release: "new", Weight: share}})
		picked := 0
		for range 10_000 {
			if c.Pick(nil).Release == "new" {
				picked++
			}
		}
		if got := picked / 100; got < share-3 || got > share+3 {
			t.Errorf("%d of 10000 requests went to the release with %d %%", picked, share)
		}
	}
	first := c.Members()[0]
	if m := c.Pick([]*upstream.Member{first}); m == first {
		t.Error("who failed a request is asked again before the other")
	}
	c.Update([]upstream.Endpoint{{Addr: "a", Release: "old"}})
	if c.Members()[0] != first || c.Pick(nil) != first {
		t.Error("an instance whose weight changes is another one")
	}
}
