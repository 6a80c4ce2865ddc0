package acme

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

const (
	// look is how often a process looks for challenges that others were told of.
	look = 2 * time.Second
	// lease is how long a process has a challenge: longer than a look at one takes.
	lease = time.Minute
)

func never() time.Time { return time.Time{} }

// Work looks at challenges until ctx ends. Several processes share the work.
func (s *Service) Work(ctx context.Context) error {
	defer s.turns.Wait()
	return rounds.Rounds{Bell: s.bell, Look: s.fill, Idle: look, Clock: s.Clock}.Run(ctx)
}

func (s *Service) fill(ctx context.Context) error {
	return s.turns.Fill(func(busy []string) (string, func(), error) {
		z, ok, err := s.Authorizations.Due(ctx, s.Clock.Now(), busy)
		if err != nil || !ok {
			return "", nil, err
		}
		z.DueAt = s.Clock.Now().Add(lease)
		switch err := s.Authorizations.SaveAuthorization(ctx, z); {
		case kernel.Is(err, kernel.Stale): // another process has it
			return z.ID, nil, nil
		case err != nil:
			return "", nil, err
		}
		return z.ID, func() { s.lookAt(ctx, z.ID) }, nil
	}, s.bell.Ring)
}

// lookAt looks at the challenge of an authorization that this process has.
func (s *Service) lookAt(ctx context.Context, id string) {
	if err := s.probe(ctx, id); err != nil && ctx.Err() == nil {
		s.Log.WarnContext(ctx, "an ACME challenge was not looked at: it will be again", "authorization", id, "error", err)
	}
}

func (s *Service) probe(ctx context.Context, id string) error {
	z, err := s.Authorizations.Authorization(ctx, id)
	if err != nil {
		return err
	}
	a, err := s.Accounts.Account(ctx, z.Account)
	if err != nil {
		return err
	}
	c := z.processing()
	if c == nil {
		return nil
	}
	problem := s.Prober.Look(ctx, Sought{a.Scope, c.Type, z.Name, c.Token, c.Token + "." + a.Thumbprint})
	if ctx.Err() != nil {
		return nil // it was told to end: what it saw may be of that
	}
	ctx = acting(ctx, a)
	return s.change(ctx, func(ctx context.Context) error { return s.seen(ctx, id, problem) })
}

// seen notes what a look at a challenge has shown.
func (s *Service) seen(ctx context.Context, id string, problem *Problem) error {
	z, err := s.Authorizations.Authorization(ctx, id)
	if err != nil {
		return err
	}
	c := z.processing()
	if c == nil || z.Status != Pending {
		return nil // it was deactivated meanwhile, or another process was faster
	}
	now := s.Clock.Now()
	c.Attempts++
	c.Error = problem
	switch {
	case problem == nil:
		c.Status, c.ValidatedAt, z.Status, z.DueAt, z.ExpiresAt = Valid, now, Valid, never(), now.Add(s.Limits.ProofLife)
	case c.Attempts < s.Limits.Attempts && z.ExpiresAt.After(now):
		pause := s.Limits.FirstPause << (c.Attempts - 1)
		z.DueAt = now.Add(pause)
		s.bell.RingIn(pause)
		return s.Authorizations.SaveAuthorization(ctx, z)
	default:
		c.Status, z.Status, z.DueAt = Invalid, Invalid, never()
	}
	if err := s.Authorizations.SaveAuthorization(ctx, z); err != nil {
		return err
	}
	return s.settle(ctx, z, problem)
}
