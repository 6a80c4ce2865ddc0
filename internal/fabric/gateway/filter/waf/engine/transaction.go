package engine

import (
	"regexp"
	"strconv"

	"github.com/corazawaf/coraza/v3/collection"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
	"github.com/corazawaf/coraza/v3/types"
	"github.com/corazawaf/coraza/v3/types/variables"
)

// remover is what a transaction of Coraza offers beside its interface: the same
// as the action ctl does.
type remover interface {
	RemoveRuleByID(id int)
	RemoveRuleTargetByID(id int, variable variables.RuleVariable, key string, pattern *regexp.Regexp)
}

// Transaction is one request on its way through the rules; its owner closes it.
type Transaction struct {
	types.Transaction

	engine *Engine
}

// Begin starts a transaction under an id.
func (e *Engine) Begin(id string) *Transaction {
	t := &Transaction{Transaction: e.waf.NewTransactionWithID(id), engine: e}
	if len(e.variables) > 0 {
		tx := txOf(t.Transaction)
		for _, v := range e.variables {
			tx.Set(v.name, v.values)
		}
	}
	return t
}

// Under applies the exclusions for a path: the one that the service will see,
// not what the client wrote.
func (t *Transaction) Under(path string) {
	r, ok := t.Transaction.(remover)
	if !ok {
		return
	}
	for _, b := range t.engine.bounded {
		if !b.holds(path) {
			continue
		}
		for _, id := range b.ids {
			if len(b.targets) == 0 {
				r.RemoveRuleByID(id)
			}
			for _, target := range b.targets {
				r.RemoveRuleTargetByID(id, target.Variable, target.Key, target.Pattern)
			}
		}
	}
}

// Partial says that the body written is only the beginning: it is read as text,
// and that it does not end as it must is no offence.
func (t *Transaction) Partial() {
	if r, ok := t.Transaction.(remover); ok {
		r.RemoveRuleByID(bodyError)
		r.RemoveRuleByID(partsError)
	}
	state, ok := t.Transaction.(plugintypes.TransactionState)
	if !ok {
		return
	}
	processor := state.Variables().RequestBodyProcessor()
	if set, ok := processor.(interface{ Set(string) }); ok && (processor.Get() == "JSON" || processor.Get() == "XML") {
		set.Set("URLENCODED")
	}
}

// The rules for bodies that cannot be read.
const (
	bodyError  = 200002
	partsError = 200003
)

// Refused returns what stopped the request, or would have; nil for nothing.
func (t *Transaction) Refused() *types.Interruption {
	if i := t.Interruption(); i != nil {
		return i
	}
	if d, ok := t.Transaction.(interface {
		DetectionOnlyInterruption() *types.Interruption
	}); ok {
		return d.DetectionOnlyInterruption()
	}
	return nil
}

// Scores returns the anomaly scores of the request and of its answer.
func (t *Transaction) Scores() (inbound, outbound int) {
	tx := txOf(t.Transaction)
	return score(tx, "blocking_inbound_anomaly_score"), score(tx, "blocking_outbound_anomaly_score")
}

// Levels are how many levels of rules there are.
const Levels = 4

// ScoresByLevel returns what the rules of each level, from the lowest, have
// added to the request's score. Levels that are not asked add nothing.
func (t *Transaction) ScoresByLevel() (out [Levels]int) {
	tx := txOf(t.Transaction)
	for i, name := range [Levels]string{"inbound_anomaly_score_pl1", "inbound_anomaly_score_pl2", "inbound_anomaly_score_pl3", "inbound_anomaly_score_pl4"} {
		out[i] = score(tx, name)
	}
	return out
}

func score(tx collection.Map, name string) int {
	values := tx.Get(name)
	if len(values) == 0 {
		return 0
	}
	n, err := strconv.Atoi(values[0])
	if err != nil {
		return 0
	}
	return n
}
