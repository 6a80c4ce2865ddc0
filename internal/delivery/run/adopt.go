package run

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Adoption is a resource that an apply of the stack created and could not tell
// of, because it was killed before the state was stored.
type Adoption struct {
	Address string `json:"address"`
	// ID is what the target calls it, as an import wants it; empty until it is known.
	ID string `json:"id"`
	// Complete says that what was half made of it has been completed.
	Complete bool `json:"complete,omitempty"`
}

// adopt answers an apply that came upon resources which are there already. Those
// whose creation an interrupted apply of the stack had begun are the stack's own:
// they are imported by the next plan. What anybody else made is never taken over.
// It reports whether the run goes on, which it does only with what is news: so it ends.
func (e *execution) adopt(ctx context.Context, there []Adoption) (bool, error) {
	if len(there) == 0 || e.run.Operation == Destroy || ctx.Err() != nil {
		return false, nil
	}
	begun, err := e.begun(ctx)
	if err != nil {
		return false, err
	}
	own := slices.DeleteFunc(slices.Clone(there), func(a Adoption) bool {
		_, writable := addressOf(a.Address)
		return !writable || !begun[a.Address] || slices.ContainsFunc(e.run.Adopted, a.isNoNews)
	})
	if len(own) == 0 {
		return false, nil
	}
	return true, e.move(ctx, change{to: Applying, fact: "adopted", edit: func(_ context.Context, r *Run) error {
		r.StatusReason = "what the interrupted apply created is taken over: " + addresses(own)
		for _, a := range own {
			r.Adopted = append(slices.DeleteFunc(r.Adopted, func(old Adoption) bool { return old.Address == a.Address }), a)
		}
		return nil
	}})
}

// isNoNews reports whether what is known already says what a does.
func (a Adoption) isNoNews(known Adoption) bool {
	return known.Address == a.Address && (known.ID != "" || a.ID == "")
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
	if err != nil || a.plan.Empty() || !e.passes(a.dossier.Gates) || !isRest(a.dossier.Plan, approved, e.run.Adopted) {
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
	job.Partial = true
	if applied, err := e.applyWith(ctx, job, a.planned.Digest); err != nil {
		return e.applyFailed(ctx, applied, err)
	}
	return e.move(ctx, change{to: Applying, fact: "adopted", edit: func(_ context.Context, r *Run) error {
		for i := range r.Adopted {
			r.Adopted[i].Complete = true
		}
		r.StatusReason = "what the interrupted apply left half made is complete"
		return nil
	}})
}

// incomplete reports whether what the run adopts may be half made.
func incomplete(all []Adoption) bool {
	return slices.ContainsFunc(all, func(a Adoption) bool { return !a.Complete })
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
			case eventApplyStart:
				if event.Action != actionDelete {
					last[event.Address] = true
				}
			case eventApplyErrored:
				delete(last, event.Address)
			case "run." + string(Applying): // an apply begins, and whatever began before it was cut off
				maps.Copy(cut, last)
				clear(last)
			}
		}
	}
}
