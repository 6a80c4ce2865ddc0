package secret

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Rollback makes the values of a version the newest, for an actor with secret.write.
func (s *Service) Rollback(ctx context.Context, scope kernel.Scope, name string, version int, reason string) (Info, error) {
	if version <= 0 {
		return Info{}, kernel.Errorf(kernel.Invalid, "a version has a number from 1").WithFix("see those there are with: terrace secret history %s --stage %s", name, scope.Stage)
	}
	return s.take(ctx, scope, scope, name, version, reason)
}

// Copy makes the values of a secret those of another stage, for an actor with secret.write
// there and secret.read here: what somebody may put elsewhere they may see. That is recorded
// as a read.
func (s *Service) Copy(ctx context.Context, from, to kernel.Scope, name string, reason string) (Info, error) {
	if from == to {
		return Info{}, kernel.Errorf(kernel.Invalid, "secret %s is in the stage %s already", name, to.Stage)
	}
	v, _, err := s.read(ctx, from, name, 0)
	if err != nil {
		return Info{}, err
	}
	return s.take(ctx, from, to, name, v.Version, reason)
}

// take makes the values of a version the newest of the same name, there or elsewhere.
func (s *Service) take(ctx context.Context, from, to kernel.Scope, name string, version int, reason string) (made Info, err error) {
	if err := s.checkWrite(ctx, to); err != nil {
		return Info{}, err
	}
	_, d, err := s.values(ctx, from, name, version)
	if err != nil {
		return Info{}, err
	}
	fact := kernel.Fact{Type: "secret.taken", Scope: to, Subject: name, Reason: reason}
	err = raced(ctx, func() error {
		return s.Tx.InTx(ctx, func(ctx context.Context) error {
			seen := 0
			current, err := s.current(ctx, to, name)
			if err != nil {
				return err
			}
			if current != nil {
				seen = current.Version
			}
			if made, err = s.Write(ctx, to, name, d, &seen); err != nil {
				return err
			}
			fact.Data = map[string]any{"version": made.Version, "stage": from.Stage, "of": version}
			return s.Journal.Record(ctx, fact)
		})
	})
	return made, err
}
