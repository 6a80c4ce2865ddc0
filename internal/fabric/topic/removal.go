package topic

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// MaxRemovals bounds the topics of a tenant that wait to be removed from brokers: while
	// there are so many, none is made.
	MaxRemovals = MaxPerTenant
	// removeFor is how long a removal is tried: a broker that is away for longer is taken to be
	// gone for good.
	removeFor = 30 * 24 * time.Hour
	// removeWithin bounds one attempt, and removalTerm is how long another process leaves it to
	// the one that makes it.
	removeWithin = 20 * time.Second
	removalTerm  = time.Minute
	// removalPause and maxRemovalPause are the first pause between attempts, and the longest.
	removalPause, maxRemovalPause = time.Minute, 15 * time.Minute
	// removeAtOnce bounds how many removals are looked at in a round.
	removeAtOnce = 100
)

// Removal is a topic that was deleted, and is to be removed from its broker still.
type Removal struct {
	ID    string
	Scope kernel.Scope
	Name  string
	// Broker has it, which for the embedded one is the server of Home.
	Broker, Home string
	// Since is when it was deleted, and Attempts how often removing it has failed.
	Since    time.Time
	Attempts int
}

func (r Removal) account() string { return Account(r.Scope, r.Name) }

// Removals keeps what is to be removed from brokers. One process at a time has a removal.
type Removals interface {
	// KeepRemoval keeps one in the transaction that deletes its topic, which is the caller's
	// until a time.
	KeepRemoval(ctx context.Context, r Removal, until time.Time) error
	RemovalsOf(ctx context.Context, tenant string) ([]Removal, error)
	// DueRemovals returns those of clusters and of the embedded server of a home whose time has
	// come, the earliest first, and OldRemovals those of all since before a time.
	DueRemovals(ctx context.Context, home string, now time.Time, limit int) ([]Removal, error)
	OldRemovals(ctx context.Context, before time.Time, limit int) ([]Removal, error)
	// HoldRemoval has one be the caller's until a time; false where it is another's, or done.
	HoldRemoval(ctx context.Context, id string, now, until time.Time) (bool, error)
	// ProlongRemoval has one that was the caller's until held be so until a later time; false
	// where it has become another's, or is done.
	ProlongRemoval(ctx context.Context, id string, held, until time.Time) (bool, error)
	// DeferRemoval gives back one that has failed, to be tried again from next on.
	DeferRemoval(ctx context.Context, id string, now, next time.Time) error
	DeleteRemoval(ctx context.Context, id string) error
}

// removalOf is what removes a topic where it is.
func (s *Service) removalOf(t Topic) Removal {
	return Removal{ID: kernel.NewID("tpr"), Scope: t.Scope, Name: t.Name, Broker: t.Broker, Home: t.Home, Since: s.Clock.Now().UTC()}
}

// heldFrom is until when the removal of a topic is that of the process that deletes it, where
// that serves it.
func (s *Service) heldFrom(t Topic) time.Time {
	now := s.Clock.Now().UTC()
	if s.here(t) != nil {
		return now
	}
	return now.Add(removalTerm)
}

// clear removes a topic from its broker, whose removal this process has held until a time, and is
// done with it. It is not mine, and nothing is removed, where another process has taken it since:
// there may be a new topic of the name. What fails is put off.
func (s *Service) clear(ctx context.Context, r Removal, held time.Time) (mine bool, err error) {
	s.carrying.Lock() // which may take longer than it is held
	defer s.carrying.Unlock()
	mine, err = s.Removals.ProlongRemoval(ctx, r.ID, held, s.Clock.Now().UTC().Add(removalTerm))
	if err != nil || !mine {
		return false, err
	}
	within, cancel := context.WithTimeout(ctx, removeWithin)
	defer cancel()
	if err := s.Brokers.RemoveAt(within, r.Broker, r.Home, r.account()); err != nil {
		return true, errors.Join(err, s.putOff(context.WithoutCancel(ctx), r))
	}
	return true, s.Removals.DeleteRemoval(ctx, r.ID)
}

// putOff gives back a removal, to be tried again after a pause that doubles.
func (s *Service) putOff(ctx context.Context, r Removal) error {
	now := s.Clock.Now().UTC()
	return s.Removals.DeferRemoval(ctx, r.ID, now, now.Add(min(removalPause<<min(r.Attempts, 10), maxRemovalPause)))
}

// hold has a removal be this process's until a time.
func (s *Service) hold(ctx context.Context, r Removal) (until time.Time, mine bool, err error) {
	now := s.Clock.Now().UTC()
	until = now.Add(removalTerm)
	mine, err = s.Removals.HoldRemoval(ctx, r.ID, now, until)
	return until, mine, err
}

