package rego_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
)

// A text of a plan may have a document in it, and that a number of any length: to compare
// it is one step that no timeout ends. It is an error, which blocks, however a rule asks.
func TestWhatIsReadOutOfTextsIsBounded(t *testing.T) {
	t.Parallel()
	read := map[string]string{
		"a list":     `json.unmarshal(input.list)[0]`,
		"an object":  `json.unmarshal(input.object).a[0].b`,
		"a token":    `io.jwt.decode(concat(".", ["eyJhbGciOiJub25lIn0", base64url.encode_no_pad(input.object), ""]))[1].a[0].b`,
		"a fraction": `json.unmarshal(concat("", ["0.", input.digits]))`,
	}
	asked := map[string]string{
		"by itself":          `deny contains "x" if $ == input.n`,
		"with another input": `deny contains "x" if { v := g with input.n as 4; v }` + "\n" + `g if $ == input.n`,
		"beside the time":    `deny contains "x" if { time.now_ns() > 0; $ == input.n }`,
		"in what is not":     `deny contains "x" if not $ > input.n`,
	}
	digits := strings.Repeat("9", 50_000)
	document := `{"format_version":"1.2","resource_changes":[],"n":3,"digits":"` + digits + `","list":"[` + digits + `]","object":"{\"a\":[{\"b\":` + digits + `}]}"}`
	for what, value := range read {
		for how, rule := range asked {
			t.Run(what+" "+how, func(t *testing.T) {
				t.Parallel()
				rules := "package main\n\n" + strings.ReplaceAll(rule, "$", value) + "\n"
				report := evaluate(t, map[string]string{"a.rego": rules}, document, rego.Options{Timeout: time.Minute})
				said := slices.ContainsFunc(report.Results, func(r policy.Result) bool {
					return r.Outcome == policy.Errored && strings.Contains(r.Message, "a number has more than 4096 digits")
				})
				if !said || !report.Blocked() {
					t.Errorf("got %.300v", report)
				}
			})
		}
	}
}

// What is read may be long, but for its numbers.
func TestLongTextsAreRead(t *testing.T) {
	t.Parallel()
	report := evaluate(t, map[string]string{"a.rego": "package main\n\ndeny contains \"x\" if json.unmarshal(input.text).a == 1\n"},
		`{"format_version":"1.2","resource_changes":[],"text":"{\"a\":1,\"b\":\"`+strings.Repeat("9", 50_000)+`\"}"}`, rego.Options{})
	if report.Count(policy.Violated) != 1 || report.Count(policy.Errored) != 0 {
		t.Errorf("got %.300v", report)
	}
}
