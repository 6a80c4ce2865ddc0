package command_test

import (
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestDurationsAreReadWithDaysAndWeeks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"90m": 90 * time.Minute, "48h": 48 * time.Hour, "14d": 14 * 24 * time.Hour, "1w": 7 * 24 * time.Hour, "1d12h": 36 * time.Hour,
		"2w1d": 15 * 24 * time.Hour, "0": 0, "0d": 0, "-1h": -time.Hour, "100000d": 100000 * 24 * time.Hour,
	} {
		if got, err := command.ParseDuration(text); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "d", "1", "-1d", "1.5d", "1d-1h", "d1", "1h1d", "200000d", "99999999999999d", "106751d24h", "day", "1 d"} {
		if got, err := command.ParseDuration(text); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
}

func TestAMomentIsADateOrATimeFromNow(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"36h": now.Add(36 * time.Hour), "14d": now.Add(14 * 24 * time.Hour), "2026-12-01T00:00:00Z": time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
		"2026-12-01": time.Date(2026, 12, 1, 0, 0, 0, 0, time.Local), //nolint:gosmopolitan // a person's date
	} {
		if got, err := command.ParseMoment(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%s: %s, %v, want %s", text, got, err, want)
		}
	}
	if _, err := command.ParseMoment("soon", now); !kernel.Is(err, kernel.Invalid) {
		t.Errorf("%v", err)
	}
}

func TestAFlagTakesNoDurationOfNothing(t *testing.T) {
	t.Parallel()
	for text, taken := range map[string]bool{"1ns": true, "2d": true, "0s": false, "0": false, "-5h": false} {
		var d time.Duration
		flags := pflag.NewFlagSet("deploy", pflag.ContinueOnError)
		command.DurationVar(flags, &d, "lifetime", 0, "how long")
		if err := flags.Parse([]string{"--lifetime", text}); (err == nil) != taken {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestADefaultIsWrittenAsItIsGiven(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		336 * time.Hour: "14d", 36 * time.Hour: "1d12h", 3 * time.Minute: "3m", 90 * time.Minute: "1h30m", 20 * time.Hour: "20h", 45 * time.Second: "45s", 90 * time.Second: "1m30s",
	} {
		var to time.Duration
		flags := pflag.NewFlagSet("now", pflag.ContinueOnError)
		command.DurationVar(flags, &to, "timeout", d, "how long")
		got := flags.Lookup("timeout").DefValue
		if back, err := command.ParseDuration(got); got != want || err != nil || back != d {
			t.Errorf("%s is written %s, want %s; it is read as %s, %v", d, got, want, back, err)
		}
	}
}
