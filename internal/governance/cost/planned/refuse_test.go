package planned_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/cost/planned"
	"github.com/terrace-idp/terrace/internal/governance/policy/plan"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// What policies refuse has no estimate either, for the same reason.
func TestWhatPoliciesRefuseHasNoEstimate(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a new format": `{"format_version":"2.0","resource_changes":[]}`, "no version": `{"format_version":"banana","resource_changes":[]}`,
		"a number": `{"format_version":1.2,"resource_changes":[]}`, "none": "", "a list": "[]", "what breaks off": "{\n\"a\":",
		"a change without a type": `{"format_version":"1.2","resource_changes":[{"address":"a.b","change":{}}]}`,
		"a change without itself": `{"format_version":"1.2","resource_changes":[{"address":"a.b","type":"a"}]}`,
		"a plan file":             "PK\x03\x04xx",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, priced := planned.Parse("plan.json", []byte(text))
			_, judged := plan.Read("plan.json", []byte(text))
			if priced == nil || judged == nil || priced.Error() != judged.Error() || !kernel.Is(priced, kernel.Invalid) {
				t.Errorf("estimates say %v, policies %v", priced, judged)
			}
		})
	}
}

// A state, and a part of a plan, say nothing of what changes: zero is no answer.
func TestWhatSaysNothingOfChangesIsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"format_version":"1.0","values":{"root_module":{}}}`:                            "is a state",
		`{"version":4,"resources":[]}`:                                                    "is a state",
		`{"format_version":"1.2","planned_values":{"root_module":{"resources":[]}}}`:      "has no resource_changes",
		`{"format_version":"1.2"}`:                                                        "is a state",
		`{"format_version":"1.2","planned_values":{"root_module":{}}}`:                    "",
		`{"resource_changes":[]}`:                                                         "has no format_version",
		`{"format_version":"1.2","resource_changes":[{"address":"a.b","change":"gone"}]}`: "is no plan",
	} {
		_, err := planned.Parse("plan.json", []byte(text))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", text, err)
		}
	}
	p, err := planned.Parse("plan.json", []byte(`{"format_version":"1.2","errored":true,"resource_changes":[]}`))
	if err != nil || len(p.After.Unread) != 1 {
		t.Errorf("got %+v, %v", p, err)
	}
}
