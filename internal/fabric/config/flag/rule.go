package flag

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// fractional is the operator of a rollout by shares.
const fractional = "fractional"

// Operators are those that a rule may use: the ones of JSONLogic that take no list of
// any length apart, so that a rule takes no longer than it is long, and those of flagd.
func Operators() []string {
	return []string{
		"if", "var", "missing", "==", "===", "!=", "!==", "!", "!!", "and", "or", "<", "<=", ">", ">=", "in",
		"+", "-", "*", "/", "%", "min", "max", "cat", "substr", fractional, "starts_with", "ends_with", "sem_ver",
	}
}

// Results returns a fault for each result that a rule writes out and that names no variant.
func (f Flag) Results() (faults []Fault) {
	f.result("targeting", f.Targeting, &faults)
	return faults
}

// result goes through what a rule may give: the ends of ifs. What is calculated is known
// when somebody asks.
func (f Flag) result(path string, rule any, faults *[]Fault) {
	var name string
	switch r := rule.(type) {
	case string:
		name = r
	case bool:
		name = fmt.Sprint(r)
	case map[string]any:
		args, _ := r["if"].([]any)
		for i, arg := range args {
			if i%2 == 1 || i == len(args)-1 {
				f.result(fmt.Sprintf("%s.if[%d]", path, i), arg, faults)
			}
		}
		return
	default:
		return
	}
	if _, known := f.Variants[name]; !known {
		*faults = append(*faults, Fault{
			Path: path, Message: fmt.Sprintf("there is no variant %q", name), Fix: "name one of: " + strings.Join(slices.Sorted(maps.Keys(f.Variants)), ", "),
		})
	}
}

type checker struct {
	flag Flag
	add  func(path, fix, format string, args ...any)
}

func (c *checker) rule(path string, rule any, depth int) {
	switch r := rule.(type) {
	case map[string]any:
		c.operation(path, r, depth)
	case []any:
		for i, item := range r {
			c.rule(fmt.Sprintf("%s[%d]", path, i), item, depth)
		}
	}
}

func (c *checker) operation(path string, r map[string]any, depth int) {
	if depth > maxRule {
		c.add(path, "make the rule flatter", "it is nested deeper than %d levels", maxRule)
		return
	}
	if len(r) != 1 {
		c.add(path, `write one operator with its arguments: {"==": [{"var": "plan"}, "gold"]}`, "a rule has one operator, not %d", len(r))
		return
	}
	for name, args := range r {
		at := path + "." + name
		switch {
		case name == fractional:
			c.shares(at, args, depth)
		case slices.Contains(Operators(), name):
			c.rule(at, args, depth+1)
		default:
			fix := "the operators are " + strings.Join(Operators(), " ")
			if near := yamldoc.Nearest(name, Operators()); near != "" {
				fix = "did you mean " + near + "?"
			}
			c.add(at, fix, "there is no operator %q", name)
		}
	}
}

// shares checks the arguments of fractional: a rule for what is hashed, which may be
// left out, and pairs of a variant and its weight.
func (c *checker) shares(path string, args any, depth int) {
	const fix = `write [["on", 10], ["off", 90]]: variants with their weights`
	list, ok := args.([]any)
	if !ok {
		c.add(path, fix, "the shares are no list")
		return
	}
	by, pairs := split(list)
	if by != nil {
		c.rule(path, by, depth+1)
	}
	total := 0
	for i, item := range pairs {
		at := fmt.Sprintf("%s[%d]", path, i+len(list)-len(pairs))
		name, weight, ok := share(item)
		switch _, known := c.flag.Variants[name]; {
		case !ok:
			c.add(at, fix, "it is no pair of a variant and a weight from 0 to 1000000")
		case !known:
			c.add(at, "name one of: "+strings.Join(slices.Sorted(maps.Keys(c.flag.Variants)), ", "), "there is no variant %q", name)
		}
		total += weight
	}
	if len(pairs) == 0 || total == 0 || total > maxWeight {
		c.add(path, fix, "the weights have the sum %d; it must be 1 to %d", total, maxWeight)
	}
}

// maxWeight bounds the sum of all weights of a rollout.
const maxWeight = 1_000_000

// split takes what is hashed off the shares.
func split(list []any) (by any, pairs []any) {
	if len(list) > 0 {
		if _, isPair := list[0].([]any); !isPair {
			return list[0], list[1:]
		}
	}
	return nil, list
}

// share reads one pair; a variant alone has the weight 1.
func share(item any) (variant string, weight int, ok bool) {
	pair, _ := item.([]any)
	if len(pair) == 0 || len(pair) > 2 {
		return "", 0, false
	}
	variant, ok = pair[0].(string)
	if len(pair) == 1 {
		return variant, 1, ok
	}
	var n float64
	switch w := pair[1].(type) {
	case int64:
		n = float64(w)
	case float64:
		n = w
	default:
		return variant, 0, false
	}
	if n < 0 || n > maxWeight || n != float64(int(n)) {
		return variant, 0, false
	}
	return variant, int(n), ok
}
