package stage

import (
	"errors"
	"fmt"
	"iter"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // a stage's time zone is known on a machine without a database of them, too

	"github.com/teambition/rrule-go"
)

// The bounds of a rule: with them the evaluation of any rule is short.
const (
	maxRule     = 1024
	maxPerDay   = 24
	maxCount    = 1000
	maxInterval = 1000
	earliest    = 1970
)

// sight is how far ahead a rule must begin for the first time.
const sight = 10

// recurrence is when a window begins, and how long it lasts then. Its rule is
// evaluated on the clock on the wall, as if all days had 24 hours: the zone
// turns what that shows into moments.
type recurrence struct {
	rule rrule.ROption
	zone *time.Location
	days int
	rest time.Duration
}

// compile reads a window's rule and refuses what cannot be evaluated at once.
func compile(w Window) (recurrence, error) {
	zone, err := time.LoadLocation(w.Timezone)
	if err != nil {
		return recurrence{}, err
	}
	o, err := parseRule(w.RRule, zone)
	if err != nil {
		return recurrence{}, err
	}
	r := recurrence{rule: explicit(o), zone: zone, days: int(w.Duration / (24 * time.Hour)), rest: w.Duration % (24 * time.Hour)}
	if _, err := rrule.NewRRule(r.rule); err != nil {
		return recurrence{}, fmt.Errorf("the rule cannot be: %w", err)
	}
	for range r.starts(o.Dtstart.AddDate(0, 0, -1)) {
		return r, nil
	}
	return recurrence{}, fmt.Errorf("the rule never comes true within %d years", sight)
}

// dateOnly is an UNTIL that names a day: it means all of it.
var dateOnly = regexp.MustCompile(`(UNTIL=\d{8})(;|$)`)

func parseRule(text string, zone *time.Location) (rrule.ROption, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxRule {
		return rrule.ROption{}, fmt.Errorf("the rule is longer than %d letters", maxRule)
	}
	floating := time.FixedZone("floating", 0) // no zone's own: it leaves out no time, so all are read as they are written
	o, err := rrule.StrToROptionInLocation(dateOnly.ReplaceAllString(text, "${1}T235959$2"), floating)
	if err != nil {
		return rrule.ROption{}, fmt.Errorf("it is no recurrence rule of RFC 5545: %w", err)
	}
	if err := bounded(*o); err != nil {
		return rrule.ROption{}, err
	}
	if o.Dtstart.IsZero() {
		o.Dtstart = time.Date(2024, time.January, 1, 0, 0, 0, 0, floating) // a Monday
	}
	for _, t := range []*time.Time{&o.Dtstart, &o.Until} {
		switch {
		case t.IsZero():
		case t.Location() == floating:
			*t = onTheWall(*t, floating)
		default: // in UTC, or in a zone that the rule names
			*t = onTheWall(*t, zone)
		}
	}
	return *o, nil
}

// bounded refuses rules whose evaluation could take long, and those whose
// beginning decides when they come true and is not said.
func bounded(o rrule.ROption) error {
	perDay := max(1, len(o.Byhour)) * max(1, len(o.Byminute)) * max(1, len(o.Bysecond))
	switch {
	case o.Freq > rrule.DAILY:
		return errors.New("FREQ is more often than daily: name the hours with BYHOUR and the minutes with BYMINUTE instead")
	case perDay > maxPerDay:
		return fmt.Errorf("it begins up to %d times a day, and %d is the most", perDay, maxPerDay)
	case o.Count < 0 || o.Count > maxCount:
		return fmt.Errorf("COUNT goes up to %d; UNTIL names a day", maxCount)
	case o.Interval < 0 || o.Interval > maxInterval:
		return fmt.Errorf("INTERVAL goes up to %d", maxInterval)
	case (o.Interval > 1 || o.Count > 0) && o.Dtstart.IsZero():
		return errors.New("INTERVAL and COUNT count from a DTSTART, and there is none: put DTSTART=20260105T000000; before it")
	case !o.Dtstart.IsZero() && (o.Dtstart.Year() < earliest || o.Dtstart.Year() > 9000):
		return fmt.Errorf("DTSTART is before %d, or too far ahead", earliest)
	case len(o.Byeaster) > 0:
		return errors.New("BYEASTER is no part of RFC 5545")
	}
	return ordinals(o)
}

// ordinals refuses a week of a month that no month has.
func ordinals(o rrule.ROption) error {
	inMonth := o.Freq == rrule.MONTHLY || o.Freq == rrule.YEARLY && len(o.Bymonth) > 0
	for _, day := range o.Byweekday {
		if n := day.N(); inMonth && (n > 5 || n < -5) {
			return fmt.Errorf("BYDAY=%s: no month has that", day)
		}
	}
	return nil
}

