package keyring

import (
	"context"
	"errors"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

const (
	// idle is how often it is looked whether there is anything to wrap or move.
	idle = time.Minute
	// claimed is for how long a process that has gone keeps others from going on.
	claimed = time.Minute
)

// errTaken says that another process has taken the round over.
var errTaken = errors.New("another process does the round")

// Watch does rounds until ctx ends.
func (s *Service) Watch(ctx context.Context) error {
	return rounds.Rounds{Bell: s.bell, Idle: idle, Clock: s.Clock, Look: func(ctx context.Context) error {
		_, err := s.Round(ctx)
		return err
	}}.Run(ctx)
}

// Round wraps all keys anew that are not under the present ones, and moves what is
// sealed under a root key itself; done is false where another process is at it. What is
// cut off goes on in the next round where it was.
func (s *Service) Round(ctx context.Context) (done bool, err error) {
	if err := s.claim(ctx); errors.Is(err, errTaken) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, s.Store.Release(context.WithoutCancel(ctx), s.Node)) }()
	unshredded := s.shredRest(ctx)
	err = s.wrap(ctx)
	for _, h := range s.Holdings {
		if err == nil {
			err = s.move(ctx, h)
		}
	}
	if errors.Is(err, errTaken) {
		return false, nil
	}
	err = errors.Join(err, unshredded)
	return err == nil, err
}

func (s *Service) claim(ctx context.Context) error {
	now := s.Clock.Now()
	ok, err := s.Store.Claim(ctx, s.Node, now, now.Add(claimed))
	if err == nil && !ok {
		err = errTaken
	}
	return err
}

func (s *Service) wrap(ctx context.Context) error {
	total := 0
	for {
		n, err := s.Sealer.Rewrap(ctx, s.Rotations)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		total += n
		if err := s.claim(ctx); err != nil {
			return err
		}
	}
	if total == 0 {
		return nil
	}
	s.Log.InfoContext(ctx, "keys are wrapped by the present ones", "count", total)
	ctx = kernel.WithActor(ctx, kernel.System("keys", s.Home))
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		return s.Journal.Record(ctx, kernel.Fact{Type: "key.rewrapped", Scope: kernel.Scope{Tenant: s.Home}, Subject: s.Sealer.PrimaryKeyID(), Data: map[string]any{"keys": total}})
	})
}

// move goes on with a holding where it was. One that is looked through once is so again
// under another root key.
func (s *Service) move(ctx context.Context, h Holding) error {
	m, err := s.at(ctx, h)
	if err != nil || m.Finished && !h.Rescanned() {
		return err
	}
	first := !m.Finished
	moved := m.Moved
	err = h.Move(ctx, m.After, func(after string, looked, moved int) error {
		m.After, m.Looked, m.Moved, m.At = after, m.Looked+looked, m.Moved+moved, s.Clock.Now()
		if err := s.Store.SaveMove(ctx, m); err != nil {
			return err
		}
		return s.claim(ctx)
	})
	if ctx.Err() != nil || errors.Is(err, errTaken) {
		return err
	}
	problem := ""
	if !h.Rescanned() {
		problem = m.Problem // of what it has passed by
	}
	if err != nil {
		problem = err.Error()
		s.Log.WarnContext(ctx, "not everything that is sealed under a root key could be moved", "what", h.Name(), "error", err)
	}
	if !first && moved == m.Moved && problem == m.Problem {
		return nil // nothing is new
	}
	m.Finished, m.Problem, m.At = err == nil, problem, s.Clock.Now()
	return s.Store.SaveMove(ctx, m)
}

// at is how far a holding has moved.
func (s *Service) at(ctx context.Context, h Holding) (Move, error) {
	root := s.Sealer.PrimaryKeyID()
	moves, err := s.Store.Moves(ctx)
	for _, m := range moves {
		if m.Holding == h.Name() && m.Root == root {
			return m, err
		}
	}
	return Move{Holding: h.Name(), Root: root}, err
}
