package rego_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
)

// An input that is too much for all is told once, and blocks as the strictest would.
func TestWhatIsTooMuchForAllIsToldOnce(t *testing.T) {
	t.Parallel()
	sources := map[string]string{}
	for n, level := range []string{"advisory", "soft-mandatory", "hard-mandatory", "advisory", "advisory", "advisory"} {
		sources[fmt.Sprintf("p%d.rego", n)] = fmt.Sprintf("# METADATA\n# custom: {level: %s}\npackage p%d\n\ndeny contains \"a\" if {\n\tsome x in numbers.range(1, 5000)\n\tsome y in numbers.range(1, 5000)\n\tx * y < 0\n}\n", level, n)
	}
	report := evaluate(t, sources, `{"format_version":"1.2","resource_changes": []}`, rego.Options{Timeout: time.Microsecond})
	if len(report.Results) != 1 {
		t.Fatalf("%v", report.Results)
	}
	if len(report.Unknown) != 6 {
		t.Errorf("unknown are %v", report.Unknown)
	}
	r := report.Results[0]
	if r.Outcome != policy.Errored || r.Level != policy.HardMandatory || !r.Blocks() || r.Fix == "" || !strings.Contains(r.Message, "6 policies could not be evaluated") || !strings.Contains(r.Message, "1 others") {
		t.Errorf("%+v", r)
	}
}

// A key that is another tool's is none of ours to judge; beside ours it is remarked.
func TestKeysThatNothingReads(t *testing.T) {
	t.Parallel()
	report := evaluate(t, map[string]string{
		"ours.rego":   "# METADATA\n# custom:\n#   level: advisory\n#   runbook: x\npackage ours\n\ndeny contains \"a\" if true\n\ndeny_b contains \"a\" if true\n",
		"theirs.rego": "# METADATA\n# custom:\n#   runbook: x\npackage theirs\n\ndeny contains \"a\" if true\n",
	}, `{"format_version":"1.2","resource_changes": []}`, rego.Options{})
	want := policy.Notice{File: "mine/ours.rego", Line: 4, Column: 5, Message: "nothing reads custom.runbook"}
	if len(report.Notices) != 1 || report.Notices[0] != want {
		t.Errorf("%+v", report.Notices)
	}
}
