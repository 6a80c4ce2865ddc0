package drift

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
)

// Undone is a finding that a plan puts back.
type Undone struct {
	Drift

	// Paths are the attributes that are put back; none where the resource is made again.
	Paths []string
	// Meant says that the run was asked for to put it back.
	Meant bool
}

// Kept reports that somebody decided to keep what is put back.
func (u Undone) Kept() bool { return !u.Meant && (u.accepted() || u.ignore() != nil) }

// accepted reports that what is there was accepted and is recorded, also where no
// check has looked since.
func (d Drift) accepted() bool {
	if d.Decision == nil || d.Decision.Kind != "accept" {
		return false
	}
	return d.Resolution == accepted || d.Status == Accepting && d.Decision.Outcome == carried
}

// ignore is the first ignore of what is put back.
func (u Undone) ignore() *Ignore {
	if u.Ignore != nil {
		return u.Ignore
	}
	for _, a := range u.Attributes {
		for _, path := range u.Paths {
			if a.Path == path && a.Ignore != nil {
				return a.Ignore
			}
		}
	}
	return nil
}

// String says what is put back, and who wanted it otherwise.
func (u Undone) String() string {
	what := "what was deleted"
	if len(u.Paths) > 0 {
		what = strings.Join(u.Paths, ", ")
	}
	switch ignored := u.ignore(); {
	case u.Meant:
		return fmt.Sprintf("%s: reverted by %s%s (%s)", what, u.Decision.By.Name, because(u.Decision.Reason), u.ID)
	case u.accepted():
		return fmt.Sprintf("%s: accepted by %s on %s%s (%s)", what, u.Decision.By.Name, u.Decision.At.Format(time.DateOnly), because(u.Decision.Reason), u.ID)
	case ignored != nil:
		return fmt.Sprintf("%s: ignored by %s until %s%s (%s)", what, ignored.By, ignored.Until.Format(time.DateOnly), because(ignored.Reason), u.ID)
	case len(u.Who) > 0:
		return fmt.Sprintf("%s: changed outside by %s (%s)", what, u.Who[0].Who, u.ID)
	default:
		return fmt.Sprintf("%s: changed outside (%s)", what, u.ID)
	}
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ", because: " + reason
}

// Undoes returns what a plan of the stack puts back of what was changed outside
// and found: what the run is to revert, what nobody decided on yet, what is ignored,
// and what was accepted while code says otherwise. It asks for no permission; who may
// see the plan may see this.
func (s *Service) Undoes(ctx context.Context, of Deployed, run string, plan *tfjson.Plan) ([]Undone, error) {
	changes := changesOf(plan)
	if len(changes) == 0 {
		return nil, nil
	}
	all, err := s.Store.Unresolved(ctx, of.Stack())
	if err != nil {
		return nil, err
	}
	ended, err := s.Store.Ended(ctx, of.Stack())
	if err != nil {
		return nil, err
	}
	var undone []Undone
	told := map[string]bool{}
	for _, d := range slices.Concat(all, slices.DeleteFunc(ended, func(d Drift) bool { return !d.accepted() })) {
		paths, ok := s.undoes(d, changes[d.Address])
		if key := d.Address + " " + strings.Join(paths, " "); ok && !told[key] {
			told[key] = true
			undone = append(undone, Undone{Drift: d, Paths: paths, Meant: d.Status == Reverting && d.Decision != nil && d.Decision.Run == run})
		}
	}
	return undone, nil
}

// changesOf are the plan's changes of resources, by address.
func changesOf(plan *tfjson.Plan) map[string]*tfjson.Change {
	changes := map[string]*tfjson.Change{}
	if plan == nil {
		return changes
	}
	for _, rc := range plan.ResourceChanges {
		if rc != nil && rc.Change != nil && rc.Mode != tfjson.DataResourceMode && !rc.Change.Actions.NoOp() {
			changes[rc.Address] = rc.Change
		}
	}
	return changes
}

// undoes reports whether the change is away from what was found: by the marks,
// so that a value that was changed since is another one.
func (s *Service) undoes(d Drift, c *tfjson.Change) (paths []string, ok bool) {
	if c == nil || c.Actions.Delete() {
		return nil, false
	}
	if d.Action == stage.DriftDeleted {
		return nil, c.Actions.Create()
	}
	for _, one := range differences(c) {
		for _, a := range d.Attributes {
			if !one.Unknown && a.Path == one.Path && a.Mark == mark(s.Key, d.Address, one.Path, one.Before) {
				paths = append(paths, a.Path)
			}
		}
	}
	return paths, len(paths) > 0
}
