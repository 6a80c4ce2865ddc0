package yamldoc

import (
	"encoding/json"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

// Exact is Any(nil) that loses no digit: a number which neither an int64 nor a float64
// holds as it is written is a json.Number.
func (v Value) Exact() any {
	switch {
	case v.IsObject():
		out := map[string]any{}
		v.Each(func(key string, item Value) { out[key] = item.Exact() })
		return out
	case v.IsList():
		out := make([]any, 0, len(v.node.Content))
		v.Items(func(_ int, item Value) { out = append(out, item.Exact()) })
		return out
	}
	plain := v.Any(nil)
	switch n := plain.(type) {
	case int64:
		if v.node.ShortTag() == "!!int" {
			return n
		}
		return exact(v.node.Value, float64(n), n)
	case float64:
		return exact(v.node.Value, n, n)
	}
	return plain
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,4})?$`)

// exact is kept where f is what text says, and the text where it is not. A text without a
// form in JSON, such as one in base 16, is written as JSON has it.
func exact(text string, f float64, kept any) any {
	text = strings.TrimPrefix(strings.ReplaceAll(text, "_", ""), "+")
	if n, ok := new(big.Int).SetString(text, 0); ok && !jsonNumber.MatchString(text) {
		text = n.String()
	}
	if !jsonNumber.MatchString(text) {
		return kept // .5 and the like: what few digits such have are kept
	}
	written, ok := new(big.Rat).SetString(text)
	held, finite := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
	if !ok || !finite || written.Cmp(held) == 0 {
		return kept
	}
	return json.Number(text)
}
