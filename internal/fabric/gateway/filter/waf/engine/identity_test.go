package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/engine"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/waftest"
)

// verdict is all that an engine found: what interrupted the request, the rules
// that matched in their order, and what they matched.
func verdict(t *testing.T, e *engine.Engine, r request) string {
	t.Helper()
	tx := judge(t, e, r)
	defer func() { _ = tx.Close() }()
	var b strings.Builder
	if i := tx.Refused(); i != nil {
		fmt.Fprintf(&b, "%s %d by %d\n", i.Action, i.Status, i.RuleID)
	}
	inbound, _ := tx.Scores()
	fmt.Fprintln(&b, "score", inbound, tx.ScoresByLevel())
	for _, m := range tx.MatchedRules() {
		if bookkeeping(m.Rule().ID()) {
			continue
		}
		var data []string
		for _, d := range m.MatchedDatas() {
			data = append(data, fmt.Sprintf("%s:%s=%q", d.Variable().Name(), d.Key(), d.Value()))
		}
		slices.Sort(data) // arguments come in no order
		fmt.Fprintln(&b, m.Rule().ID(), data)
	}
	return b.String()
}

// bookkeeping tells of rules that judge nothing: they set the rule set up, jump
// over the rules of a level, or add up the scores of one.
func bookkeeping(id int) bool {
	last := id % 1000
	return id/1000 == 901 || id == 900990 || last >= 11 && last <= 18 || id/1000 == 949 && last >= 52 && last != 110 && last != 111
}

// maxTries is how often Coraza is asked again: arguments come in no order, and
// what some rules capture depends on it.
const maxTries = 40

// TestVerdictsAreThoseOfStockCoraza gives every request of the rule set's tests
// to the engine and to Coraza as it comes, at the lowest and the highest level.
func TestVerdictsAreThoseOfStockCoraza(t *testing.T) {
	if testing.Short() {
		t.Skip("all requests of the rule set take a while")
	}
	t.Parallel()
	for _, levels := range [][2]int{{1, 1}, {4, 4}, {1, 3}} {
		level := levels[0]
		t.Run(fmt.Sprint("level ", level, " and ", levels[1]), func(t *testing.T) {
			t.Parallel()
			c := config()
			c.Detection, c.Paranoia, c.Detected, c.BodyLimit = true, level, levels[1], 1<<20
			fast := compiled(t, c)
			c.Stock = true
			compare(t, fast, compiled(t, c), level)
		})
	}
}

// compare leaves most requests out at the lowest level, whose rules are among
// those of the highest.
func compare(t *testing.T, fast, stock *engine.Engine, level int) {
	t.Helper()
	var all []request
	for i, c := range waftest.Cases(t) {
		if i%4 >= level {
			continue
		}
		for _, s := range c.Stages {
			if h, ok := s.Input.Head(); ok {
				all = append(all, request{h.Method, h.Target, h.Version, h.Headers, h.Body})
			}
		}
	}
	var next, differ atomic.Int64
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i := int(next.Add(1) - 1); i < len(all); i = int(next.Add(1) - 1) {
				if !agree(t, fast, stock, all[i]) && differ.Add(1) < 5 {
					t.Errorf("%s %s\n%s\n%s\nstock:\n%s", all[i].method, all[i].target, all[i].body, verdict(t, fast, all[i]), verdict(t, stock, all[i]))
				}
			}
		})
	}
	wg.Wait()
	if n := differ.Load(); n > 0 {
		t.Errorf("%d of %d requests have another verdict", n, len(all))
	}
}

func agree(t *testing.T, fast, stock *engine.Engine, r request) bool {
	t.Helper()
	for range maxTries {
		if verdict(t, fast, r) == verdict(t, stock, r) {
			return true
		}
	}
	return false
}