// RemoveDeleted removes topics from their brokers that were away when they were deleted. A
// broker that is away still is asked once.
func (s *Service) RemoveDeleted(ctx context.Context) error {
	now := s.Clock.Now().UTC()
	if err := s.giveUp(ctx, now.Add(-removeFor)); err != nil {
		return err
	}
	due, err := s.Removals.DueRemovals(ctx, s.Brokers.Home(), now, removeAtOnce)
	if err != nil {
		return err
	}
	away := map[string]bool{}
	for _, r := range due {
		held, mine, err := s.hold(ctx, r)
		if err == nil && mine && away[r.Broker] {
			err = s.putOff(ctx, r) // so that those of others come to their turn
			mine = false
		}
		if err != nil {
			return err
		}
		if !mine {
			continue
		}
		if _, err := s.clear(ctx, r, held); err != nil {
			away[r.Broker] = true
			s.Log.WarnContext(ctx, "a topic that was deleted is not removed from its broker yet", "topic", r.account(), "broker", r.Broker, "since", r.Since, "error", err)
		}
	}
	return nil
}

// giveUp forgets removals of brokers that are gone for good.
func (s *Service) giveUp(ctx context.Context, before time.Time) error {
	old, err := s.Removals.OldRemovals(ctx, before, removeAtOnce)
	if err != nil {
		return err
	}
	for _, r := range old {
		s.Log.ErrorContext(ctx, "a topic that was deleted is left at its broker, which was away for too long: remove it there if the broker comes back", "topic", r.account(), "broker", r.Broker, "server", r.Home, "since", r.Since)
		if err := s.Removals.DeleteRemoval(ctx, r.ID); err != nil {
			return err
		}
	}
	return nil
}

// waiting are the removals of topics that were where a new one is to be.
func (s *Service) waiting(ctx context.Context, t Topic) (here []Removal, err error) {
	all, err := s.Removals.RemovalsOf(ctx, t.Scope.Tenant)
	if err != nil {
		return nil, err
	}
	if len(all) >= MaxRemovals {
		return nil, kernel.Errorf(kernel.Refused, "%d topics that were deleted are still at brokers that are away", len(all)).WithFix("see which brokers answer with: terrace topic brokers")
	}
	for _, r := range all {
		if r.Scope == t.Scope && r.Name == t.Name && r.Broker == t.Broker && r.Home == t.Home {
			here = append(here, r)
		}
	}
	return here, nil
}

// vacate makes room for a new topic: one of its name that was deleted there is removed first,
// with its events, so that its removal never meets the new one.
func (s *Service) vacate(ctx context.Context, t Topic) error {
	here, err := s.waiting(ctx, t)
	if err != nil {
		return err
	}
	for _, r := range here {
		held, mine, err := s.hold(ctx, r)
		if err != nil {
			return err
		}
		if mine {
			mine, err = s.clear(ctx, r, held)
		}
		if err != nil {
			s.Log.WarnContext(ctx, "a topic cannot be made where one of its name is to be removed", "topic", t.Account(), "broker", t.Broker, "error", err)
		}
		if err != nil || !mine {
			return occupied(t)
		}
	}
	return nil
}

// vacant tells, in the transaction that makes a topic, that nobody removes one of its name.
func (s *Service) vacant(ctx context.Context, t Topic) error {
	here, err := s.waiting(ctx, t)
	if err == nil && len(here) > 0 {
		return occupied(t)
	}
	return err
}

func occupied(t Topic) error {
	return kernel.Errorf(kernel.Unavailable, "the topic %s that was deleted is still at the broker %s", t.Name, t.Broker).
		WithFix("try again once the broker answers: terrace topic brokers; or make the topic on another broker")
}

// eraseRemoved removes what a tenant that leaves has deleted before.
func (s *Service) eraseRemoved(ctx context.Context, tenant string) error {
	all, err := s.Removals.RemovalsOf(ctx, tenant)
	if err != nil {
		return err
	}
	for _, r := range all {
		if !Served(r.Broker, r.Home, s.Brokers.Home()) {
			continue // the daemon that has the server sees that the topic is no longer there
		}
		held, mine, err := s.hold(ctx, r)
		if err == nil && mine {
			mine, err = s.clear(ctx, r, held)
		}
		if err == nil && !mine {
			err = kernel.Errorf(kernel.Unavailable, "another process removes it").WithFix("try again in a minute")
		}
		if err != nil {
			return fmt.Errorf("remove topic %s from %s: %w", r.account(), r.Broker, err)
		}
	}
	return nil
}
