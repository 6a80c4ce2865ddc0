package run

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Progress is how far the apply of what was approved has come, as the run's log tells.
type Progress struct {
	// Applied counts the changes of which all actions were completed, and Of those whose
	// actions terraform tells of.
	Applied int `json:"applied"`
	Of      int `json:"of"`
	// Done are the addresses of those that were applied.
	Done []string `json:"done,omitempty"`
	// Destroyed are replaced resources of which the old one is gone, and the new one was not made.
	Destroyed []string `json:"destroyed,omitempty"`
	// Doubled are replaced resources of which the new one was made, and the old one is still there.
	Doubled []string `json:"doubled,omitempty"`
	// Partial are resources that were made, and whose provisioner failed: the next plan makes them anew.
	Partial []string `json:"partial,omitempty"`
	// Begun are resources that something was done to of which no end is told.
	Begun []string `json:"begun,omitempty"`
	// Untold counts changes that terraform says nothing of while it makes them: what it
	// only imports or forgets.
	Untold int `json:"untold,omitempty"`
	// Omitted counts the addresses that are left out of the lists.
	Omitted int `json:"omitted,omitempty"`
}

const (
	// maxProgress bounds each list of a Progress, maxNamed what of one is told in a text.
	maxProgress = 200
	maxNamed    = 20
)

// String tells it for people.
func (p Progress) String() string {
	text := fmt.Sprintf("applied were %d of %d changes", p.Applied, p.Of)
	for _, part := range []struct {
		what string
		of   []string
	}{
		{"", p.Done},
		{"destroyed, not made again", p.Destroyed},
		{"made anew, the old one is still there", p.Doubled},
		{"made in part, as its provisioner failed", p.Partial},
		{"begun, and no end of it is told", p.Begun},
	} {
		if len(part.of) == 0 {
			continue
		}
		if part.what != "" {
			text += "; " + part.what
		}
		text += ": " + firstOf(part.of)
	}
	if p.Untold > 0 {
		text += fmt.Sprintf("; terraform does not tell of %d that it only imports or forgets", p.Untold)
	}
	return text
}

