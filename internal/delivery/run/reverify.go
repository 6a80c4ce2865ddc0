package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/supervise"
)

const (
	// lookForVerifications is how often what is queued or due is looked for without a word.
	lookForVerifications = 5 * time.Second
	// verificationsAtOnce bounds how many this process makes at the same time.
	verificationsAtOnce = 4
)

// verifying are the verifications that this process makes.
type verifying struct {
	wake chan struct{}

	mu      sync.Mutex
	ids     map[string]bool
	running sync.WaitGroup
}

func newVerifying() *verifying {
	return &verifying{wake: make(chan struct{}, 1), ids: map[string]bool{}}
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

func (s *Service) wakeVerifications() {
	select {
	case s.verifying.wake <- struct{}{}:
	default:
	}
}

// Verifications makes the verifications that are asked for, and those that are
// due on stages that verify again by themselves, until ctx ends. What it had
// begun then is begun anew by the next process.
func (s *Service) Verifications(ctx context.Context) error {
	defer s.verifying.running.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if err := s.beginVerifications(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		timer.Reset(supervise.Beat(lookForVerifications))
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-s.verifying.wake:
		}
	}
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
	defer s.wakeVerifications() // there is room again
	defer s.verifying.end(v.ID)
	ctx = kernel.WithActor(ctx, kernel.System("verification", v.Scope.Tenant))
	err := s.makeVerification(ctx, v)
	if err != nil && ctx.Err() == nil && !kernel.Is(err, kernel.Stale) {
		s.Log.WarnContext(ctx, "a verification is tried again later", "verification", v.ID, "workload", v.Workload, "stage", v.Scope.Stage, "error", err)
	}
}

// makeVerification takes the verification, makes its checks and concludes it.
// One that is stopped on the way is given back.
func (s *Service) makeVerification(ctx context.Context, v Verification) error {
	now := s.Clock.Now()
	v.Status, v.StartedAt = VerificationRunning, &now
	v.Holder = &Holder{Node: s.Node, Process: s.process, Expires: now.Add(s.Lease)}
	if err := s.saveVerification(ctx, &v); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	taken := v // the keeper has v until it ends
	var keeper sync.WaitGroup
	keeper.Go(func() { s.keepVerification(ctx, cancel, &v) })
	results, void := s.examine(ctx, taken)
	stopped := ctx.Err() != nil
	cancel()
	keeper.Wait()
	end, done := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer done()
	if stopped {
		v.Status, v.Holder, v.StartedAt = VerificationQueued, nil, nil
		return s.saveVerification(end, &v)
	}
	return s.conclude(end, v, results, void)
}

// keepVerification renews the hold, and cancels when another has taken it.
func (s *Service) keepVerification(ctx context.Context, cancel context.CancelFunc, v *Verification) {
	ticker := time.NewTicker(s.Lease / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			h := *v.Holder
			h.Expires = s.Clock.Now().Add(s.Lease)
			v.Holder = &h
			if err := s.saveVerification(ctx, v); kernel.Is(err, kernel.Stale) {
				cancel()
				return
			} else if err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "the hold of a verification could not be renewed", "verification", v.ID, "error", err)
			}
		}
	}
}

// saveVerification writes v and counts its revision.
func (s *Service) saveVerification(ctx context.Context, v *Verification) error {
	err := s.Tx.InTx(ctx, func(ctx context.Context) error { return s.Store.SaveVerification(ctx, *v) })
	if err == nil {
		v.Revision++
	}
	return err
}

// examine makes the checks; void says why they say nothing.
func (s *Service) examine(ctx context.Context, v Verification) (results []CheckResult, void string) {
	d, err := s.Store.Deployment(ctx, v.Scope, v.Workload)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return nil, s.unmade(ctx, v, err)
	}
	if why := v.overtaken(d); why != "" {
		return nil, why
	}
	subject, err := s.subject(ctx, d)
	if err != nil {
		return nil, s.unmade(ctx, v, err)
	}
	return s.verifies(ctx, subject, func(CheckResult) {}), ""
}

