package limit

import (
	"math"
	"time"
)

// Bounds of a policy.
const (
	maxLimits  = 8
	maxWindows = 4
	maxParts   = 4
)

// window is how many units may come in a time, ready to count.
type window struct {
	per time.Duration
	// limit is how many units the time has; burst how many may come at once.
	limit, burst int64
	// unit is how long one unit takes to come back, in nanoseconds.
	unit float64
	// tolerance is how far ahead of its time a cell may be.
	tolerance int64
	// item is the window in the header RateLimit-Policy; it begins with label.
	label, item string
}

func newWindow(per time.Duration, limit, burst int64) window {
	w := window{per: per, limit: limit, burst: burst, unit: float64(per) / float64(limit)}
	w.tolerance = int64(math.Ceil(w.unit * float64(burst)))
	return w
}

// step is how long cost units take to come back.
func (w *window) step(cost int64) int64 { return int64(w.unit * float64(cost)) }

// remaining is how many units may still come, of a cell that is ahead.
func (w *window) remaining(ahead int64) int64 {
	return max(0, int64(float64(w.tolerance-max(0, ahead))/w.unit))
}

// cell is what is counted of one key: for each window when it will be as if
// nothing had come. Times are nanoseconds of the process.
type cell struct {
	pers [maxWindows]time.Duration
	tats [maxWindows]int64
}

// fit gives the cell the windows of a limit that has changed, and keeps the
// times of those that it still has.
func (c *cell) fit(windows []window) {
	same := true
	for i := range maxWindows {
		if i < len(windows) {
			same = same && c.pers[i] == windows[i].per
		} else {
			same = same && c.pers[i] == 0
		}
	}
	if same {
		return
	}
	old := *c
	*c = cell{}
	for i := range windows {
		c.pers[i] = windows[i].per
		for j, per := range old.pers {
			if per == windows[i].per {
				c.tats[i] = old.tats[j]
			}
		}
	}
}

// wait returns how long cost units must wait, 0 for not at all.
func (c *cell) wait(windows []window, now, cost int64) int64 {
	longest := int64(0)
	for i := range windows {
		w := &windows[i]
		longest = max(longest, max(c.tats[i], now)+w.step(cost)-now-w.tolerance)
	}
	return longest
}

// add counts cost units.
func (c *cell) add(windows []window, now, cost int64) {
	for i := range windows {
		c.tats[i] = max(c.tats[i], now) + windows[i].step(cost)
	}
}
