package runner_test

import (
	"context"
	"slices"
	"strconv"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/runner"
	"github.com/terrace-idp/terrace/internal/platform/tokens"
)

// refusing is a tool whose apply fails with the error at the address, and whose
// plan knows one scope.
func refusing(t *testing.T, address, summary, detail string) runner.Tool {
	t.Helper()
	line := `{"@level":"error","@message":"Error","type":"diagnostic","diagnostic":{"severity":"error","summary":` +
		strconv.Quote(summary) + `,"detail":` + strconv.Quote(detail) + `,"address":` + strconv.Quote(address) + `}}`
	plan := `{"format_version":"1.2","resource_changes":[` +
		`{"address":"module.x.role","change":{"actions":["create"],"after":{"scope":"/subscriptions/s"}}},` +
		`{"address":"module.x.later","change":{"actions":["create"],"after":{}}}]}`
	return fake(t, "case $1 in\nshow) cat <<'E'\n"+plan+"\nE\n;;\n*) cat <<'E'\n"+line+"\nE\nexit 1;;\nesac")
}

func TestWhatAnApplyFindsThere(t *testing.T) {
	t.Parallel()
	const role = `RoleAssignmentExists: The role assignment already exists. The ID of the existing role assignment is 0123456789abcdef0123456789abcdef.`
	for name, tc := range map[string]struct {
		address, summary, detail string
		want                     []runner.Existing
		busy                     bool
	}{
		"a resource": {
			address: "module.x.y", summary: `a resource with the ID "/a/b|c" already exists - to be managed`,
			want: []runner.Existing{{Address: "module.x.y", ID: "/a/b|c"}},
		},
		"one that the detail tells of, over lines": {
			address: "module.x.y", summary: "creating", detail: "A resource with the ID\n\"/a/b\" already\nexists",
			want: []runner.Existing{{Address: "module.x.y", ID: "/a/b"}},
		},
		"a role assignment": {
			address: "module.x.role", summary: role,
			want: []runner.Existing{{Address: "module.x.role", ID: "/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/01234567-89ab-cdef-0123-456789abcdef"}},
		},
		"one whose scope is still to be made": {address: "module.x.later", summary: role, want: []runner.Existing{{Address: "module.x.later"}}},
		"one that the plan does not have":     {address: "module.x.other", summary: role, want: []runner.Existing{{Address: "module.x.other"}}},
		"one that Azure still makes":          {address: "module.x.y", summary: "updating", detail: "unexpected status 409 (409 Conflict) with error: ServerIsBusy: Cannot complete operation while server 'x' is busy processing another operation. Try again later.", busy: true},
		"one that Azure still changes":        {address: "module.x.y", summary: "AnotherOperationInProgress: Another operation on this or dependent resource is in progress.", busy: true},
		"another error":                       {address: "module.x.y", summary: "quota exceeded"},
		"no address":                          {summary: role},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := runner.New(runner.Config{Tool: refusing(t, tc.address, tc.summary, tc.detail), DataDir: t.TempDir(), Address: "http://127.0.0.1:1"})
			job := runner.Job{RunID: "run_1", Stack: stack, Token: string(tokens.PhaseApply), Files: map[string][]byte{"main.tf.json": []byte("{}")}}
			got, err := b.Apply(context.Background(), job, planned("plan"), nil)
			if err == nil || !slices.Equal(got.Existing, tc.want) || got.Busy != tc.busy {
				t.Errorf("%+v, %v; want %+v, busy %v", got, err, tc.want, tc.busy)
			}
		})
	}
}
