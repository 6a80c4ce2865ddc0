package apispec

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/terrace-idp/terrace/internal/platform/reload"
)

// Live is a version that stands on a stage, with its document.
type Live struct {
	Standing

	Digest, Source string
}

// Standings is where a view reads what stands; apispecsql implements it.
type Standings interface {
	// All returns what stands on any stage of any tenant. Sources of digests that
	// are known are left out.
	All(ctx context.Context, known func(digest string) bool) ([]Live, error)
	// Turn grows with every change of a standing.
	Turn(ctx context.Context) (int64, error)
}

// View keeps somebody, such as the gateway, current with what is published.
type View struct {
	Standings Standings
	// Use takes all that stands; sources of digests that Knows knows are empty.
	Use   func(ctx context.Context, all []Live)
	Knows func(digest string) bool
	Log   *slog.Logger

	loading sync.Mutex
	held    atomic.Int64
}

// Load reads what stands.
func (v *View) Load(ctx context.Context) error {
	v.loading.Lock()
	defer v.loading.Unlock()
	turn, err := v.Standings.Turn(ctx)
	if err != nil {
		return fmt.Errorf("load APIs: %w", err)
	}
	all, err := v.Standings.All(ctx, v.Knows)
	if err != nil {
		return fmt.Errorf("load APIs: %w", err)
	}
	v.Use(ctx, all)
	v.held.Store(turn)
	return nil
}

// Watch keeps the view current until ctx ends.
func (v *View) Watch(ctx context.Context) error { return v.source().Watch(ctx) }

// Now loads after a change of this process.
func (v *View) Now(ctx context.Context) { v.source().Now(ctx) }

func (v *View) source() reload.Source {
	return reload.Source{What: "published APIs", Revision: v.Standings.Turn, Load: v.Load, Held: v.held.Load, Log: v.Log}
}
