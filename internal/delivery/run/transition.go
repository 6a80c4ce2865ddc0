package run

import (
	"context"
	"errors"
	"fmt"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// errRaced marks a save that lost against another one of the same run.
var errRaced = errors.New("the run was saved by another")

// saves is how often a change is tried again when it lost a race.
const saves = 5

// change is one step of a run: what becomes of it, and why.
type change struct {
	to Status
	// why becomes the status reason; what people read.
	why string
	// fact is recorded as run.<fact>; "" takes the status.
	fact string
	// reason is what the actor gave.
	reason string
	// quiet leaves out the fact and the line in the log: it is no news.
	quiet bool
	// begins says that it is the run's first fact.
	begins bool
	// expired are the approvals whose end the step tells.
	expired []Lapse
	// edit changes the run and whatever belongs to the step, in its transaction.
	edit func(ctx context.Context, r *Run) error
	// tells records what else the step brings about, before its own fact.
	tells func(ctx context.Context) error
}

// step makes the change in one transaction with its fact. On a race with
// another step of the same run it looks again.
func (s *Service) step(ctx context.Context, scope kernel.Scope, id string, c change) (Run, error) {
	var r Run
	err := s.retry(ctx, func(ctx context.Context) (err error) {
		if r, err = s.Store.Get(ctx, scope, id); err != nil {
			return err
		}
		return s.stepOnce(ctx, &r, c)
	})
	if err != nil {
		return r, err
	}
	if !c.quiet {
		s.tell(ctx, r, "run."+string(r.Status), describe(r))
	}
	return r, nil
}

// retry runs fn in a transaction, and again while it loses races.
func (s *Service) retry(ctx context.Context, fn func(ctx context.Context) error) error {
	var err error
	for range saves {
		if err = s.Tx.InTx(ctx, fn); !errors.Is(err, errRaced) {
			return err
		}
	}
	return err
}

func (s *Service) stepOnce(ctx context.Context, r *Run, c change) error {
	_, err := s.steps(ctx, r, nil, c)
	return err
}

// steps makes the changes, one after the other, in one save, and records each of
// them. It returns the run as each has left it. A lease is checked, and released
// when the run waits or ends; it is nil for a step of a person.
func (s *Service) steps(ctx context.Context, r *Run, lease *Lease, changes ...change) ([]Run, error) {
	from := r.Status
	made := make([]Run, 0, len(changes))
	for _, c := range changes {
		if err := s.become(ctx, r, lease != nil, c); err != nil {
			return nil, err
		}
		made = append(made, *r)
	}
	if err := s.saveHeld(ctx, r, lease); err != nil {
		return nil, err
	}
	if r.Status.Terminal() && from != Queued {
		s.forget(ctx, r.ID) // before the end is told: a crash in between leaves no plan that nobody needs
	}
	if err := s.settle(ctx, *r, lease); err != nil {
		return nil, err
	}
	for i, c := range changes {
		made[i].Revision, made[i].UpdatedAt = r.Revision, r.UpdatedAt
		if err := s.record(ctx, made[i], c); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// become changes the run, and does not save it yet.
func (s *Service) become(ctx context.Context, r *Run, held bool, c change) error {
	if held {
		if r.Cancel != nil && c.to.waiting() { // nobody would look at the request any longer
			return errStopped
		}
		if err := r.stillWanted(c.to); err != nil {
			return err
		}
	}
	from := r.Status
	if c.edit != nil {
		if err := c.edit(ctx, r); err != nil {
			return err
		}
	}
	if c.to == from {
		return nil
	}
	if err := from.mayBecome(c.to); err != nil {
		return err
	}
	s.enter(r, c.to, c.why)
	return nil
}

// enter sets the status with its phase and times.
func (s *Service) enter(r *Run, to Status, why string) {
	now := s.Clock.Now()
	r.Status, r.StatusReason = to, why
	if n := len(r.Phases); n > 0 && r.Phases[n-1].Ended == nil {
		r.Phases[n-1].Ended = &now
	}
	if name := to.phase(); name != "" {
		r.Phases = append(r.Phases, Phase{Name: name, Started: now})
	}
	if to.Terminal() {
		r.EndedAt = &now
	}
}

// phase returns the name of the phase that begins with the status, or "".
func (s Status) phase() string {
	switch s {
	case Queued:
		return "queue"
	case Planning:
		return "plan"
	case AwaitingApproval:
		return "approval"
	case Applying:
		return "apply"
	case Verifying:
		return "verify"
	default:
		return ""
	}
}

func (s *Service) save(ctx context.Context, r *Run) error { return s.saveHeld(ctx, r, nil) }

// saveHeld saves the run while the lease is held; nil is none.
func (s *Service) saveHeld(ctx context.Context, r *Run, lease *Lease) (err error) {
	r.UpdatedAt, r.Waits = s.Clock.Now(), nil
	if lease == nil {
		err = s.Store.Save(ctx, *r)
	} else {
		err = s.Store.SaveHeld(ctx, *r, *lease)
	}
	if kernel.Is(err, kernel.Stale) {
		return fmt.Errorf("%w: %w", errRaced, err)
	}
	r.Revision++
	return err
}

// settle frees the stack when the run waits or ends, and wakes who comes next.
func (s *Service) settle(ctx context.Context, r Run, lease *Lease) error {
	if !r.Status.Terminal() && !r.Status.waiting() && !r.deferred(s.Clock.Now()) {
		return nil
	}
	if lease != nil {
		if err := s.release(ctx, r.Stack, *lease); err != nil {
			return err
		}
	}
	if !r.Status.Terminal() {
		return nil
	}
	if err := s.wakeFollowers(ctx, r); err != nil {
		return err
	}
	if err := s.catchUp(ctx, r); err != nil {
		return err
	}
	open, err := s.Store.Open(ctx, r.Scope, r.Stack)
	if err != nil || len(open) == 0 {
		return err
	}
	return s.Jobs.Enqueue(ctx, open[0].Scope, open[0].ID)
}

// wakeFollowers wakes the runs of other stacks that waited for one that has ended.
func (s *Service) wakeFollowers(ctx context.Context, r Run) error {
	if r.DryRun {
		return nil
	}
	waiting, err := s.Store.OpenFollowers(ctx, r.Scope, r.Workload)
	if err != nil {
		return err
	}
	for _, next := range waiting {
		if next.Status == Queued {
			err = errors.Join(err, s.Jobs.Enqueue(ctx, next.Scope, next.ID))
		}
	}
	return err
}

func (s *Service) record(ctx context.Context, r Run, c change) error {
	if c.tells != nil {
		if err := c.tells(ctx); err != nil {
			return err
		}
	}
	if c.quiet {
		return nil
	}
	fact := c.fact
	if fact == "" {
		fact = string(c.to)
	}
	o, id := r.origin(), ""
	if c.begins && o.Cause == r.Event {
		o.Cause, id = "", r.Event
	}
	return s.Journal.Record(o.in(ctx), kernel.Fact{
		ID: id, Type: "run." + fact, Scope: r.Scope, Subject: r.ID, Reason: c.reason,
		Data: factData{
			Stack: r.Stack, Workload: r.Workload, Release: r.Release.ID, Operation: r.Operation,
			Status: r.Status, DryRun: r.DryRun, Dossier: r.Dossier, Fence: r.Fence, Attempt: r.Attempt, Failure: r.Failure, Orphans: r.orphans(), Lifetime: r.Lifetime,
			Expired: c.expired,
		},
	})
}

// factData is what a fact about a run tells.
type factData struct {
	Stack     string        `json:"stack"`
	Workload  string        `json:"workload"`
	Release   string        `json:"release"`
	Operation Operation     `json:"operation"`
	Status    Status        `json:"status"`
	DryRun    bool          `json:"dryRun"`
	Dossier   kernel.Digest `json:"dossier,omitempty"`
	Fence     int64         `json:"fence,omitempty"`
	Attempt   int           `json:"attempt,omitempty"`
	Failure   *Failure      `json:"failure,omitempty"`
	// Orphans are the stacks from which a removal takes what they use, as an admin insisted.
	Orphans []string `json:"orphans,omitempty"`
	// Lifetime is how long what it deploys is to stay, where it was asked for.
	Lifetime stage.Duration `json:"lifetime,omitzero"`
	// Expired are the approvals that count no longer since this fact.
	Expired []Lapse `json:"expired,omitempty"`
}
