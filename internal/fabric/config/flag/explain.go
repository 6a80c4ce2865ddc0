package flag

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/twmb/murmur3"
)

// Share is the part of those who ask that gets a variant.
type Share struct {
	Variant string `json:"variant"`
	Weight  int    `json:"weight"`
	// Percent is its part of all weights.
	Percent float64 `json:"percent"`
}

// Rollout is one place of a rule where shares decide.
type Rollout struct {
	// By is what is hashed.
	By     string  `json:"by"`
	Shares []Share `json:"shares"`
}

// Kind is the JSON type of the variants.
func (f Flag) Kind() string {
	kind := kindOf(f.Variants[f.DefaultVariant])
	if kind == "text" {
		return "string"
	}
	return kind
}

// Rollouts returns where shares decide in the rule, in the order of the rule.
func (f Flag) Rollouts() []Rollout { return rollouts(f.Targeting, nil) }

func rollouts(rule any, found []Rollout) []Rollout {
	switch r := rule.(type) {
	case []any:
		for _, item := range r {
			found = rollouts(item, found)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(r)) {
			list, isList := r[name].([]any)
			if name != fractional || !isList {
				found = rollouts(r[name], found)
				continue
			}
			found = append(found, rolloutOf(list))
		}
	}
	return found
}

func rolloutOf(list []any) Rollout {
	by, pairs := split(list)
	r := Rollout{By: "the flag and targetingKey", Shares: []Share{}}
	if by != nil {
		raw, _ := json.Marshal(by) // it came from a file
		r.By = string(raw)
	}
	total := 0
	for _, item := range pairs {
		variant, weight, _ := share(item)
		total += weight
		r.Shares = append(r.Shares, Share{Variant: variant, Weight: weight})
	}
	for i, s := range r.Shares {
		r.Shares[i].Percent = 100 * float64(s.Weight) / float64(max(total, 1))
	}
	return r
}

// Why says in a sentence why an evaluation has its result, or none.
func (f Flag) Why(key string, attributes map[string]any, r Result, err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Message
	}
	switch r.Reason {
	case IsDisabled:
		return "it is turned off: the default in the code that asks counts"
	case Static:
		return fmt.Sprintf("it has no rule: its default variant %s counts for everybody", r.Variant)
	case Default:
		return fmt.Sprintf("its rule names no variant for this context: its default variant %s counts", r.Variant)
	case Split:
		return fmt.Sprintf("a share decided: %s is in that of %s", who(key, attributes), r.Variant)
	case TargetingMatch:
		why := fmt.Sprintf("its rule names the variant %s for this context", r.Variant)
		if f.Rollouts() != nil {
			why += ", whatever the shares are"
		}
		return why
	default:
		return string(r.Reason)
	}
}

// who is who asks, with their place among all, from 0 to 100 %, which is the same for ever.
func who(key string, attributes map[string]any) string {
	target, ok := attributes["targetingKey"].(string)
	if !ok || target == "" {
		return "who asks"
	}
	return fmt.Sprintf("%s, at %.2f %% of all,", target, 100*float64(murmur3.Sum32([]byte(key+target)))/(1<<32))
}
