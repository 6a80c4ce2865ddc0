package run

import (
	"context"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

const (
	// lookForVerifications is how often what is queued or due is looked for without a word.
	lookForVerifications = 5 * time.Second
	// verificationsAtOnce bounds how many this process makes at the same time.
	verificationsAtOnce = 4
)

// verifying are the verifications that this process makes.
type verifying struct {
	// bell calls who makes them.
	bell *rounds.Bell

	mu      sync.Mutex
	ids     map[string]bool
	running sync.WaitGroup
}

func newVerifying() *verifying {
	return &verifying{bell: rounds.NewBell(), ids: map[string]bool{}}
}

// begin takes one of the places for the verification; full reports that none is free.
func (v *verifying) begin(id string) (ok, full bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.ids[id] {
		return false, false
	}
	if len(v.ids) == verificationsAtOnce {
		return false, true
	}
	v.ids[id] = true
	return true, false
}

func (v *verifying) end(id string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.ids, id)
}

func (v *verifying) has(id string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.ids[id]
}

// Verifications makes the verifications that are asked for, and those that are
// due on stages that verify again by themselves, until ctx ends. What it had
// begun then is begun anew by the next process.
func (s *Service) Verifications(ctx context.Context) error {
	defer s.verifying.running.Wait()
	return rounds.Rounds{Bell: s.verifying.bell, Idle: lookForVerifications, Clock: s.Clock, Look: s.beginVerifications}.Run(ctx)
}

// VerifyDue makes what is asked for or due now, and waits for it.
func (s *Service) VerifyDue(ctx context.Context) error {
	err := s.beginVerifications(ctx)
	s.verifying.running.Wait()
	return err
}

// beginVerifications begins as many of those that nobody makes as there is room for.
func (s *Service) beginVerifications(ctx context.Context) error {
	if err := s.schedule(ctx); err != nil {
		return err
	}
	open, err := s.Store.OpenVerifications(ctx)
	if err != nil {
		return err
	}
	for _, v := range open {
		if !s.abandoned(v) {
			continue
		}
		ok, full := s.verifying.begin(v.ID)
		if full {
			return nil
		}
		if ok {
			s.verifying.running.Go(func() { s.verifyOne(ctx, v) })
		}
	}
	return nil
}

// abandoned reports whether nobody makes the verification.
func (s *Service) abandoned(v Verification) bool {
	switch h := v.Holder; {
	case h == nil:
		return true
	case h.Process == s.process:
		return !s.verifying.has(v.ID)
	case h.Node == s.Node:
		return true
	default:
		return s.Clock.Now().After(h.Expires)
	}
}

func (s *Service) verifyOne(ctx context.Context, v Verification) {
	defer s.verifying.bell.Ring() // there is room again
	defer s.verifying.end(v.ID)
	ctx = kernel.WithActor(ctx, kernel.System("verification", v.Scope.Tenant))
	err := s.makeVerification(ctx, v)
	if err != nil && ctx.Err() == nil && !kernel.Is(err, kernel.Stale) {
		s.Log.WarnContext(ctx, "a verification is tried again later", "verification", v.ID, "workload", v.Workload, "stage", v.Scope.Stage, "error", err)
	}
}
