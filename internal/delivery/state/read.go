package state

import (
	"context"
	"fmt"
	"io"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Read returns the stack's state, or kernel.NotFound where there is none.
func (s *Service) Read(ctx context.Context, c Caller, stack string) ([]byte, error) {
	if err := c.serves(stack); err != nil {
		return nil, err
	}
	return s.current(ctx, stack)
}

func (s *Service) current(ctx context.Context, stack string) ([]byte, error) {
	v, ok, err := s.Current(ctx, stack)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, kernel.Errorf(kernel.NotFound, "stack %s has no state", stack)
	}
	return s.load(ctx, v)
}

// load fails loudly where content is missing or is not what was written: to
// answer "no state" would have everything created a second time.
func (s *Service) load(ctx context.Context, v Version) ([]byte, error) {
	r, err := s.Blobs.Get(ctx, v.key())
	if err != nil {
		return nil, kernel.Errorf(kernel.Internal, "the content of state version %s of %s: %w", v.ID, v.Stack, err)
	}
	defer func() { _ = r.Close() }()
	sealed, err := io.ReadAll(io.LimitReader(r, 2*MaxSize))
	if err != nil {
		return nil, fmt.Errorf("read state: %w", err)
	}
	raw, err := s.Sealer.Open(ctx, sealed, v.associated())
	if err != nil {
		return nil, fmt.Errorf("open state: %w", err)
	}
	if kernel.DigestOf(raw) != v.Digest {
		return nil, kernel.Errorf(kernel.Internal, "state version %s of %s is not what was written", v.ID, v.Stack)
	}
	return raw, nil
}
