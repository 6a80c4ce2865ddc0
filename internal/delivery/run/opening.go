package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// lookAtWindows is how often a run that waits for its stage to open looks again
// at the latest: its windows may have been changed meanwhile.
const lookAtWindows = time.Minute

// Deferral says that a run waits, approved, for its stage to open.
type Deferral struct {
	// Window is the name of the deny that is active, "" where no allow is.
	Window string `json:"window,omitempty"`
	// Opens is when the stage opens, nil where it does not within a year.
	Opens *time.Time `json:"opens,omitempty"`
	// Again is when the run looks again.
	Again time.Time `json:"again"`
}

// deferred reports whether the run waits for its stage to open.
func (r Run) deferred(now time.Time) bool {
	return r.Status == Approved && r.Deferral != nil && now.Before(r.Deferral.Again)
}

// closed is why the stage may not be changed now, nil where it may.
func (s *Service) closed(st stage.Stage) (*kernel.Problem, stage.Opening, error) {
	o, err := st.OpeningAt(s.Clock.Now())
	if err != nil || o.Open {
		return nil, o, err
	}
	p := &kernel.Problem{Path: "windows", Message: closedBy(st.Name, o)}
	if o.Next == nil {
		p.Fix = "change the windows of the stage: they leave no time open"
	} else {
		p.Fix = "try again then; --when-open plans now and applies then"
	}
	return p, o, nil
}

// closedBy says which window closes a stage, and when it opens.
func closedBy(name string, o stage.Opening) string {
	text := name + " is closed: it is outside of its windows"
	if o.Window != nil {
		text = fmt.Sprintf("%s is closed by the window %s", name, o.Window.Name)
	}
	if o.Next == nil {
		return text + ", and it does not open within a year"
	}
	text += ", and it opens at "
	if o.Then == nil {
		return text + inZone(*o.Next, o.Window)
	}
	return text + inZone(*o.Next, o.Then) + ", by the window " + o.Then.Name
}

// inZone writes a moment in UTC, and as the window's own clock shows it.
func inZone(t time.Time, w *stage.Window) string {
	text := t.UTC().Format(time.RFC3339)
	if w == nil || w.Timezone == "" || w.Timezone == "UTC" {
		return text
	}
	zone, err := time.LoadLocation(w.Timezone)
	if err != nil {
		return text
	}
	return fmt.Sprintf("%s (%s in %s)", text, t.In(zone).Format("Mon 2 Jan 15:04"), w.Timezone)
}

// mayChange refuses to ask for a change of a stage that is closed.
func (s *Service) mayChange(st stage.Stage) error {
	p, _, err := s.closed(st)
	if err != nil || p == nil {
		return err
	}
	return kernel.Errorf(kernel.Refused, "%s", p.Message).WithFix("%s", p.Fix)
}

// windowGate is the name of the gate that a stage's windows are.
const windowGate = "windows"

// windowResult tells whether the stage is open, for a stage that has windows. A
// closed one does not end the run: it waits before its apply.
func (e *execution) windowResult(a attempt) ([]GateResult, error) {
	if len(a.stage.Windows) == 0 {
		return nil, nil
	}
	closed, o, err := e.s.closed(a.stage)
	if err != nil {
		return nil, err
	}
	result := GateResult{Gate: windowGate, Level: HardMandatory, Outcome: Passed, Message: a.stage.Name + " is open"}
	if closed != nil {
		result.Outcome, result.Message, result.Fix = Waiting, closed.Message, "it goes on by itself when the stage opens"
	} else if o.Next != nil {
		result.Message += " until " + inZone(*o.Next, o.Window)
	}
	return []GateResult{result}, nil
}

// awaitOpening lets the run wait while its stage is closed, and reports whether it does.
func (e *execution) awaitOpening(ctx context.Context) (bool, error) {
	st, err := e.s.Stages.Get(e.scope.Stage)
	if err != nil {
		return false, err
	}
	p, o, err := e.s.closed(st)
	if err != nil || p == nil {
		return false, err
	}
	again := e.s.Clock.Now().Add(lookAtWindows)
	if o.Next != nil && o.Next.Before(again) {
		again = *o.Next
	}
	h := &Deferral{Opens: o.Next, Again: again}
	if o.Window != nil {
		h.Window = o.Window.Name
	}
	if err := errors.Join(e.waitsWith(ctx), e.waits(ctx, Approved)); err != nil {
		return false, err
	}
	return true, e.move(ctx, change{to: Approved, fact: "held", quiet: sameDeferral(e.run.Deferral, h), edit: func(_ context.Context, r *Run) error {
		if r.Cancel != nil { // nobody would look at the request any longer
			return errStopped
		}
		r.Deferral, r.StatusReason = h, p.Message
		return nil
	}})
}

func sameDeferral(a, b *Deferral) bool {
	return a != nil && a.Window == b.Window && (a.Opens == nil) == (b.Opens == nil) && (a.Opens == nil || a.Opens.Equal(*b.Opens))
}
