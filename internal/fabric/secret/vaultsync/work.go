package vaultsync

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

const (
	// idle is how often it is looked for work that nobody rings for.
	idle = 2 * time.Second
	// leaseTerm is how long a process that has gone silent keeps a sync from others.
	leaseTerm = time.Minute
	// itemTime bounds the work on one secret, roundTime the comparison of all.
	itemTime, roundTime = 40 * time.Second, 10 * time.Minute
	// mostDue is how many syncs are looked at to find those that are worked on.
	mostDue = 500
	// batch is how many secrets are looked up at once.
	batch = 100
	// firstPause and lastPause are between tries with a vault that cannot be used.
	firstPause, lastPause = 5 * time.Second, 5 * time.Minute
)

// Watch does what is due until ctx ends. Any number of processes may watch one database;
// each sync is worked on by one of them.
func (s *Service) Watch(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	return rounds.Rounds{
		Bell: s.bell, Idle: idle, Next: s.Store.Soonest, Clock: s.Clock,
		Look: func(ctx context.Context) error { return s.begin(ctx, &work) },
	}.Run(ctx)
}

// Sweep does what is due, and waits until that is done.
func (s *Service) Sweep(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	return s.begin(ctx, &work)
}

// begin starts work on as many syncs as there is room for.
func (s *Service) begin(ctx context.Context, work *sync.WaitGroup) error {
	due, err := s.Store.Due(ctx, s.Clock.Now(), s.Node, mostDue)
	if err != nil || len(due) == 0 {
		return err
	}
	resting, err := s.Tenants.Resting(ctx)
	if err != nil {
		return err
	}
	due = slices.DeleteFunc(due, func(y Sync) bool { return resting[y.Scope.Tenant] })
	for {
		now := s.Clock.Now()
		y, left, ok := s.places.next(due, now)
		if !ok {
			return nil
		}
		due = left
		y, err := s.Store.Take(ctx, y, s.Node, now, now.Add(leaseTerm))
		if kernel.Is(err, kernel.Stale) { // another process was faster
			due = slices.DeleteFunc(due, func(other Sync) bool { return other.Scope == y.Scope })
			s.places.leave(y.Scope)
			continue
		}
		if err != nil {
			s.places.leave(y.Scope)
			return err
		}
		work.Go(func() {
			defer s.bell.Ring()
			defer s.places.leave(y.Scope)
			s.carryOut(ctx, y)
		})
	}
}

// errWay is why work ends that is not done: another tenant has the place now.
var errWay = errors.New("another tenant's turn has come")

// carryOut does all that is due in a sync, and keeps how it stands then.
func (s *Service) carryOut(ctx context.Context, y Sync) {
	ctx = kernel.WithActor(ctx, kernel.System("vault-sync", y.Scope.Tenant))
	ctx = secretref.ReadFor(context.WithValue(ctx, ownKey{}, true), "key vault "+y.Vault)
	taken := y
	err := s.work(ctx, &y)
	switch {
	case kernel.Is(err, kernel.Stale):
		return // it was set anew or removed meanwhile, or is another process's
	case ctx.Err() != nil: // it is given back as it was, and goes on after the next start
		err = s.Store.Finish(context.WithoutCancel(ctx), taken)
	case errors.Is(err, errWay):
		err = s.Store.Finish(ctx, y)
	default:
		err = s.finish(ctx, y, err)
	}
	if err != nil && !kernel.Is(err, kernel.Stale) {
		s.Log.WarnContext(ctx, "how a stage and its key vault stand was not kept", "scope", y.Scope.String(), "error", err)
	}
}

// job is one sync while it is worked on.
type job struct {
	*Service

	sync  Sync
	vault Vault
	// listed is what a list of the vault has told, while all is compared, and named the
	// same by the names that Terrace has for it; nil else.
	listed map[string]Entry
	named  map[string][]Entry
	// held is when it was last known that nobody else works on the sync.
	held time.Time
}

func (s *Service) work(ctx context.Context, y *Sync) error {
	vault, err := s.Vaults.Open(ctx, *y)
	if err != nil {
		return err
	}
	j := &job{Service: s, sync: *y, vault: vault}
	if now := s.Clock.Now(); !y.RoundAt.After(now) {
		if err := j.round(ctx); err != nil {
			return err
		}
		y.ComparedAt, y.RoundAt = now, now.Add(y.Every)
	}
	return j.items(ctx)
}

// items does what is due with single secrets.
func (j *job) items(ctx context.Context) error {
	for ctx.Err() == nil {
		names, err := j.Store.DueItems(ctx, j.sync.Scope, j.Clock.Now(), batch)
		if err != nil || len(names) == 0 {
			return err
		}
		for _, name := range names {
			if err := j.item(ctx, name); err != nil {
				return err
			}
			if j.places.gives(j.sync.Scope) {
				return errWay
			}
		}
	}
	return ctx.Err()
}

// finish keeps how a sync stands after work on it, and tells when that has changed.
func (s *Service) finish(ctx context.Context, y Sync, err error) error {
	before := y.State
	y.State, y.Reason, y.Fix, y.Bound, y.BlockedUntil = InStep, "", "", false, time.Time{}
	if err == nil {
		y.Failures = 0
	} else {
		s.blocked(ctx, &y, err)
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Finish(ctx, y); err != nil {
			return err
		}
		switch {
		case y.State == Failed && before != Failed:
			return s.record(ctx, y, "secret.sync.failed", y.Scope.Stage, map[string]any{"problem": y.Reason})
		case y.State == InStep && before == Failed:
			return s.record(ctx, y, "secret.sync.resumed", y.Scope.Stage, nil)
		}
		return nil
	})
}

// blocked leaves a vault alone for a while that could not be used.
func (s *Service) blocked(ctx context.Context, y *Sync, err error) {
	pause := min(firstPause<<min(y.Failures, 10), lastPause)
	y.State, y.Reason = Failed, "Terrace itself could not do it"
	y.Failures++
	if o, ok := errors.AsType[*Outage](err); ok {
		y.Reason, y.Fix = o.Err.Message, o.Err.Fix
		if o.Err.After > 0 {
			pause, y.Bound = o.Err.After, true
		}
	} else {
		s.Log.WarnContext(ctx, "a stage and its key vault could not be kept the same", "scope", y.Scope.String(), "error", err)
	}
	y.BlockedUntil = s.Clock.Now().Add(pause)
}
