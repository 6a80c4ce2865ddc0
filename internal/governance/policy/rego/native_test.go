package rego_test

import (
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
	"github.com/terrace-idp/terrace/policies"
)

// What the library does in Go is what it does in Rego: all tests of the rules pass
// with either.
func TestTheRulesPassTheirTestsWithTheLibraryInGo(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it runs more than two thousand tests")
	}
	shipped, err := policy.ReadFolder("terrace", policies.Shipped, "policies")
	if err != nil {
		t.Fatal(err)
	}
	report, err := rego.Test(t.Context(), rego.TestOptions{Native: true}, policy.Folder{}, shipped)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Tests) < 2000 {
		t.Errorf("there are %d tests", len(report.Tests))
	}
	for _, r := range report.Tests {
		if r.Verdict != rego.Passed {
			t.Errorf("%s:%d: %s %s %s", r.File, r.Line, r.Name, r.Verdict, r.Message)
		}
	}
}
