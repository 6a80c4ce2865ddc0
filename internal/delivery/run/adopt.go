package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Adoption is a resource that an apply of the stack created and could not tell
// of, because it was killed before the state was stored.
type Adoption struct {
	Address string `json:"address"`
	// ID is what the target calls it, as an import wants it.
	ID string `json:"id"`
}

// adopt answers an apply that came upon resources which are there already. Those
// whose creation an interrupted apply of the stack had begun are the stack's own:
// they are imported by the next plan. What anybody else made is never taken over.
// It reports whether the run goes on.
func (e *execution) adopt(ctx context.Context, planned *tfjson.Plan, failed error) (bool, error) {
	known, ok := errors.AsType[*kernel.Error](failed)
	if !ok || e.run.Operation == Destroy || ctx.Err() != nil {
		return false, nil
	}
	there := existing(known.Problems, planned)
	if len(there) == 0 {
		return false, nil
	}
	begun, err := e.begun(ctx)
	if err != nil {
		return false, err
	}
	own := slices.DeleteFunc(there, func(a Adoption) bool { return !begun[a.Address] || adopted(e.run.Adopted, a.Address) })
	if len(own) == 0 {
		return false, nil
	}
	return true, e.move(ctx, change{to: Applying, fact: "adopted", edit: func(_ context.Context, r *Run) error {
		r.StatusReason = "what the interrupted apply created is taken over: " + addresses(own)
		for _, a := range own {
			if a.ID == "" { // the next plan knows where it is
				r.Attempt++
				continue
			}
			r.Adopted = append(r.Adopted, a)
		}
		return nil
	}})
}

// completeAdopted answers a plan that failed because what it adopts is half made,
// such as a cluster without its database: the adopted resources are imported and
// completed first, under the approval there is, and then all is planned again. An
// error of this plan, too, is the failed one's.
func (e *execution) completeAdopted(ctx context.Context, approved PlanView, failed error) error {
	var targets []string
	for _, a := range e.run.Adopted {
		targets = append(targets, a.Address)
	}
	a, err := e.makePlan(ctx, targets...)
	if err != nil || a.plan.Empty() || len(blocking(a.dossier.Gates)) > 0 || !isRest(a.dossier.Plan, approved, e.run.Adopted) {
		return failed
	}
	st, err := e.s.Stages.Get(e.scope.Stage)
	if err != nil {
		return err
	}
	job, err := e.job(ctx, "apply", st, a.root)
	if err != nil {
		return err
	}
	if _, err := e.s.Planner.Apply(ctx, job, a.planned.File, e.sink(ctx, "apply")); err != nil {
		return e.halfDone(ctx, err)
	}
	return e.move(ctx, change{to: Applying, fact: "adopted", edit: func(_ context.Context, r *Run) error {
		r.Attempt++ // so that it ends
		r.StatusReason = "what the interrupted apply left half made is complete"
		return nil
	}})
}

func adopted(all []Adoption, address string) bool {
	return slices.ContainsFunc(all, func(a Adoption) bool { return a.Address == address })
}

func addresses(all []Adoption) string {
	var names []string
	for _, a := range all {
		names = append(names, a.Address)
	}
	return strings.Join(names, ", ")
}

// begun returns the addresses whose change was begun and cut off: by an earlier
// apply of this run, or in the runs of the stack after the last that succeeded.
func (e *execution) begun(ctx context.Context) (map[string]bool, error) {
	begun, _, err := e.s.starts(ctx, e.id)
	if err != nil {
		return nil, err
	}
	before, err := e.s.Store.List(ctx, e.scope, Filter{Workload: e.run.Workload, Stage: e.scope.Stage}, kernel.PageRequest{Limit: earlierRuns})
	if err != nil {
		return nil, err
	}
	for _, r := range before.Items {
		if r.ID == e.id || r.DryRun {
			continue
		}
		if r.Status == Succeeded {
			break
		}
		cut, last, err := e.s.starts(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		maps.Copy(begun, cut)
		maps.Copy(begun, last)
	}
	return begun, nil
}

// earlierRuns is how many runs are looked at for what they left.
const earlierRuns = 20

// starts returns the addresses whose change a run has begun, by its log, and not
// ended with an error: in applies that were cut off, and in its last one.
func (s *Service) starts(ctx context.Context, run string) (cut, last map[string]bool, err error) {
	cut, last = map[string]bool{}, map[string]bool{}
	for offset := int64(0); ; {
		lines, next, _, err := s.Logs.Read(ctx, run, offset)
		if kernel.Is(err, kernel.NotFound) {
			return cut, last, nil
		}
		if err != nil || len(lines) == 0 {
			return cut, last, err
		}
		offset = next
		for line := range bytes.Lines(lines) {
			var event Event
			if json.Unmarshal(line, &event) != nil {
				continue
			}
			switch event.Type {
			case "apply_start":
				last[event.Address] = true
			case "apply_errored":
				delete(last, event.Address)
			case "run." + string(Applying): // an apply begins, and whatever began before it was cut off
				maps.Copy(cut, last)
				clear(last)
			}
		}
	}
}

// importError and roleError are azurerm's and Azure's words for what is there.
var (
	importError = regexp.MustCompile(`(?i)a resource with the ID "([^"]+)" already exists`)
	roleError   = regexp.MustCompile(`The ID of the existing role assignment is ([0-9a-f]{32})`)
)

// existing reads from the errors of an apply which resources are there already.
// Of a role assignment Azure tells only the name: where it is says the plan,
// unless the scope is itself still to be made; its ID is empty then.
func existing(problems []kernel.Problem, planned *tfjson.Plan) []Adoption {
	var all []Adoption
	for _, p := range problems {
		if p.Path == "" {
			continue
		}
		if m := importError.FindStringSubmatch(p.Message); m != nil {
			all = append(all, Adoption{Address: p.Path, ID: m[1]})
		} else if m := roleError.FindStringSubmatch(p.Message); m != nil {
			all = append(all, Adoption{Address: p.Path, ID: assignmentID(planned, p.Path, m[1])})
		}
	}
	return all
}

// assignmentID is the id of the role assignment that the plan wants at address.
func assignmentID(planned *tfjson.Plan, address, name string) string {
	if planned == nil {
		return ""
	}
	for _, rc := range planned.ResourceChanges {
		if rc == nil || rc.Change == nil || rc.Address != address {
			continue
		}
		after, _ := rc.Change.After.(map[string]any)
		if scope, ok := after["scope"].(string); ok && scope != "" {
			return fmt.Sprintf("%s/providers/Microsoft.Authorization/roleAssignments/%s-%s-%s-%s-%s", strings.TrimSuffix(scope, "/"), name[:8], name[8:12], name[12:16], name[16:20], name[20:])
		}
	}
	return ""
}

// adoptionsFile is the file of a root module that imports.
const adoptionsFile = "adopted.tf"

// withAdoptions adds the imports to a root module.
func withAdoptions(root Root, all []Adoption) (Root, error) {
	if len(all) == 0 {
		return root, nil
	}
	var text strings.Builder
	for _, a := range all {
		fmt.Fprintf(&text, "import {\n  to = %s\n  id = %s\n}\n", a.Address, quoted(a.ID))
	}
	files := maps.Clone(root.Files)
	files[adoptionsFile] = []byte(text.String())
	digest, err := kernel.DigestJSON(files)
	return Root{Files: files, Digest: digest, LandingZone: root.LandingZone}, err
}

// quoted is a string of the language, in which nothing is a template.
func quoted(s string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(strconv.Quote(s))
}
