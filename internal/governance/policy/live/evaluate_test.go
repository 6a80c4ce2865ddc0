package live_test

import (
	"log/slog"
	"slices"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/live"
)

func TestWhatIsProposedIsEvaluatedBesideWhatIsLive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "package a\n# METADATA\n# custom:\n#   id: one\n#   floor: off\ndeny contains \"live\" if true\n# METADATA\n# custom: {id: two}\ndeny_more contains \"kept\" if true")
	s := policy.New(policy.Deps{Sets: live.New(policy.Folder{}, slog.New(slog.DiscardHandler), live.Folder(dir))})
	beside := []policy.Folder{{Name: "proposed", Modules: []policy.File{{
		Path: "b.rego", Name: "b.rego", Content: []byte("package b\n# METADATA\n# custom: {id: one}\ndeny contains \"proposed\" if true"),
	}}}}
	off := &policy.Assignments{{Policies: "one", Level: policy.Off}}
	two := &policy.Assignments{{Policies: "two", Level: policy.Advisory}}
	for name, tt := range map[string]struct {
		proposed *policy.Proposed
		want     []string
	}{
		"nothing":                      {nil, []string{"kept", "live"}},
		"a policy":                     {&policy.Proposed{Folders: beside}, []string{"kept", "proposed"}},
		"a level that the rule allows": {&policy.Proposed{Assignments: off}, []string{"kept"}},
		"of the platform":              {&policy.Proposed{Platform: &policy.Assignments{{Policies: "two", Level: policy.Off}}}, []string{"live"}},
		"one that it does not":         {&policy.Proposed{Assignments: two}, []string{"kept", "live"}},
	} {
		report, err := s.Evaluate(t.Context(), policy.Question{Input: policy.Input{Document: map[string]any{}}, Proposed: tt.proposed})
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, r := range report.Results {
			said = append(said, r.Message)
		}
		if slices.Sort(said); !slices.Equal(said, tt.want) || !report.Blocked() {
			t.Errorf("%s: %v, want %v", name, said, tt.want)
		}
	}
}
