package supervise

import "time"

// Beat is how long a loop rests that looks at the database about every so often:
// until the clock shows a multiple of it. So the loops of a process look at the
// same moments, and a process that has nothing to do is woken once for all of
// them, which costs it more than the looks themselves.
func Beat(every time.Duration) time.Duration {
	now := time.Now().Round(0) // by the clock on the wall
	left := now.Truncate(every).Add(every).Sub(now)
	if left < every/8 { // it has only just looked, or the clock was set
		left += every
	}
	return left
}
