package command

import (
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Until tells how moments are written on the command line.
const Until = "a date such as 2027-01-31, a moment of RFC 3339, or a time from now such as 72h or 14d"

// Moment reads a date, a moment or a time from now.
func Moment(text string, now time.Time) (time.Time, error) {
	if at, err := time.ParseInLocation(time.DateOnly, text, time.Local); err == nil { //nolint:gosmopolitan // a person's date
		return at, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	if d, err := ParseDuration(text); err == nil {
		return now.Add(d), nil
	}
	return time.Time{}, kernel.Errorf(kernel.Invalid, "%q is no date", text).WithFix("write it as 2027-01-31, 2027-01-31T12:00:00Z, 72h or 14d")
}
