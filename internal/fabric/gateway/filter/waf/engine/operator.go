package engine

import (
	"errors"
	"regexp"

	"github.com/corazawaf/coraza/v3/experimental/plugins"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/automaton"
)

// operatorName is how rules name our operator.
const operatorName = "terraceRx"

// statesOfOne bounds the states of one expression, in bytes.
const statesOfOne = 512 << 10

// Coraza's list of operators is global and has no lock: ours join it before anything runs,
// as the rules that users write are compiled at any time.
func init() { //nolint:gochecknoinits // Coraza's way of extension
	plugins.RegisterOperator(operatorName, newRx)
	plugins.RegisterOperator(sieveName, func(o plugintypes.OperatorOptions) (plugintypes.Operator, error) {
		if s, ok := waiting.sieves.Load(o.Arguments); ok {
			return s.(*sieve), nil //nolint:forcetypeassert // what is stored
		}
		return nil, errNoSieve
	})
}

var errNoSieve = errors.New("the operator is not for rules that are written by hand")

// rx is Coraza's operator of the same name: an automaton answers for it where it can.
type rx struct {
	re  *regexp.Regexp
	set *automaton.Set
}

// prefix are the flags with which Coraza compiles expressions.
const prefix = "(?sm)"

func newRx(o plugintypes.OperatorOptions) (plugintypes.Operator, error) {
	pattern := prefix + o.Arguments
	build := func() (any, error) {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return nil, err //nolint:wrapcheck // Coraza says where
		}
		return &rx{re: re, set: automaton.New(statesOfOne, pattern)}, nil
	}
	if o.Memoizer == nil {
		made, err := build()
		if err != nil {
			return nil, err
		}
		return made.(*rx), nil //nolint:forcetypeassert // built above
	}
	made, err := o.Memoizer.Do("terrace-rx:"+pattern, build)
	if err != nil {
		return nil, err //nolint:wrapcheck // Coraza says where
	}
	return made.(*rx), nil //nolint:forcetypeassert // built above
}

// Evaluate implements plugintypes.Operator.
func (o *rx) Evaluate(tx plugintypes.TransactionState, value string) bool {
	match, sure := o.set.Any(value)
	switch {
	case sure && !match:
		return false
	case tx.Capturing():
		return o.capture(tx, value)
	case sure:
		return true
	}
	return o.re.MatchString(value)
}

// maxCaptures is how many groups are captured, the whole match among them.
const maxCaptures = 9

func (o *rx) capture(tx plugintypes.TransactionState, value string) bool {
	at := o.re.FindStringSubmatchIndex(value)
	if at == nil {
		return false
	}
	for i := 0; i < len(at)/2 && i < maxCaptures; i++ {
		group := ""
		if at[2*i] >= 0 {
			group = value[at[2*i]:at[2*i+1]]
		}
		tx.CaptureField(i, group)
	}
	return true
}
