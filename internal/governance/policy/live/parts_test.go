package live_test

import (
	"log/slog"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/live"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
)

// indexed is a source of two policies, each for a type of its own.
func indexed(t *testing.T, bad string) *live.Sets {
	t.Helper()
	tree := fstest.MapFS{
		"a.rego": {Data: []byte(rule("a", "\"a\" if true"))},
		"b.rego": {Data: []byte(rule("b", bad))},
	}
	index, err := policy.ReadIndex([]byte(`{"file":"a.rego","id":"a","rule":"deny","level":"hard-mandatory","resources":["a"]}
		{"file":"b.rego","id":"b","rule":"deny","level":"hard-mandatory","resources":["b"]}`))
	if err != nil {
		t.Fatal(err)
	}
	return live.New(policy.Folder{}, slog.New(slog.DiscardHandler), live.Embedded("terrace", tree, index))
}

func rule(name, contains string) string {
	return "# METADATA\n# custom:\n#   id: " + name + "\n#   resources: [" + name + "]\npackage " + name + "\n\ndeny contains " + contains
}

func planOf(types ...string) policy.Input {
	changes := []any{}
	for _, name := range types {
		changes = append(changes, map[string]any{"type": name, "address": name + ".x"})
	}
	return policy.Input{Document: map[string]any{"resource_changes": changes}}
}

func evaluated(t *testing.T, s *live.Sets, types ...string) policy.Report {
	t.Helper()
	report, err := s.Eval(t.Context(), planOf(types...), rego.Options{})
	if err != nil {
		t.Error(err)
	}
	return report
}

func TestPoliciesOfAnIndexAreThereWhenADocumentNeedsThem(t *testing.T) {
	t.Parallel()
	s := indexed(t, "\"b\" if true")
	if n := s.Sources(t.Context())[0].Policies; n != 2 {
		t.Errorf("%d policies", n)
	}
	for _, tt := range []struct {
		types []string
		want  int
	}{{[]string{"a"}, 1}, {[]string{"c"}, 0}, {[]string{"a", "b"}, 2}, {[]string{"b"}, 1}} {
		if r := evaluated(t, s, tt.types...); len(r.Results) != tt.want || len(r.Evaluated) != tt.want {
			t.Errorf("%v: %+v", tt.types, r)
		}
	}
	r, err := s.Eval(t.Context(), policy.Input{Document: map[string]any{}}, rego.Options{})
	if err != nil || len(r.Results) != 2 {
		t.Errorf("of a document that tells no types: %+v %v", r, err)
	}
}

func TestManyMayNeedThemAtOnce(t *testing.T) {
	t.Parallel()
	s := indexed(t, "\"b\" if true")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if r := evaluated(t, s, "a", "b"); len(r.Results) != 2 {
				t.Errorf("%+v", r)
			}
		})
	}
	all.Wait()
}

// What cannot be compiled when it is needed blocks.
func TestWhatDoesNotCompileWhenItIsNeededBlocks(t *testing.T) {
	t.Parallel()
	s := indexed(t, "nothing")
	if r := evaluated(t, s, "a"); len(r.Results) != 1 || r.Results[0].Message != "a" {
		t.Errorf("without it: %+v", r)
	}
	if r := evaluated(t, s, "b"); !r.Blocked() || r.Count(policy.Errored) != 1 {
		t.Errorf("with it: %+v", r)
	}
}
