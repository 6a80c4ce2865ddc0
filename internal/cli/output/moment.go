package output

import (
	"regexp"
	"time"
)

// stamp is how people read a moment: on their own clock, which it names.
const stamp = "2006-01-02 15:04:05 MST"

// Stamp writes when t is, on the clock of this machine.
func Stamp(t time.Time) string { return t.Local().Format(stamp) }

// Moment writes when t is, and how far from now; nothing for no time.
func Moment(now, t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case t.After(now):
		return Stamp(t) + " (in " + Age(t, now) + ")"
	default:
		return Stamp(t) + " (" + Age(now, t) + " ago)"
	}
}

var rfc3339 = regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`)

// Told writes the moments in a sentence of the server, which has them in RFC 3339,
// and its lengths of time, which it has as Go writes them, as people read them. It is not for
// values that somebody else wrote.
func Told(now time.Time, sentence string) string {
	sentence = length.ReplaceAllStringFunc(sentence, Span)
	return rfc3339.ReplaceAllStringFunc(sentence, func(text string) string {
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return text
		}
		return Moment(now, t)
	})
}
