package flag

import (
	"strings"

	"github.com/Masterminds/semver/v3"
	"github.com/twmb/murmur3"
)

// bucket is the operator fractional: the hash of the flag's key and the targeting key
// (or of what its first argument says) falls into one of the shares. It is murmur3 of 32
// bits, scaled to the sum of the weights. As long as that sum and the order stay, a
// larger weight of the first variant gives it to more who ask, and takes it from nobody.
func bucket(values, data any) any {
	context, _ := data.(map[string]any)
	names, _ := context[own].(map[string]any)
	if on, _ := names["shares"].(bool); !on {
		return nil
	}
	list, _ := values.([]any)
	by, pairs := split(list)
	text, ok := by.(string)
	if by == nil {
		var target string
		if target, ok = context["targetingKey"].(string); !ok || target == "" {
			panic(&Error{TargetingKeyMissing, "the flag is rolled out to a share of those who ask, and the context says not who does: give targetingKey"})
		}
		key, _ := names["flagKey"].(string)
		text = key + target
	}
	if !ok {
		return nil // what is hashed is not in the context
	}
	return pick(pairs, text)
}

// pick returns the variant of the share that the hash of a text is in.
func pick(pairs []any, text string) any {
	total := 0
	for _, item := range pairs {
		_, weight, _ := share(item)
		total += weight
	}
	place, upTo := int(uint64(murmur3.Sum32([]byte(text)))*uint64(total)>>32), 0
	for _, item := range pairs {
		variant, weight, _ := share(item)
		if upTo += weight; place < upTo {
			return variant
		}
	}
	return nil
}

// onTexts makes an operator of two texts; anything else is false.
func onTexts(is func(a, b string) bool) func(values, data any) any {
	return func(values, _ any) any {
		list, _ := values.([]any)
		if len(list) != 2 {
			return false
		}
		a, okA := list[0].(string)
		b, okB := list[1].(string)
		return okA && okB && is(a, b)
	}
}

func startsWith(a, b string) bool { return strings.HasPrefix(a, b) }

func endsWith(a, b string) bool { return strings.HasSuffix(a, b) }

// semVer compares versions: [version, operator, version], the operators those of flagd:
// =, !=, <, <=, >, >=, ^ for the same major and ~ for the same minor version.
func semVer(values, _ any) any {
	list, _ := values.([]any)
	if len(list) != 3 {
		return false
	}
	a, err := version(list[0])
	if err != nil {
		return false
	}
	b, err := version(list[2])
	if err != nil {
		return false
	}
	switch operator, _ := list[1].(string); operator {
	case "=":
		return a.Equal(b)
	case "!=":
		return !a.Equal(b)
	case "<":
		return a.LessThan(b)
	case "<=":
		return !a.GreaterThan(b)
	case ">":
		return a.GreaterThan(b)
	case ">=":
		return !a.LessThan(b)
	case "^":
		return a.Major() == b.Major()
	case "~":
		return a.Major() == b.Major() && a.Minor() == b.Minor()
	default:
		return false
	}
}

func version(v any) (*semver.Version, error) {
	text, _ := v.(string)
	return semver.NewVersion(text)
}
