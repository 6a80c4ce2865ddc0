package output_test

import (
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/cli/output"
)

func TestMomentsAreOnTheClockOfWhoReadsAndTellHowFarTheyAre(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 29, 0, 59, 0, 0, time.UTC)
	for name, c := range map[string]struct{ got, want string }{
		"to come": {output.Moment(now, now.Add(3*time.Hour)), output.Stamp(now.Add(3*time.Hour)) + " (in 3h)"},
		"past":    {output.Moment(now, now.Add(-90*time.Second)), output.Stamp(now.Add(-90*time.Second)) + " (1m ago)"},
		"none":    {output.Moment(now, time.Time{}), ""},
		"in a sentence": {
			output.Told(now, "prod opens at 2026-03-29T03:00:00+02:00, run_1 was at 2026-03-28T23:59:00.5Z"),
			"prod opens at " + output.Stamp(now.Add(time.Minute)) + " (in 1m), run_1 was at " + output.Stamp(now.Add(-time.Hour)) + " (59m ago)",
		},
		"no moment": {output.Told(now, "at 2026-13-29T03:00:00Z"), "at 2026-13-29T03:00:00Z"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", name, c.got, c.want)
		}
	}
}

func TestLengthsOfTimeAreAsPeopleReadThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"336h0m0s": "14 days", "24h0m0s": "1 day", "36h1m5s": "1 day 12 hours 1 minute 5 seconds", "1h0m0s": "1 hour", "15m0s": "15 minutes", "45s": "45 seconds",
		"250ms": "250ms", "0s": "0s", "": "", "soon": "soon", "-1h0m0s": "-1h0m0s",
	} {
		if got := output.Span(text); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	now := time.Date(2026, 3, 29, 0, 59, 0, 0, time.UTC)
	if got := output.Told(now, "2000h0m0s is more than 720h0m0s, and 1m30s less; x720h0m0s, 9s and v1m2s3 stay"); got != "83 days 8 hours is more than 30 days, and 1 minute 30 seconds less; x720h0m0s, 9s and v1m2s3 stay" {
		t.Error(got)
	}
}
