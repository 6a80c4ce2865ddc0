package live

import (
	"fmt"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
)

// TestProposalsInTurnsAreCompiledOnce: two previews go through the same stacks.
func TestProposalsInTurnsAreCompiledOnce(t *testing.T) {
	t.Parallel()
	var p proposed
	compiled := func(n int) *rego.Set {
		t.Helper()
		text := fmt.Sprintf("package p%d\n\ndeny contains \"no\" if true", n)
		set, err := p.compile(t.Context(), policy.Folder{}, []policy.Folder{{Name: "proposed", Modules: []policy.File{{Path: "p.rego", Name: "p.rego", Content: []byte(text)}}}})
		if err != nil || len(set.Policies()) != 1 {
			t.Fatalf("%v, %v", set, err)
		}
		return set
	}
	one, two := compiled(1), compiled(2)
	if one == two || compiled(1) != one || compiled(2) != two {
		t.Error("proposals take turns, and are compiled each time")
	}
	for n := range 3 * mostProposed {
		compiled(n + 3)
		if len(p.sets) > mostProposed || compiled(2) != two {
			t.Fatalf("%d are kept; what is in use is forgotten", len(p.sets))
		}
	}
}
