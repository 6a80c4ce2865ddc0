package subscription

import (
	"errors"
	"math/rand/v2"
	"time"
)

// Rejection is a sink's refusal of one event: another may be taken.
type Rejection struct {
	Message string
	// Final tells that no later attempt would have the event taken.
	Final bool
	// Gone tells that the sink wants no event any more (HTTP 410).
	Gone bool
}

// Error returns what the sink said.
func (r *Rejection) Error() string { return r.Message }

// Denial is a sink's refusal of whoever sends, or of where it is sent to: no event is
// taken until somebody has changed the sink's permissions or the subscription.
type Denial struct{ Message string }

// Error returns what the sink said.
func (d *Denial) Error() string { return d.Message }

// Busy is a sink's wish to be asked again later (HTTP 429 and 503 with Retry-After).
type Busy struct {
	Message string
	After   time.Duration
}

// Error returns what the sink said.
func (b *Busy) Error() string { return b.Message }

// usualPause bounds the pause that no sink has asked for: so long a sink that works
// again may go unnoticed, and with it all events that wait.
const usualPause = time.Minute

// pause returns how long to wait after a number of attempts that failed: it
// doubles up to a bound, and is spread over its upper half, so that what failed
// together does not come back together. A sink can ask for longer.
func (s *Service) pause(attempts int, err error) time.Duration {
	longest := min(s.MaxPause, usualPause)
	d := s.FirstPause << min(attempts-1, 20)
	if d <= 0 || d > longest {
		d = longest
	}
	d = d/2 + rand.N(d/2+1) //nolint:gosec // not a secret
	if busy, ok := errors.AsType[*Busy](err); ok {
		d = max(d, min(busy.After, s.MaxPause))
	}
	return d
}
