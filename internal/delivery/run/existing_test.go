package run

import (
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestWhatAnErrorSaysIsThere(t *testing.T) {
	t.Parallel()
	planned := &tfjson.Plan{ResourceChanges: []*tfjson.ResourceChange{
		{Address: "module.x.role", Change: &tfjson.Change{After: map[string]any{"scope": "/subscriptions/s"}}},
		{Address: "module.x.later", Change: &tfjson.Change{After: map[string]any{}}},
	}}
	role := `RoleAssignmentExists: The role assignment already exists. The ID of the existing role assignment is 0123456789abcdef0123456789abcdef.`
	for name, tc := range map[string]struct {
		problem kernel.Problem
		plan    *tfjson.Plan
		want    []Adoption
	}{
		"a resource": {
			problem: kernel.Problem{Path: "module.x.y", Message: `a resource with the ID "/a/b|c" already exists - to be managed`},
			want:    []Adoption{{Address: "module.x.y", ID: "/a/b|c"}},
		},
		"a role assignment": {
			problem: kernel.Problem{Path: "module.x.role", Message: role}, plan: planned,
			want: []Adoption{{Address: "module.x.role", ID: "/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/01234567-89ab-cdef-0123-456789abcdef"}},
		},
		"one whose scope is still to be made": {problem: kernel.Problem{Path: "module.x.later", Message: role}, plan: planned, want: []Adoption{{Address: "module.x.later"}}},
		"one without a plan":                  {problem: kernel.Problem{Path: "module.x.role", Message: role}, want: []Adoption{{Address: "module.x.role"}}},
		"another error":                       {problem: kernel.Problem{Path: "module.x.y", Message: "quota exceeded"}},
		"no address":                          {problem: kernel.Problem{Message: role}},
	} {
		got := existing([]kernel.Problem{tc.problem}, tc.plan)
		if len(got) != len(tc.want) || len(got) > 0 && got[0] != tc.want[0] {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
}
