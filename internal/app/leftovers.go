package app

import (
	"context"
	"io"
	"log/slog"

	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// leftovers takes states that a former process of this node left in work directories.
type leftovers struct {
	states *state.Service
	log    *slog.Logger
}

// keep keeps one until its stack is next worked on. One that newer work has overtaken,
// of another node or by hand, is set aside instead: this process goes on without it.
func (l leftovers) keep(ctx context.Context, stack string, fence int64, raw io.Reader) error {
	err := l.states.Keep(ctx, stack, fence, raw)
	if !kernel.Is(err, kernel.Stale) {
		return err
	}
	key, failed := l.states.SetAside(ctx, stack, fence, raw)
	if failed != nil {
		return failed
	}
	l.log.ErrorContext(ctx, "a former process left a state that could not be stored, and newer work was done since: the stack goes on without it",
		"stack", stack, "error", err, "kept_as", key)
	return nil
}
