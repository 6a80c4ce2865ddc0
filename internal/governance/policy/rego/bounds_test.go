package rego_test

import (
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
)

// again is a rule whose value is made of the last one, so many times.
func again(first, next string, times int) string {
	var b strings.Builder
	b.WriteString("x0 := " + first + "\n")
	for i := range times {
		x := "x" + string(rune('a'+i/10)) + string(rune('0'+i%10))
		last := "x0"
		if i > 0 {
			last = "x" + string(rune('a'+(i-1)/10)) + string(rune('0'+(i-1)%10))
		}
		b.WriteString(x + " := " + strings.ReplaceAll(next, "$", last) + "\n")
	}
	last := "x" + string(rune('a'+(times-1)/10)) + string(rune('0'+(times-1)%10))
	b.WriteString("last := " + last + "\n")
	return b.String()
}

// What one builtin function would need any time or memory for is an error, and blocks:
// of what a machine runs, and of what Rego is asked.
func TestOneFunctionIsBounded(t *testing.T) {
	t.Parallel()
	const digits = "a number has more than 4096 digits"
	const text = "a text of more than 64 MiB"
	grown := again("count(input.resource_changes) + 99999", "$ * $", 40)
	texts := again(`concat("", ["aaaaaaaaaaaaaaaa", input.resource_changes[0].name])`, `concat("", [$, $])`, 30)
	nested := again(`{"a": input.resource_changes[0].name}`, `{"a": $, "b": $}`, 60)
	for name, c := range map[string]struct{ rules, says string }{
		"squares":          {grown + "deny contains \"a\" if last < 0", digits},
		"of what is large": {"deny contains \"a\" if 1e30000 * count(input.resource_changes) < 0", digits},
		"of what is small": {again("1e-20 / count(input.resource_changes)", "$ * $", 40) + "deny contains \"a\" if last < 0", digits},
		"a product":        {"deny contains \"a\" if product([n | some n in numbers.range(1, 9999)]) < count(input.resource_changes)", digits},
		"a sum":            {"deny contains \"a\" if sum([1e30000, count(input.resource_changes)]) < 0", digits},
		"wide fields":      {"deny contains \"a\" if { f := concat(\"\", [s | some i in numbers.range(1, 99); s := \"%999999d\"]); count(sprintf(f, [count(input.resource_changes)])) < 0 }", text},
		"one many times":   {"deny contains \"a\" if { f := concat(\"\", [s | some i in numbers.range(1, 9999); s := \"%[1]s\"]); w := sprintf(\"%99999d\", [count(input.resource_changes)]); count(sprintf(f, [w])) < 0 }", text},
		"texts":            {texts + "deny contains \"a\" if count(last) < 0", text},
		"between texts":    {"deny contains \"a\" if { w := sprintf(\"%99999d\", [count(input.resource_changes)]); count(concat(w, [s | some i in numbers.range(1, 9999); s := \"x\"])) < 0 }", text},
		"marshalled":       {nested + "deny contains \"a\" if count(json.marshal(last)) < 0", text},
		"formatted":        {nested + "deny contains sprintf(\"%v\", [last]) if true", text},
		"said":             {nested + "deny contains {\"msg\": \"a\", \"more\": last} if true", text},
		"walked":           {nested + "deny contains \"a\" if { some p; walk(last, [p, 3]) }", "goes through more than 1024 MiB"},
		"places":           {"deny contains \"a\" if { w := sprintf(\"%999999d\", [count(input.resource_changes)]); count(indexof_n(w, substring(w, 0, 500000))) < 0 }", "too long to be looked for"},
		"patches":          {"deny contains \"a\" if { l := numbers.range(1, 200000); p := [q | some i in numbers.range(1, 20000); q := {\"op\": \"add\", \"path\": \"/0\", \"value\": i}]; count(json.patch(l, p)) < count(input.resource_changes) }", "too many"},
		"a unit":           {"deny contains \"a\" if { w := sprintf(\"%09999d\", [count(input.resource_changes)]); units.parse(w) < 0 }", digits},
	} {
		for asked, more := range map[string]string{"": "", " of Rego": "\nother if last_of_all with input as {}\nlast_of_all if input.x\n"} {
			t.Run(name+asked, func(t *testing.T) {
				t.Parallel()
				rules := c.rules
				if more != "" { // what puts other values in the place of the input is asked of Rego
					rules = strings.Replace(rules, "deny contains", "deny contains \"other\" if other\n\ndeny contains", 1) + more
				}
				report := evaluate(t, map[string]string{"a.rego": "package greedy\n\n" + rules + "\n"}, document, rego.Options{Timeout: time.Minute, Memory: 8 << 30})
				if !report.Blocked() || len(report.Results) == 0 || report.Results[0].Outcome != policy.Errored || !strings.Contains(report.Results[0].Message, c.says) {
					t.Errorf("%.300v", report.Results)
				}
			})
		}
	}
}

// What policies need is within the bounds.
func TestWhatPoliciesNeedIsWithinTheBounds(t *testing.T) {
	t.Parallel()
	report := evaluate(t, map[string]string{"a.rego": `package fine

deny contains "a" if {
	product([2, 3, 7]) == 42
	18446744073709551617 * 18446744073709551617 == 340282366920938463500268095579187314689
	1e300 + 1 > 1e300
	sprintf("%[1]s %[1]s %05d", [input.resource_changes[0].name, 7])
	count(concat(", ", {"a", "b"})) == 4
	to_number("12.50") == 12.5
	count([p | walk({"a": [1, 2]}, [p, _])]) == 4
}
`}, document, rego.Options{})
	if len(report.Results) != 1 || report.Results[0].Outcome != policy.Violated {
		t.Errorf("%+v", report)
	}
}
