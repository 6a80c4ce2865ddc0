package webhook

import (
	"errors"
	"math/rand/v2"
	"time"
)

// Rejection is a server's refusal of what was sent: another thing may be taken.
type Rejection struct {
	Message string
	// Final tells that no later attempt would have it taken.
	Final bool
	// Gone tells that the server wants nothing any more (HTTP 410).
	Gone bool
}

// Error returns what the server said.
func (r *Rejection) Error() string { return r.Message }

// Busy is a server's wish to be asked again later (HTTP 429 and 503 with Retry-After).
type Busy struct {
	Message string
	After   time.Duration
}

// Error returns what the server said.
func (b *Busy) Error() string { return b.Message }

// usualPause bounds the pause that no server has asked for: so long one that works again may
// go unnoticed, and with it all that waits.
const usualPause = time.Minute

// Pause returns how long to wait after a number of attempts that failed: it doubles from
// first up to a bound, and is spread over its upper half, so that what failed together does
// not come back together. A server can ask for longer, up to longest.
func Pause(attempts int, err error, first, longest time.Duration) time.Duration {
	usual := min(longest, usualPause)
	d := first << min(max(attempts-1, 0), 20)
	if d <= 0 || d > usual {
		d = usual
	}
	d = d/2 + rand.N(d/2+1) //nolint:gosec // not a secret
	if busy, ok := errors.AsType[*Busy](err); ok {
		d = max(d, min(busy.After, longest))
	}
	return d
}
