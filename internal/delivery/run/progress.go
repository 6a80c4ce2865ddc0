package run

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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
	// Remaking are replaced resources of which the old one is gone, and no end is told of making the new one.
	Remaking []string `json:"remaking,omitempty"`
	// Doubled are replaced resources of which the new one was made, and the old one is still there.
	Doubled []string `json:"doubled,omitempty"`
	// Removing are replaced resources of which the new one was made, and no end is told of destroying the old one.
	Removing []string `json:"removing,omitempty"`
	// Partial are resources that were made, and whose provisioner failed: the next plan makes them anew.
	Partial []string `json:"partial,omitempty"`
	// Begun are resources that something else was done to of which no end is told.
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
		{"destroyed, and no end is told of making it again", p.Remaking},
		{"made anew, the old one is still there", p.Doubled},
		{"made anew, and no end is told of destroying the old one", p.Removing},
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
			t.take(Event{Type: eventApplyComplete, Address: a.Address, Action: actionCreate})
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
	// What comes now is told only, of what is not whole: something was begun that has no
	// end, or a provisioner failed.
	remaking
	removing
	partial
)

// tally counts what of a plan was applied.
type tally struct {
	// order are the addresses as the plan has them.
	order   []string
	changes map[string][]*tallied
	untold  int
}

type tallied struct {
	ResourceChange

	at standing
	// open is set while something was begun that has no end, provisioned once its
	// provisioners were begun, and failed where one of these did.
	open, provisioned, failed bool
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
	return t
}

// untold reports whether terraform says nothing of the change while it makes it.
func (c ResourceChange) untold() bool {
	return c.Action == actionForget || c.Reason == reasonImport && len(c.Values) == 0
}

// reset begins anew, with another plan.
func (t *tally) reset() {
	for _, all := range t.changes {
		for _, c := range all {
			*c = tallied{ResourceChange: c.ResourceChange}
		}
	}
}

func (t *tally) take(e Event) {
	if e.Type == "run."+string(Approved) {
		t.reset()
		return
	}
	c := t.of(e.Address, e.Action)
	if c == nil {
		return
	}
	switch e.Type {
	case eventApplyStart:
		c.open, c.provisioned = true, false
	case "provision_start":
		c.provisioned = true
	case eventApplyErrored:
		if c.open && c.provisioned && e.Action != actionDelete {
			c.failed = true
		}
		c.open = false
	case eventApplyComplete:
		c.open, c.failed = false, false
		c.complete(e.Action)
	}
}

// of is the change that the action is of: where an earlier replacement has left the
// old resource, which is deposed, there are two.
func (t *tally) of(address, action string) *tallied {
	all := t.changes[address]
	for _, c := range all {
		if c.Deposed != "" && c.at != whole && action == actionDelete {
			return c
		}
	}
	for _, c := range all {
		if c.Deposed == "" {
			return c
		}
	}
	return nil
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

// told is where the change is told to be: there is one true sentence of an address,
// that of what came last.
func (c *tallied) told() standing {
	switch {
	case c.open && c.at == destroyed:
		return remaking
	case c.open && c.at == doubled:
		return removing
	case c.open:
		return halfTold
	case c.failed:
		return partial
	}
	return c.at
}

func (t *tally) progress() Progress {
	p := Progress{Untold: t.untold}
	for _, address := range t.order {
		for _, c := range t.changes[address] {
			p.Of++
			at := c.told()
			if at == whole {
				p.Applied++
			}
			if list := p.listOf(at); list != nil {
				*list = append(*list, c.name())
			}
		}
	}
	return p
}

// listOf is the list that tells of what is there, nil for what is not told of.
func (p *Progress) listOf(at standing) *[]string {
	return map[standing]*[]string{
		whole: &p.Done, destroyed: &p.Destroyed, remaking: &p.Remaking, doubled: &p.Doubled, removing: &p.Removing, partial: &p.Partial, halfTold: &p.Begun,
	}[at]
}

// name tells what an earlier replacement has left from the resource that has its address now.
func (c *tallied) name() string {
	if c.Deposed != "" {
		return c.Address + " (deposed " + c.Deposed + ")"
	}
	return c.Address
}

// bounded is the progress as it is kept with a run.
func (p Progress) bounded() *Progress {
	for _, list := range []*[]string{&p.Done, &p.Destroyed, &p.Remaking, &p.Doubled, &p.Removing, &p.Partial, &p.Begun} {
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
