package vcs

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// edit changes a pull request and has it looked at; no data is no change.
func (s *Service) edit(ctx context.Context, r Repository, number int, fact string, change func(*PullRequest) (map[string]any, error)) (PullRequest, error) {
	for {
		p, err := s.find(ctx, r, number)
		if err != nil {
			return p, err
		}
		data, err := change(&p)
		if err != nil || data == nil {
			return p, err
		}
		now := s.Clock.Now()
		p.UpdatedAt, p.Work.Due = now, &now
		if err = s.change(ctx, r, p, fact, data); !kernel.Is(err, kernel.Stale) || ctx.Err() != nil {
			return p, err
		}
	}
}

func (s *Service) change(ctx context.Context, r Repository, p PullRequest, fact string, data map[string]any) error {
	data["number"], p.Work.Cause = p.Number, kernel.NewID("evt")
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.SavePull(ctx, p); err != nil {
			return err
		}
		return s.recordAs(ctx, p.Work.Cause, r, fact, data)
	})
	if err == nil {
		s.nudge()
	}
	return err
}
