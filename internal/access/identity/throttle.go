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
	// knownFor is how long an address that somebody has signed in from counts for itself.
	knownFor = 30 * 24 * time.Hour
)

// throttle counts failed sign-ins per user, existing or not. An address that a user has
// signed in from counts for itself: whoever fails elsewhere with their name keeps them out of
// no place that they come from.
type throttle struct {
	mu       sync.Mutex
	attempts map[account]attempt
	// known is when a user has signed in from an address last.
	known map[account]time.Time
}

// account is what failures are counted of: a user, and one address of theirs or "" for all
// others.
type account struct{ user, address string }

type attempt struct {
	failures int
	last     time.Time
}

func newThrottle() *throttle {
	return &throttle{attempts: map[account]attempt{}, known: map[account]time.Time{}}
}

// begin counts a try as failed until it succeeds, so that tries at the same
// time count too. The error is Locked while the user has to wait.
func (t *throttle) begin(user, address string, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	of := t.of(user, address, now)
	a := t.attempts[of]
	if now.Sub(a.last) >= forgetAfter {
		a = attempt{}
	}
	if wait := a.last.Add(block(a.failures)).Sub(now); a.failures > 0 && wait > 0 {
		wait = max(wait.Round(time.Second), time.Second)
		err := kernel.Errorf(kernel.Locked, "too many failed sign-ins").WithFix("try again in %s", wait)
		err.After = wait
		return err
	}
	t.makeRoom(now)
	t.attempts[of] = attempt{failures: a.failures + 1, last: now}
	return nil
}

// of returns what a try counts for.
func (t *throttle) of(user, address string, now time.Time) account {
	if at, ok := t.known[account{user, address}]; ok && now.Sub(at) < knownFor {
		return account{user, address}
	}
	return account{user: user}
}

// succeed forgets the failures that the try counted with, and knows the address from now on.
func (t *throttle) succeed(user, address string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.attempts, t.of(user, address, now))
	if address == "" {
		return
	}
	for one := range t.known {
		if len(t.known) < maxTracked {
			break
		}
		delete(t.known, one) // any one
	}
	t.known[account{user, address}] = now
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
	for of, a := range t.attempts {
		if now.Sub(a.last) >= forgetAfter {
			delete(t.attempts, of)
		}
	}
	for of := range t.attempts {
		if len(t.attempts) < maxTracked {
			return
		}
		delete(t.attempts, of)
	}
}
