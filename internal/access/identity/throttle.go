package identity

import (
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// How failed sign-ins slow a user down: some are free, then the pause doubles.
const (
	freeFailures = 5
	maxBlock     = 5 * time.Minute
	forgetAfter  = 15 * time.Minute
	maxTracked   = 10_000
)

// throttle counts failed sign-ins per user, existing or not.
type throttle struct {
	mu       sync.Mutex
	attempts map[string]attempt
}

type attempt struct {
	failures int
	last     time.Time
}

func newThrottle() *throttle { return &throttle{attempts: map[string]attempt{}} }

// begin counts a try as failed until it succeeds, so that tries at the same
// time count too. The error is Locked while the user has to wait.
func (t *throttle) begin(user string, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.attempts[user]
	if now.Sub(a.last) >= forgetAfter {
		a = attempt{}
	}
	if wait := a.last.Add(block(a.failures)).Sub(now); a.failures > 0 && wait > 0 {
		return kernel.Errorf(kernel.Locked, "too many failed sign-ins").
			WithFix("try again in %s", max(wait.Round(time.Second), time.Second))
	}
	t.makeRoom(now)
	t.attempts[user] = attempt{failures: a.failures + 1, last: now}
	return nil
}

func (t *throttle) succeed(user string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.attempts, user)
}

func block(failures int) time.Duration {
	if failures < freeFailures {
		return 0
	}
	return min(time.Second<<min(failures-freeFailures, 20), maxBlock)
}

// makeRoom keeps the map bounded: first the forgotten go, then any one.
func (t *throttle) makeRoom(now time.Time) {
	if len(t.attempts) < maxTracked {
		return
	}
	for user, a := range t.attempts {
		if now.Sub(a.last) >= forgetAfter {
			delete(t.attempts, user)
		}
	}
	for user := range t.attempts {
		if len(t.attempts) < maxTracked {
			return
		}
		delete(t.attempts, user)
	}
}
