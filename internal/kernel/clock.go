package kernel

import "time"

// Clock tells the time. Code takes one instead of calling time.Now, so that
// tests can set it.
type Clock func() time.Time

// Now returns the current time in UTC, cut to microseconds, which both
// databases keep. A nil Clock is the system's.
func (c Clock) Now() time.Time {
	if c == nil {
		return time.Now().UTC().Truncate(time.Microsecond)
	}
	return c().UTC().Truncate(time.Microsecond)
}
