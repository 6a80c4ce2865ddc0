package run

import (
	"context"
	"time"
)

// What a killed apply had begun the target goes on making, for minutes perhaps,
// and lets nobody change meanwhile.
const (
	// DefaultPause is how long a run waits for such a target before it tries again.
	DefaultPause = 30 * time.Second
	// MaxPauses is how often it does.
	MaxPauses = 120
)

// pause waits until the target may have made what the interrupted apply began.
func (e *execution) pause(ctx context.Context) error {
	e.pauses++
	err := e.move(ctx, change{to: Applying, fact: "waiting", edit: func(_ context.Context, r *Run) error {
		r.StatusReason = "the target still works on what the interrupted apply began"
		return nil
	}})
	if err != nil {
		return err
	}
	timer := time.NewTimer(e.s.Pause)
	defer timer.Stop()
	select {
	case <-ctx.Done(): // the loop says why
	case <-timer.C:
	}
	return nil
}
