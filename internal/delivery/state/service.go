package state

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// MaxSize bounds one state, in bytes. It passes in pieces: only an
// instance of a resource is in memory whole.
const MaxSize = 128 << 20

// ActionRead is what listing a stack's versions is authorised as.
const ActionRead = "state.read"

// Config is what a Service needs.
type Config struct {
	Store      Store
	Tx         Tx
	Blobs      Blobs
	Sealer     Sealer
	Fences     Fences
	Journal    Journal
	Authorizer Authorizer
	// Editor serves changes by hand.
	Editor Editor
	Clock  kernel.Clock
	// Folder keeps states that can be stored nowhere else; "" keeps none there.
	Folder string
}

// Service reads, locks and writes states.
type Service struct {
	Config

	turns turns
}

// New returns a service.
func New(c Config) *Service { return &Service{Config: c, turns: newTurns()} }

// Versions lists the stack's versions, the newest first, to an actor who may read states.
func (s *Service) Versions(ctx context.Context, stack string, r kernel.PageRequest) (kernel.Page[Version], error) {
	scope, _, err := SplitStack(stack)
	if err != nil {
		return kernel.Page[Version]{}, err
	}
	if err := s.Authorizer.Authorize(ctx, ActionRead, scope); err != nil {
		return kernel.Page[Version]{}, err
	}
	return s.Store.List(ctx, stack, r)
}

// Current returns the version in force; ok is false where the stack has no state.
func (s *Service) Current(ctx context.Context, stack string) (v Version, ok bool, err error) {
	if v, ok, err = s.Store.Current(ctx, stack); ok || err != nil {
		return v, ok, err
	}
	// A version that is named and not there must not pass for no state.
	record, err := s.Store.Stack(ctx, stack)
	if err != nil || record.Current == "" {
		return Version{}, false, err
	}
	v, err = s.Store.Version(ctx, stack, record.Current)
	if kernel.Is(err, kernel.NotFound) {
		err = kernel.Errorf(kernel.Internal, "the state version %s, which is in force for %s, is not in the database", record.Current, stack).
			WithFix("restore the database from a backup; nothing of the stack is planned or applied until then")
	}
	return v, err == nil, err
}

// Serial returns the serial of the state in force, 0 where there is none.
func (s *Service) Serial(ctx context.Context, stack string) (int64, error) {
	v, _, err := s.Current(ctx, stack)
	return v.Serial, err
}

// serves refuses a caller whose token is for another stack.
func (c Caller) serves(stack string) error {
	if c.Stack == stack {
		return nil
	}
	return kernel.Errorf(kernel.Denied, "run %s may not touch the state of %s: its token is for %s", c.Run, stack, c.Stack)
}

// writes refuses a caller who only plans.
func (c Caller) writes() error {
	if c.MayWrite {
		return nil
	}
	return kernel.Errorf(kernel.Denied, "run %s is planning and may not change the state of %s", c.Run, c.Stack)
}

func (s *Service) record(ctx context.Context, kind, stack string, reason string, data any) error {
	scope, _, err := SplitStack(stack)
	if err != nil {
		return err
	}
	return s.Journal.Record(ctx, kernel.Fact{Type: kind, Scope: scope, Subject: stack, Reason: reason, Data: data})
}