// firstOf are the first of the addresses.
func firstOf(addresses []string) string {
	shown := addresses[:min(len(addresses), maxNamed)]
	text := strings.Join(shown, ", ")
	if more := len(addresses) - len(shown); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// progress tells how far a run has come that is in its apply, nil for any other. It
// is an account of the log, which must not keep a run from its end.
func (s *Service) progress(ctx context.Context, r Run) *Progress {
	if r.Status != Applying || r.Operation == Refresh {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	approved, err := s.Store.Dossier(ctx, r.Scope, r.ID, r.Dossier)
	if err != nil {
		s.Log.WarnContext(ctx, "it is not known what was approved of a run", "run", r.ID, "error", err)
		return nil
	}
	t := newTally(approved.Plan.Changes)
	if err := s.eachEvent(ctx, r.ID, t.take); err != nil {
		s.Log.WarnContext(ctx, "it is not known what a run has applied", "run", r.ID, "error", err)
		return nil
	}
	for _, a := range r.Adopted {
		if a.ID != "" { // it was made, and terraform does not tell of its import
			t.complete(a.Address, actionCreate)
		}
	}
	p := t.progress()
	return &p
}

// eachEvent reads the log of a run, of which it passes over what tells no progress.
func (s *Service) eachEvent(ctx context.Context, id string, take func(Event)) error {
	for offset := int64(0); ; {
		lines, next, _, err := s.Logs.Read(ctx, id, offset)
		if kernel.Is(err, kernel.NotFound) {
			return nil
		}
		if err != nil || len(lines) == 0 {
			return err
		}
		offset = next
		for line := range bytes.Lines(lines) {
			var event Event
			if tellsProgress(line) && json.Unmarshal(line, &event) == nil {
				take(event)
			}
		}
	}
}

func tellsProgress(line []byte) bool {
	return bytes.Contains(line, []byte(`"apply_`)) || bytes.Contains(line, []byte(`"provision_start"`)) || bytes.Contains(line, []byte(`"run.`))
}

// standing is where the change of one resource is.
type standing int

const (
	untouched standing = iota
	destroyed
	doubled
	// halfTold is one of the two actions of a replacement; a runner of an older version
	// does not tell which.
	halfTold
	whole
)

// tally counts what of a plan was applied.
type tally struct {
	// order are the addresses as the plan has them.
	order   []string
	changes map[string][]*tallied
	begun   map[string]string
	// provisioned are those whose provisioners were begun, partial those of which one failed.
	provisioned, partial map[string]bool
	untold               int
}

type tallied struct {
	ResourceChange

	at standing
}

func newTally(changes []ResourceChange) *tally {
	t := &tally{changes: map[string][]*tallied{}}
	for _, c := range changes {
		if c.untold() {
			t.untold++
			continue
		}
		if t.changes[c.Address] == nil {
			t.order = append(t.order, c.Address)
		}
		t.changes[c.Address] = append(t.changes[c.Address], &tallied{ResourceChange: c})
	}
	t.reset()
	return t
}

// untold reports whether terraform says nothing of the change while it makes it.
func (c ResourceChange) untold() bool {
	return c.Action == actionForget || c.Reason == reasonImport && len(c.Values) == 0
}

// reset begins anew, with another plan.
func (t *tally) reset() {
	t.begun, t.provisioned, t.partial = map[string]string{}, map[string]bool{}, map[string]bool{}
	for _, all := range t.changes {
		for _, c := range all {
			c.at = untouched
		}
	}
}

func (t *tally) take(e Event) {
	switch e.Type {
	case "run." + string(Approved):
		t.reset()
	case eventApplyStart:
		t.begun[e.Address] = e.Action
		delete(t.provisioned, e.Address)
	case "provision_start":
		t.provisioned[e.Address] = true
	case eventApplyErrored:
		if _, made := t.begun[e.Address]; made && t.provisioned[e.Address] && e.Action != actionDelete {
			t.partial[e.Address] = true
		}
		delete(t.begun, e.Address)
	case eventApplyComplete:
		delete(t.begun, e.Address)
		delete(t.partial, e.Address)
		t.complete(e.Address, e.Action)
	}
}

// complete notes the action with the change that it is of: where an earlier
// replacement has left the old resource, which is deposed, there are two.
func (t *tally) complete(address, action string) {
	all := t.changes[address]
	for _, c := range all {
		if c.Deposed != "" && c.at != whole && action == actionDelete {
			c.at = whole
			return
		}
	}
	for _, c := range all {
		if c.Deposed == "" {
			c.complete(action)
			return
		}
	}
}

// complete notes that an action on the resource was completed. After an interruption
// what was done is done once more where the state did not tell of it, and what was to
// be created may have been imported and updated.
func (c *tallied) complete(action string) {
	if c.Action != actionReplace {
		if action == c.Action || action == "" || c.Action == actionCreate && action == actionUpdate {
			c.at = whole
		}
		return
	}
	switch {
	case action == "" && c.at == halfTold, action == actionDelete && c.at == doubled, action != actionDelete && action != "" && c.at == destroyed:
		c.at = whole
	case action == "":
		c.at = halfTold
	case action == actionDelete:
		c.at = destroyed
	case action == actionCreate:
		c.at = doubled
	}
}

func (t *tally) progress() Progress {
	p := Progress{Untold: t.untold}
	lists := map[standing]*[]string{whole: &p.Done, destroyed: &p.Destroyed, doubled: &p.Doubled, halfTold: &p.Begun}
	for _, address := range t.order {
		for _, c := range t.changes[address] {
			p.Of++
			if c.at == whole {
				p.Applied++
			}
			if list := lists[c.at]; list != nil {
				*list = append(*list, address)
			}
		}
		if t.partial[address] {
			p.Partial = append(p.Partial, address)
		}
		if _, open := t.begun[address]; open && !slices.Contains(p.Begun, address) {
			p.Begun = append(p.Begun, address)
		}
	}
	return p
}

// bounded is the progress as it is kept with a run.
func (p Progress) bounded() *Progress {
	for _, list := range []*[]string{&p.Done, &p.Destroyed, &p.Doubled, &p.Partial, &p.Begun} {
		if over := len(*list) - maxProgress; over > 0 {
			p.Omitted += over
			*list = (*list)[:maxProgress]
		}
	}
	return &p
}

// reached adds to a failure how far the apply came.
func (f *Failure) reached(p *Progress) *Failure {
	if p != nil {
		f.Message += "; " + p.String()
		f.Progress = p.bounded()
	}
	return f
}
