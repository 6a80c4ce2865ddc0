package vcs

import (
	"context"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// restFor is what Config.Rest is where it is not said.
const restFor = 30 * time.Second

// resting returns the names of the tenants that nobody works in.
func (s *Service) resting(ctx context.Context) (map[string]bool, error) {
	if s.Tenants == nil {
		return nil, nil //nolint:nilnil // a map without any
	}
	return s.Tenants.Resting(ctx)
}

// working returns the deliveries that are worked on, and has those of tenants that nobody
// works in wait: of each branch and each pull request the newest. What was asked for in a
// comment is over: it was meant for then.
func (s *Service) working(ctx context.Context, all []Delivery) ([]Delivery, error) {
	resting, err := s.resting(ctx)
	if err != nil || len(resting) == 0 {
		return all, err
	}
	type about struct {
		repository, ref string
		number          int
	}
	now, newest := []Delivery{}, map[about]Delivery{}
	var over []string
	for _, d := range all {
		switch key := (about{d.Repository, d.Event.Push.Ref, d.Event.Pull.Number}); {
		case !resting[d.Scope.Tenant]:
			now = append(now, d)
		case d.Event.Kind != PushEvent && d.Event.Kind != PullEvent:
			over = append(over, d.ID)
		default:
			keep, known := newest[key]
			if known && keep.Event.At.After(d.Event.At) {
				keep, d = d, keep
			}
			newest[key] = d
			if known {
				over = append(over, keep.ID)
			}
		}
	}
	if len(newest) > 0 {
		s.held = s.Clock.Now().Add(s.Rest)
	}
	for _, d := range newest {
		if err := s.Store.Retry(ctx, d.ID, d.Attempts, "its tenant is suspended", s.held); err != nil {
			return nil, err
		}
	}
	return now, s.Store.Done(ctx, over)
}

// rest leaves a pull request of a tenant that nobody works in alone for a while.
func (s *Service) rest(ctx context.Context, p PullRequest, now time.Time) error {
	at := now.Add(s.Rest)
	p.Work.Due, s.held = &at, at
	err := s.Store.SavePull(ctx, p)
	if kernel.Is(err, kernel.Stale) || kernel.Is(err, kernel.NotFound) {
		return nil // it was changed meanwhile
	}
	return err
}

// tellLate records a push that came while nobody worked in its tenant. Its event is named
// after the delivery, so that a second try tells it once.
func (s *Service) tellLate(ctx context.Context, r Repository, d Delivery) (e Event, err error) {
	e = d.Event
	e.Cause, e.Actor = "evt_"+strings.TrimPrefix(d.ID, "hook_"), kernel.System("vcs", r.Scope.Tenant)
	if e.Push.By != "" {
		if e.Actor, err = s.person(ctx, r, e.Push.By); err != nil {
			return e, err
		}
	}
	err = s.Tx.InTx(kernel.WithActor(ctx, e.Actor), func(ctx context.Context) error {
		return s.recordAs(ctx, e.Cause, r, "vcs.pushed", map[string]any{"refs": []Push{e.Push}, "push": d.ID})
	})
	if kernel.Is(err, kernel.Conflict) {
		err = nil
	}
	return e, err
}
