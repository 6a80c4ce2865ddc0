package runner

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// Existing is a resource that an apply wanted to create and that was there.
type Existing struct {
	// Address is where the root module has it.
	Address string
	// ID is what an import calls it, empty where that cannot be told yet.
	ID string
}

// importError and roleError are azurerm's and Azure's words for what is there,
// busyError those for what Azure still works on.
var (
	importError = regexp.MustCompile(`(?i)a resource with the ID "([^"]+)" already exists`)
	roleError   = regexp.MustCompile(`(?i)The ID of the existing role assignment is ([0-9a-f]{32})`)
	busyError   = regexp.MustCompile(`(?i)(another|an) operation\b[^.]{0,80}\bin progress|OperationInProgress|ServerIsBusy|\bis busy\b|ReferencedResourceNotProvisioned|RetryableError|service is transitioning`)
)

// existing reads from the errors of an apply what it wanted to create and was
// there. Of a role assignment Azure tells only the name; its scope is in the
// plan in w, unless it depends on what that apply was still to make.
func (r *Runner) existing(ctx context.Context, job Job, w workdir, s *stream) []Existing {
	var all []Existing
	var scopes map[string]string
	for _, d := range s.errors() {
		words := d.words()
		if d.Address == "" {
			continue
		}
		if m := importError.FindStringSubmatch(words); m != nil {
			all = append(all, Existing{Address: d.Address, ID: m[1]})
		} else if m := roleError.FindStringSubmatch(words); m != nil {
			if scopes == nil {
				scopes = r.scopes(ctx, job, w)
			}
			all = append(all, Existing{Address: d.Address, ID: assignmentID(scopes[d.Address], m[1])})
		}
	}
	return all
}

// busy reports whether an apply failed because the target still works on what it
// was to change, and for nothing else.
func (s *stream) busy() bool {
	failed := s.errors()
	return len(failed) > 0 && !slices.ContainsFunc(failed, func(d diagnostic) bool { return !busyError.MatchString(d.words()) })
}

// scopes tells the scopes that the plan in w knows, by address. A plan that
// cannot be shown tells none.
func (r *Runner) scopes(ctx context.Context, job Job, w workdir) map[string]string {
	known := map[string]string{}
	plan, err := r.show(ctx, job, w, &stream{phase: PhaseApply, secrets: job.secrets()})
	if err != nil {
		r.Logger.WarnContext(ctx, "the scopes of role assignments are not known", "run", job.RunID, "error", err)
		return known
	}
	for _, rc := range plan.ResourceChanges {
		if scope, ok := after(rc)["scope"].(string); ok {
			known[rc.Address] = scope
		}
	}
	return known
}

func after(rc *tfjson.ResourceChange) map[string]any {
	if rc == nil || rc.Change == nil {
		return nil
	}
	values, _ := rc.Change.After.(map[string]any)
	return values
}

// assignmentID is the id of the role assignment with the name in the scope.
func assignmentID(scope, name string) string {
	if scope == "" {
		return ""
	}
	name = strings.ToLower(name)
	return fmt.Sprintf("%s/providers/Microsoft.Authorization/roleAssignments/%s-%s-%s-%s-%s",
		strings.TrimSuffix(scope, "/"), name[:8], name[8:12], name[12:16], name[16:20], name[20:])
}