// unmade tells why a verification could not be made, never internals.
func (s *Service) unmade(ctx context.Context, v Verification, err error) string {
	if known, ok := errors.AsType[*kernel.Error](err); ok && known.Kind != kernel.Internal {
		return "it could not be made: " + known.Message
	}
	s.Log.ErrorContext(ctx, "a verification could not be made", "verification", v.ID, "error", err)
	return "it could not be made, for an error of Terrace itself; the daemon's log has it under " + v.ID
}

// overtaken says why the verification says nothing about d.
func (v Verification) overtaken(d Deployment) string {
	switch {
	case d.Run == "":
		return fmt.Sprintf("nothing of %s is in %s any longer", v.Workload, v.Scope.Stage)
	case d.Run != v.Run || d.Status != DeploymentVerified && d.Status != DeploymentUnverified:
		return fmt.Sprintf("the deployment changed meanwhile: %s brings %s", d.Run, d.Release)
	default:
		return ""
	}
}

// conclude ends the verification with what it means, in one transaction.
func (s *Service) conclude(ctx context.Context, v Verification, results []CheckResult, void string) error {
	now := s.Clock.Now()
	v.Holder, v.Results, v.EndedAt = nil, results, &now
	var out verdict
	ended := v
	err := s.retry(ctx, func(ctx context.Context) (err error) {
		ended = v
		out, err = s.concludeOnce(ctx, &ended, void)
		return err
	})
	if err != nil {
		return err
	}
	for _, r := range out.changed {
		s.tell(ctx, r, "run."+string(r.Status), describe(r))
	}
	return nil
}

func (s *Service) concludeOnce(ctx context.Context, v *Verification, void string) (out verdict, err error) {
	d, err := s.Store.Deployment(ctx, v.Scope, v.Workload)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return out, err
	}
	if void == "" {
		void = v.overtaken(d)
	}
	failed := slices.DeleteFunc(slices.Clone(v.Results), func(r CheckResult) bool { return r.Passed })
	switch {
	case void != "":
		v.Status, v.Outcome = VerificationVoid, void
	case len(failed) == 0:
		err = s.concludePassed(ctx, v, d)
	default:
		out, err = s.concludeFailed(ctx, v, d, unverifiedBecause(v.Workload, failed))
	}
	if err != nil {
		return out, raced(err)
	}
	return out, s.keepVerdict(ctx, *v)
}

// raced lets a change that lost a race be tried again.
func raced(err error) error {
	if kernel.Is(err, kernel.Stale) {
		return fmt.Errorf("%w: %w", errRaced, err)
	}
	return err
}

func (s *Service) concludePassed(ctx context.Context, v *Verification, d Deployment) error {
	v.Status = VerificationPassed
	if d.Status == DeploymentVerified {
		v.Outcome = fmt.Sprintf("%s stays verified in %s", d.Release, v.Scope.Stage)
		return nil
	}
	v.Changed, v.Outcome = true, fmt.Sprintf("%s is verified in %s from now on", d.Release, v.Scope.Stage)
	return s.holdsAsVerified(ctx, d, v.ID)
}

func (s *Service) concludeFailed(ctx context.Context, v *Verification, d Deployment, message string) (verdict, error) {
	v.Status = VerificationFailed
	if d.Status == DeploymentUnverified {
		v.Outcome = fmt.Sprintf("%s stays unverified in %s: %s", d.Release, v.Scope.Stage, message)
		return verdict{}, nil
	}
	v.Changed, v.Outcome = true, fmt.Sprintf("%s is no longer verified in %s: %s", d.Release, v.Scope.Stage, message)
	deployed, err := s.Store.Get(ctx, d.Scope, d.Run)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return verdict{}, err
	}
	out, err := s.revoke(ctx, d, deployed.Operation, Cause{Run: d.Run, Verification: v.ID, Message: message})
	v.Stopped, v.Rollback = out.stopped, out.note
	return out, err
}

// keepVerdict saves the verification with its fact. One on schedule that found
// what is known replaces the one like it before, and is no fact.
func (s *Service) keepVerdict(ctx context.Context, v Verification) error {
	if err := s.Store.SaveVerification(ctx, v); err != nil {
		return err
	}
	if v.Trigger == OnSchedule && !v.Changed {
		return s.Store.ForgetVerifications(ctx, v.Scope, v.Workload, v.ID)
	}
	return s.recordVerification(ctx, "verification."+string(v.Status), v)
}
