package engine

import (
	"regexp"
	"testing"

	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
	"github.com/corazawaf/coraza/v3/types/variables"
)

// TestTheSieveSparesMostRules: an ordinary request is spared most of the rules
// that the sieve knows, one that a transformation could change none.
func TestTheSieveSparesMostRules(t *testing.T) {
	t.Parallel()
	e, err := New(Config{Paranoia: 1, Inbound: 5, Outbound: 4, BodyLimit: 1000, Methods: []string{"GET"}})
	if err != nil {
		t.Fatal(err)
	}
	s := &sieve{}
	s.fill(e.rules, 1)
	known := len(s.ids)
	if known < 50 {
		t.Fatalf("the sieve knows %d rules", known)
	}
	for query, want := range map[string][2]int{
		"/orders?id=12&sort=name":                      {known * 9 / 10, known},
		"/orders?id=%2525":                             {0, 0},
		"/orders?id=1%20union%20select%20a%20from%20b": {known / 2, known - 1},
	} {
		tx := e.Begin("a")
		tx.ProcessURI(query, "GET", "HTTP/1.1")
		counted := &removals{TransactionState: tx.Transaction.(plugintypes.TransactionState)} //nolint:forcetypeassert // Coraza's own
		s.Evaluate(counted, "")
		if len(counted.ids) < want[0] || len(counted.ids) > want[1] {
			t.Errorf("%s is spared %d of %d rules, want %v", query, len(counted.ids), known, want)
		}
		_ = tx.Close()
	}
}

// removals notes which rules are taken out.
type removals struct {
	plugintypes.TransactionState

	ids []int
}

func (r *removals) RemoveRuleByID(id int) { r.ids = append(r.ids, id) }

func (*removals) RemoveRuleTargetByID(int, variables.RuleVariable, string, *regexp.Regexp) {}
