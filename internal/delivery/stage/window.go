package stage

import (
	"fmt"
	"time"
)

// The kinds of a window.
const (
	WindowAllow = "allow"
	WindowDeny  = "deny"
)

// The bounds of windows and of soaking.
const (
	maxWindows = 20
	maxWindow  = 366 * 24 * time.Hour
	maxSoak    = 366 * 24 * time.Hour
)

// Window is a stretch of time that recurs, in which a stage may be changed or
// may not. A stage with windows that allow is changed only inside of one of
// them; a window that denies goes over those.
type Window struct {
	// Name is what people are told.
	Name string `json:"name" yaml:"name" koanf:"name"`
	// Kind is allow or deny.
	Kind string `json:"kind" yaml:"kind" koanf:"kind"`
	// RRule says when it begins, a recurrence rule of RFC 5545 §3.3.10. It may
	// carry a DTSTART; its times are of the time zone.
	RRule string `json:"rrule" yaml:"rrule" koanf:"rrule"`
	// Timezone is of the IANA database, such as Europe/Berlin; empty is UTC.
	Timezone string `json:"timezone,omitempty" yaml:"timezone,omitempty" koanf:"timezone"`
	// Duration is how long it lasts: whole days end at the same time of day
	// however long the days were, the rest passes as it is.
	Duration time.Duration `json:"duration" yaml:"duration" koanf:"duration"`
}

// promotion checks what decides when and how a release comes and goes.
func (c *checker) promotion(path string, s Stage) {
	if s.Soak < 0 || s.Soak > maxSoak {
		c.add(path+".soak", fmt.Sprintf("%s is not possible", s.Soak), "use a time up to a year, such as 1h")
	}
	if len(s.Windows) > maxWindows {
		c.add(path+".windows", fmt.Sprintf("%d windows are too many", len(s.Windows)), fmt.Sprintf("use at most %d; a rule can name several days and hours", maxWindows))
		return
	}
	names := map[string]bool{}
	for i, w := range s.Windows {
		if at := fmt.Sprintf("%s.windows[%d].name", path, i); names[w.Name] && w.Name != "" {
			c.add(at, fmt.Sprintf("%q is the name of another window", w.Name), "give each its own: people are told by it why they wait")
		}
		names[w.Name] = true
		c.window(fmt.Sprintf("%s.windows[%d]", path, i), w)
	}
}

func (c *checker) window(path string, w Window) {
	if w.Name == "" {
		c.add(path+".name", "it has none", "name it: people are told by its name why they wait")
	}
	c.oneOf(path+".kind", w.Kind, WindowAllow, WindowDeny)
	if w.Duration < time.Minute || w.Duration > maxWindow {
		c.add(path+".duration", fmt.Sprintf("%s is not possible", w.Duration), "use a time from 1m to a year, such as 8h")
	}
	if _, err := time.LoadLocation(w.Timezone); err != nil || w.Timezone == "Local" {
		c.add(path+".timezone", fmt.Sprintf("%q is no time zone", w.Timezone), "use a name of the IANA database, such as Europe/Berlin, or leave it out for UTC")
		return
	}
	if _, err := compile(w); err != nil {
		c.add(path+".rrule", err.Error(), "write a rule such as FREQ=WEEKLY;BYDAY=MO,TU,WE,TH;BYHOUR=9;BYMINUTE=0")
	}
}
