package subscription

import (
	"errors"
	"math/rand/v2"
	"time"
)

// Rejection is a sink's refusal of one event: another may be taken.
type Rejection struct {
	Message string
	// Gone tells that the sink wants no event any more (HTTP 410).
	Gone bool
}

// Error returns what the sink said.
func (r *Rejection) Error() string { return r.Message }

// Busy is a sink's wish to be asked again later (HTTP 429 and 503 with Retry-After).
type Busy struct {
	Message string
	After   time.Duration
}

// Error returns what the sink said.
func (b *Busy) Error() string { return b.Message }

// pause returns how long to wait after a number of attempts that failed: it
// doubles up to a bound, and is spread over its upper half, so that what failed
// together does not come back together. A sink can ask for longer.
func (s *Service) pause(attempts int, err error) time.Duration {
	d := s.FirstPause << min(attempts-1, 20)
	if d <= 0 || d > s.MaxPause {
		d = s.MaxPause
	}
	d = d/2 + rand.N(d/2+1) //nolint:gosec // not a secret
	if busy, ok := errors.AsType[*Busy](err); ok {
		d = max(d, min(busy.After, s.MaxPause))
	}
	return d
}
