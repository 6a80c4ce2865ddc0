package flag

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/diegoholiveira/jsonlogic/v3"
)

// Reason says why an evaluation has its result, in OpenFeature's words.
type Reason string

// The reasons.
const (
	// Static: the flag has no rule.
	Static Reason = "STATIC"
	// TargetingMatch: a rule about attributes has decided.
	TargetingMatch Reason = "TARGETING_MATCH"
	// Split: the share that the targeting key is in has decided.
	Split Reason = "SPLIT"
	// Default: no rule has matched.
	Default Reason = "DEFAULT"
	// IsDisabled: the flag is turned off, and the caller's own default counts.
	IsDisabled Reason = "DISABLED"
)

// Code says why there is no result, in OpenFeature's words.
type Code string

// The codes.
const (
	FlagNotFound        Code = "FLAG_NOT_FOUND"
	ParseError          Code = "PARSE_ERROR"
	TargetingKeyMissing Code = "TARGETING_KEY_MISSING"
	InvalidContext      Code = "INVALID_CONTEXT"
	General             Code = "GENERAL"
)

// Error is an evaluation without a result.
type Error struct {
	Code    Code
	Message string
}

// Error returns what went wrong.
func (e *Error) Error() string { return e.Message }

// Result is what an evaluation gives. Without a variant the caller's default counts.
type Result struct {
	Key      string         `json:"key"`
	Value    any            `json:"value,omitempty"`
	Variant  string         `json:"variant,omitempty"`
	Reason   Reason         `json:"reason"`
	Metadata map[string]any `json:"metadata,omitempty"`
}

// own are the names that rules find Terrace's own values below, as flagd's.
const own = "$flagd"

// Evaluate evaluates a flag for a context: attributes, among them targetingKey, which
// says who is asking. The error is an *Error.
func (f Flag) Evaluate(key string, attributes map[string]any) (Result, error) {
	r := Result{Key: key, Metadata: f.Metadata}
	switch {
	case f.State == Disabled:
		r.Reason = IsDisabled
		return r, nil
	case f.Targeting == nil:
		r.Reason = Static
		return f.with(r, f.DefaultVariant)
	}
	variant, err := f.target(key, attributes, true)
	if err != nil {
		return r, err
	}
	if variant == "" {
		r.Reason = Default
		return f.with(r, f.DefaultVariant)
	}
	r.Reason = TargetingMatch
	// What is decided without the shares as well, the attributes have decided.
	if without, err := f.target(key, attributes, false); err == nil && without != variant {
		r.Reason = Split
	}
	return f.with(r, variant)
}

func (f Flag) with(r Result, variant string) (Result, error) {
	value, ok := f.Variants[variant]
	if !ok {
		return r, &Error{General, fmt.Sprintf("the rule of the flag %s names the variant %q, which it does not have", r.Key, variant)}
	}
	r.Variant, r.Value = variant, value
	return r, nil
}

// target applies the rule. Without shares a rollout names no variant.
func (f Flag) target(key string, attributes map[string]any, shares bool) (string, error) {
	data := maps.Clone(attributes)
	if data == nil {
		data = map[string]any{}
	}
	data[own] = map[string]any{"flagKey": key, "shares": shares}
	operators()
	out, err := jsonlogic.ApplyInterface(plain(f.Targeting), data) //nolint:staticcheck // the others go through JSON, twice
	if failed, ok := errors.AsType[*Error](err); ok {
		return "", failed
	}
	if err != nil {
		// What the library says is for programmers, and of its inside.
		return "", &Error{General, fmt.Sprintf("the rule of the flag %s calculates with what this context has no number or text for", key)}
	}
	switch v := out.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case bool: // the variants on and off are often called so
		return fmt.Sprint(v), nil
	default:
		return "", &Error{General, fmt.Sprintf("the rule of the flag %s gives %v, which names no variant", key, out)}
	}
}

// plain has all numbers as JSON has them, which the rules' library compares alone.
func plain(v any) any {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case json.Number:
		f, _ := v.Float64() // a finite one: documents have no other
		return f
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = plain(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = plain(v[k])
		}
		return out
	default:
		return v
	}
}

// operators adds flagd's to the library, which has one set for the process.
var operators = sync.OnceFunc(func() { //nolint:gochecknoglobals // the library's set of operators is global
	jsonlogic.AddOperator(fractional, bucket)
	// Those of the library panic for lists and objects.
	jsonlogic.AddOperator("==", equality(false, true))
	jsonlogic.AddOperator("!=", equality(false, false))
	jsonlogic.AddOperator("===", equality(true, true))
	jsonlogic.AddOperator("!==", equality(true, false))
	jsonlogic.AddOperator("<=", order(false))
	jsonlogic.AddOperator(">=", order(true))
	jsonlogic.AddOperator("in", member)
	jsonlogic.AddOperator("starts_with", onTexts(startsWith))
	jsonlogic.AddOperator("ends_with", onTexts(endsWith))
	jsonlogic.AddOperator("sem_ver", semVer)
})
