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
