package rounds

import (
	"hash/fnv"
	"time"
)

// Never is when something has its turn that has none.
func Never() time.Time { return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }

// Turn returns when the next turn after now is of something that has one in every
// interval. Each thing has its own place in the spread at the begin of an interval,
// always the same one: what began together has its turns apart, and a restart moves
// none of them. Without a spread they are in the whole interval, without an interval
// there is none.
func Turn(name string, every, spread time.Duration, now time.Time) time.Time {
	if every <= 0 {
		return Never()
	}
	if spread <= 0 {
		spread = every
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // a hash never fails
	offset := time.Duration(h.Sum64() % uint64(spread))
	at := now.Add(-offset).Truncate(every).Add(offset)
	if !at.After(now) {
		at = at.Add(every)
	}
	return at
}

// ahead is by how much the clock of another process may be ahead of this one's.
const ahead = time.Minute

// Overdrawn reports whether a claim that nobody may hold for longer than lease ends
// later than that: it is by a clock that was ahead, and whoever held it may be gone.
func Overdrawn(until, now time.Time, lease time.Duration) bool {
	return until.After(now.Add(lease + ahead))
}
