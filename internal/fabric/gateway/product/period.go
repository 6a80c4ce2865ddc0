package product

import "time"

// Period is a part of the calendar, in UTC; weeks begin on Monday (ISO 8601).
type Period string

// The periods.
const (
	Hour  Period = "hour"
	Day   Period = "day"
	Week  Period = "week"
	Month Period = "month"
)

// Periods returns all of them, the shortest first.
func Periods() []Period { return []Period{Hour, Day, Week, Month} }

// Bounds returns when the period that a time is in begins and ends.
func (p Period) Bounds(at time.Time) (from, until time.Time) {
	at = at.UTC()
	y, m, d := at.Date()
	switch p {
	case Hour:
		from = at.Truncate(time.Hour)
		return from, from.Add(time.Hour)
	case Week:
		from = time.Date(y, m, d-(int(at.Weekday())+6)%7, 0, 0, 0, 0, time.UTC)
		return from, from.AddDate(0, 0, 7)
	case Month:
		from = time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
		return from, from.AddDate(0, 1, 0)
	case Day:
	}
	from = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	return from, from.AddDate(0, 0, 1)
}
