package stage

import (
	"fmt"
	"time"
)

// The bounds of the look ahead.
const (
	horizon = 400 * 24 * time.Hour
	turns   = 500
)

// Opening tells whether a stage may be changed at a moment.
type Opening struct {
	Open bool
	// Window is the one that decides: a deny that is active, else an allow that
	// is. It is nil where there is none, and where no allow is active.
	Window *Window
	// Next is when that changes, nil where it does not within a year.
	Next *time.Time
	// Then is the window that decides at Next, as Window does now.
	Then *Window
}

// OpeningAt tells whether the stage may be changed at t. A deny that is active
// closes it, whatever allows; with windows that allow, one of them must be
// active. The error is of a window that NewSet would have refused.
func (s Stage) OpeningAt(t time.Time) (Opening, error) {
	all := make([]timed, len(s.Windows))
	for i, w := range s.Windows {
		r, err := compile(w)
		if err != nil {
			return Opening{}, fmt.Errorf("window %s of %s: %w", w.Name, s.Name, err)
		}
		all[i] = timed{window: &s.Windows[i], recurrence: r}
	}
	return opening(all, t), nil
}

// timed is a window with its times.
type timed struct {
	window *Window
	recurrence
}

func opening(all []timed, t time.Time) Opening {
	now, until := decide(all, t)
	for range turns {
		if until.IsZero() || until.Sub(t) > horizon {
			return now
		}
		then, next := decide(all, until)
		if then.Open != now.Open {
			now.Next, now.Then = &until, then.Window
			return now
		}
		until = next
	}
	return now
}

// decide tells what holds at t, and until when nothing changes; zero is for ever.
func decide(all []timed, t time.Time) (Opening, time.Time) {
	var until, denied time.Time
	var allow, deny *Window
	allows := false
	for i := range all {
		active, changes := all[i].at(t)
		isAllow := all[i].window.Kind == WindowAllow
		allows = allows || isAllow
		switch {
		case active && !isAllow && (deny == nil || !denied.IsZero() && (changes.IsZero() || changes.After(denied))):
			deny, denied = all[i].window, changes // the one that ends last
		case active && isAllow && allow == nil:
			allow = all[i].window
		}
		if !changes.IsZero() && (until.IsZero() || changes.Before(until)) {
			until = changes
		}
	}
	if deny != nil {
		return Opening{Window: deny}, denied
	}
	return Opening{Open: !allows || allow != nil, Window: allow}, until
}

// at reports whether the window is active at t, and until when: stretches that
// touch are one. Zero is for longer than one looks ahead.
func (r recurrence) at(t time.Time) (active bool, until time.Time) {
	for s := range r.starts(t) {
		switch {
		case !active && s.start.After(t):
			return false, s.start
		case !active:
			active, until = true, s.end
		case s.start.After(until):
			return true, until
		case s.end.After(until):
			until = s.end
		}
		if active && until.Sub(t) > horizon {
			return true, time.Time{}
		}
	}
	return active, until
}