// explicit writes down what a rule takes from its DTSTART, so that the rule can
// be evaluated from a later one.
func explicit(o rrule.ROption) rrule.ROption {
	o.Interval = max(1, o.Interval)
	if len(o.Byweekno)+len(o.Byyearday)+len(o.Bymonthday)+len(o.Byweekday) == 0 {
		switch o.Freq {
		case rrule.YEARLY:
			if len(o.Bymonth) == 0 {
				o.Bymonth = []int{int(o.Dtstart.Month())}
			}
			o.Bymonthday = []int{o.Dtstart.Day()}
		case rrule.MONTHLY:
			o.Bymonthday = []int{o.Dtstart.Day()}
		case rrule.WEEKLY:
			days := []rrule.Weekday{rrule.SU, rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA}
			o.Byweekday = []rrule.Weekday{days[o.Dtstart.Weekday()]}
		default:
		}
	}
	for field, value := range map[*[]int]int{&o.Byhour: o.Dtstart.Hour(), &o.Byminute: o.Dtstart.Minute(), &o.Bysecond: o.Dtstart.Second()} {
		if len(*field) == 0 {
			*field = []int{value}
		}
	}
	return o
}

// span is one stretch of a window.
type span struct{ start, end time.Time }

// starts yields the stretches that end after t, in the order of their starts,
// up to a bound ahead of t.
func (r recurrence) starts(t time.Time) iter.Seq[span] {
	return func(yield func(span) bool) {
		wall := onTheWall(t, r.zone)
		o := r.rule
		o.Dtstart = r.from(wall.AddDate(0, 0, -r.days-2))
		if bound := maxTime(wall, r.rule.Dtstart).AddDate(sight, 0, 0); o.Until.IsZero() || o.Until.After(bound) {
			o.Until = bound
		}
		rule, err := rrule.NewRRule(o)
		if err != nil {
			return // compile has refused it
		}
		next := rule.Iterator()
		for start, ok := next(); ok; start, ok = next() {
			if s := r.span(start); s.end.After(t) && !yield(s) {
				return
			}
		}
	}
}

// span returns the stretch that begins when the clock on the wall shows start.
func (r recurrence) span(start time.Time) span {
	return span{moment(start, r.zone), moment(start.AddDate(0, 0, r.days), r.zone).Add(r.rest)}
}

// from returns a beginning of the rule near wall that leaves its occurrences
// after wall as they are: a whole number of intervals after its own.
func (r recurrence) from(wall time.Time) time.Time {
	begin, n := r.rule.Dtstart, r.rule.Interval
	if r.rule.Count > 0 || !wall.After(begin) {
		return begin
	}
	day := time.Date(begin.Year(), begin.Month(), begin.Day(), 0, 0, 0, 0, time.UTC)
	days := int(wall.Sub(day) / (24 * time.Hour))
	var later time.Time
	switch r.rule.Freq {
	case rrule.YEARLY:
		later = time.Date(begin.Year()+down(wall.Year()-begin.Year(), n), time.January, 1, 0, 0, 0, 0, time.UTC)
	case rrule.MONTHLY:
		months := (wall.Year()-begin.Year())*12 + int(wall.Month()) - int(begin.Month())
		later = time.Date(begin.Year(), begin.Month()+time.Month(down(months, n)), 1, 0, 0, 0, 0, time.UTC)
	case rrule.WEEKLY:
		sinceStart := (int(day.Weekday()) + 6 - r.rule.Wkst.Day() + 7) % 7
		later = day.AddDate(0, 0, -sinceStart+down(days+sinceStart, 7*n))
	default:
		later = day.AddDate(0, 0, down(days, n))
	}
	return maxTime(begin, later)
}

// down returns the greatest multiple of n up to x.
func down(x, n int) int { return x - x%n }

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// onTheWall returns what a clock in the zone shows at t, as if it were UTC.
func onTheWall(t time.Time, zone *time.Location) time.Time {
	l := t.In(zone)
	return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), 0, time.UTC)
}

// moment returns when a clock in the zone shows wall. What it shows twice is
// the first time; what it leaves out is read as if it had not been set yet (RFC
// 5545 §3.3.5).
func moment(wall time.Time, zone *time.Location) time.Time {
	_, before := wall.AddDate(0, 0, -1).In(zone).Zone()
	_, after := wall.AddDate(0, 0, 1).In(zone).Zone()
	first := wall.Add(-time.Duration(before) * time.Second)
	if second := wall.Add(-time.Duration(after) * time.Second); !onTheWall(first, zone).Equal(wall) && onTheWall(second, zone).Equal(wall) {
		return second
	}
	return first
}
