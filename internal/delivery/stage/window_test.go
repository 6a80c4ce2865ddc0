package stage_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	allow  = stage.WindowAllow
	deny   = stage.WindowDeny
	berlin = "Europe/Berlin"
	newYrk = "America/New_York"
)

func TestOpening(t *testing.T) {
	t.Parallel()
	office := stage.Window{Name: "office", Kind: allow, RRule: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9", Timezone: berlin, Duration: 8 * time.Hour}
	night := stage.Window{Name: "night", Kind: allow, RRule: "FREQ=DAILY;BYHOUR=22", Timezone: berlin, Duration: 8 * time.Hour}
	freeze := stage.Window{Name: "freeze", Kind: deny, RRule: "DTSTART=20261220T000000;FREQ=YEARLY;COUNT=1", Timezone: berlin, Duration: 14 * 24 * time.Hour}
	weekend := stage.Window{Name: "weekend", Kind: deny, RRule: "FREQ=WEEKLY;BYDAY=SA", Timezone: berlin, Duration: 48 * time.Hour}
	always := stage.Window{Name: "always", Kind: deny, RRule: "FREQ=DAILY", Duration: 24 * time.Hour}
	over := stage.Window{Name: "over", Kind: allow, RRule: "FREQ=DAILY;UNTIL=20260101", Duration: time.Hour}
	second := stage.Window{Name: "every other week", Kind: allow, RRule: "DTSTART=20260105T100000;FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", Timezone: berlin, Duration: time.Hour}
	patchday := stage.Window{Name: "patch day", Kind: deny, RRule: "FREQ=MONTHLY;BYDAY=2TU;BYHOUR=18", Timezone: newYrk, Duration: 6 * time.Hour}
	for name, c := range map[string]struct {
		windows []stage.Window
		at      string
		open    bool
		window  string
		next    string
	}{
		"no window is always":                    {nil, "2026-11-26T12:00:00Z", true, "", ""},
		"inside of an allow":                     {[]stage.Window{office}, "2026-11-26T12:00:00Z", true, "office", "2026-11-26T16:00:00Z"},
		"its first moment is inside":             {[]stage.Window{office}, "2026-11-26T08:00:00Z", true, "office", "2026-11-26T16:00:00Z"},
		"its last moment is outside":             {[]stage.Window{office}, "2026-11-26T16:00:00Z", false, "", "2026-11-27T08:00:00Z"},
		"outside of an allow, over a weekend":    {[]stage.Window{office}, "2026-11-27T17:00:00Z", false, "", "2026-11-30T08:00:00Z"},
		"allows are a union":                     {[]stage.Window{office, night}, "2026-11-26T22:00:00Z", true, "night", "2026-11-27T05:00:00Z"},
		"the next of several allows":             {[]stage.Window{office, night}, "2026-11-27T17:00:00Z", false, "", "2026-11-27T21:00:00Z"},
		"a deny alone leaves the rest open":      {[]stage.Window{weekend}, "2026-11-26T12:00:00Z", true, "", "2026-11-27T23:00:00Z"},
		"a deny wins over an allow":              {[]stage.Window{night, weekend}, "2026-11-28T22:00:00Z", false, "weekend", "2026-11-29T23:00:00Z"},
		"it opens after the deny and in a allow": {[]stage.Window{office, freeze}, "2026-12-22T12:00:00Z", false, "freeze", "2027-01-04T08:00:00Z"},
		"denied for ever":                        {[]stage.Window{office, always}, "2026-11-26T12:00:00Z", false, "always", ""},
		"an allow that is over":                  {[]stage.Window{over}, "2026-11-26T12:00:00Z", false, "", ""},
		"an allow until a day means all of it":   {[]stage.Window{over}, "2026-01-01T00:30:00Z", true, "over", "2026-01-01T01:00:00Z"},
		"in its week":                            {[]stage.Window{second}, "2026-11-23T09:30:00Z", true, "every other week", "2026-11-23T10:00:00Z"},
		"not in the other week":                  {[]stage.Window{second}, "2026-11-30T09:30:00Z", false, "", "2026-12-07T09:00:00Z"},
		"the second Tuesday of a month":          {[]stage.Window{patchday}, "2026-11-26T12:00:00Z", true, "", "2026-12-08T23:00:00Z"},
		"before the clock goes forward":          {[]stage.Window{office}, "2026-03-27T17:00:00Z", false, "", "2026-03-30T07:00:00Z"},
		"a night that is an hour short":          {[]stage.Window{night}, "2026-03-28T21:30:00Z", true, "night", "2026-03-29T05:00:00Z"},
		"whole days are as long as they are":     {[]stage.Window{weekend}, "2026-10-25T12:00:00Z", false, "weekend", "2026-10-25T23:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, err := time.Parse(time.RFC3339, c.at)
			if err != nil {
				t.Fatal(err)
			}
			o, err := stage.Stage{Windows: c.windows}.OpeningAt(at)
			window, next := "", ""
			if o.Window != nil {
				window = o.Window.Name
			}
			if o.Next != nil {
				next = o.Next.UTC().Format(time.RFC3339)
			}
			if err != nil || o.Open != c.open || window != c.window || next != c.next {
				t.Errorf("open %v by %q until %s (%v), want %v by %q until %s", o.Open, window, next, err, c.open, c.window, c.next)
			}
		})
	}
}

// TestTheClockIsSet: what a clock leaves out begins as if it had not been set
// yet, and what it shows twice begins the first time.
func TestTheClockIsSet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, rule, after, want string }{
		{berlin, "DTSTART=20260329T023000;FREQ=DAILY;COUNT=1", "2026-03-01T00:00:00Z", "2026-03-29T01:30:00Z"},
		{berlin, "DTSTART=20261025T023000;FREQ=DAILY;COUNT=1", "2026-03-01T00:00:00Z", "2026-10-25T00:30:00Z"},
		{berlin, "DTSTART=20261101T013000;FREQ=DAILY;COUNT=1", "2026-03-01T00:00:00Z", "2026-11-01T00:30:00Z"},
		{berlin, "DTSTART=20260329T023000;FREQ=DAILY;BYHOUR=2;BYMINUTE=30", "2026-03-01T00:00:00Z", "2026-03-29T01:30:00Z"},
		{berlin, "DTSTART=20260329T023000;FREQ=DAILY", "2026-03-30T00:00:00Z", "2026-03-30T00:30:00Z"},
		{newYrk, "DTSTART=20260308T023000;FREQ=DAILY", "2026-03-01T00:00:00Z", "2026-03-08T07:30:00Z"},
		{newYrk, "DTSTART=20260308T023000;FREQ=DAILY", "2026-03-09T00:00:00Z", "2026-03-09T06:30:00Z"},
		{newYrk, "FREQ=DAILY;BYHOUR=1;BYMINUTE=30", "2026-11-01T00:00:00Z", "2026-11-01T05:30:00Z"},
		{newYrk, "FREQ=DAILY;BYHOUR=1;BYMINUTE=30", "2026-11-01T06:29:59Z", "2026-11-02T06:30:00Z"},
		{newYrk, "DTSTART=20260308T073000Z;FREQ=DAILY", "2026-03-01T00:00:00Z", "2026-03-08T07:30:00Z"},
	} {
		s := stage.Stage{Windows: []stage.Window{{Name: "x", Kind: allow, RRule: c.rule, Timezone: c.zone, Duration: 30 * time.Minute}}}
		after, err := time.Parse(time.RFC3339, c.after)
		if err != nil {
			t.Fatal(err)
		}
		o, err := s.OpeningAt(after)
		if err != nil || o.Next == nil || o.Next.UTC().Format(time.RFC3339) != c.want || o.Then == nil || o.Then.Name != "x" {
			t.Errorf("%s in %s after %s begins at %v by %v (%v), want %s", c.rule, c.zone, c.after, o.Next, o.Then, err, c.want)
		}
	}
}

func TestWindowsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		window stage.Window
		path   string
	}{
		"every second":              {rule("FREQ=SECONDLY"), "rrule"},
		"every minute of no hour":   {rule("FREQ=MINUTELY;INTERVAL=60;BYMINUTE=61"), "rrule"},
		"every hour":                {rule("FREQ=HOURLY;INTERVAL=2;BYHOUR=1"), "rrule"},
		"each second by lists":      {rule("FREQ=DAILY;BYHOUR=0,1,2,3,4,5;BYMINUTE=0,1,2,3,4,5"), "rrule"},
		"a day that never is":       {rule("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), "rrule"},
		"a week that no month has":  {rule("FREQ=MONTHLY;BYDAY=53MO"), "rrule"},
		"such a week of a month":    {rule("FREQ=YEARLY;BYMONTH=12;BYDAY=53MO"), "rrule"},
		"days around Easter":        {rule("FREQ=YEARLY;BYEASTER=100000"), "rrule"},
		"an interval without start": {rule("FREQ=WEEKLY;INTERVAL=2"), "rrule"},
		"a count without start":     {rule("FREQ=DAILY;COUNT=3"), "rrule"},
		"a count without bound":     {rule("DTSTART=20200101;FREQ=DAILY;COUNT=1000000"), "rrule"},
		"a long rule":               {rule("FREQ=DAILY;BYMONTH=" + strings.Repeat("1,", 2000) + "1"), "rrule"},
		"an old start":              {rule("DTSTART=19690101T000000;FREQ=DAILY"), "rrule"},
		"no rule":                   {rule(""), "rrule"},
		"a cron line":               {rule("0 9 * * 1-5"), "rrule"},
		"an hour that is none":      {rule("FREQ=DAILY;BYHOUR=24"), "rrule"},
		"no zone":                   {stage.Window{Name: "x", Kind: deny, RRule: "FREQ=DAILY", Timezone: "Berlin", Duration: time.Hour}, "timezone"},
		"the machine's zone":        {stage.Window{Name: "x", Kind: deny, RRule: "FREQ=DAILY", Timezone: "Local", Duration: time.Hour}, "timezone"},
		"a kind":                    {stage.Window{Name: "x", Kind: "maybe", RRule: "FREQ=DAILY", Duration: time.Hour}, "kind"},
		"no length":                 {stage.Window{Name: "x", Kind: deny, RRule: "FREQ=DAILY"}, "duration"},
		"no name":                   {stage.Window{Kind: deny, RRule: "FREQ=DAILY", Duration: time.Hour}, "name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stages := stage.Default()
			stages[1].Windows = []stage.Window{c.window}
			_, err := stage.NewSet(stages)
			e, ok := errors.AsType[*kernel.Error](err)
			if !ok || len(e.Problems) != 1 || e.Problems[0].Path != "stages.test.windows[0]."+c.path || e.Problems[0].Fix == "" {
				t.Errorf("%v, want one problem at %s", err, c.path)
			}
		})
	}
}

func rule(text string) stage.Window {
	return stage.Window{Name: "x", Kind: deny, RRule: text, Duration: time.Hour}
}

func TestPromotionSettingsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	for path, change := range map[string]func(*stage.Stage){
		"stages.dev.soak":                  func(s *stage.Stage) { s.Soak = -time.Second },
		"stages.dev.autoPromote":           func(s *stage.Stage) { s.AutoPromote = true },
		"stages.dev.approvals.expireAfter": func(s *stage.Stage) { s.Approvals = stage.Approvals{ExpireAfter: stage.Duration(time.Hour)} },
		"stages.dev.windows":               func(s *stage.Stage) { s.Windows = make([]stage.Window, 21) },
	} {
		stages := stage.Default()
		change(&stages[0])
		_, err := stage.NewSet(stages)
		e, ok := errors.AsType[*kernel.Error](err)
		if !ok || len(e.Problems) != 1 || e.Problems[0].Path != path {
			t.Errorf("%v, want one problem at %s", err, path)
		}
	}
}

// TestAnOpeningIsTrueUntilItsNext: for rules of all kinds what is said of a
// moment holds up to the change that is named, and no longer.
func TestAnOpeningIsTrueUntilItsNext(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s stage.Stage
		for i := range rapid.IntRange(1, 2).Draw(t, "windows") {
			s.Windows = append(s.Windows, stage.Window{
				Name: fmt.Sprint(i), Kind: rapid.SampledFrom([]string{allow, deny}).Draw(t, "kind"), RRule: anyRule(t),
				Timezone: rapid.SampledFrom([]string{"", berlin, newYrk, "Australia/Lord_Howe", "Asia/Kathmandu"}).Draw(t, "zone"),
				Duration: time.Duration(rapid.IntRange(1, 80*60).Draw(t, "minutes")) * time.Minute,
			})
		}
		st := stage.Default()[1]
		st.Windows = s.Windows
		if _, err := stage.NewSet(append([]stage.Stage{stage.Default()[0]}, st)); err != nil {
			t.Skip("refused")
		}
		at := time.Unix(rapid.Int64Range(1_750_000_000, 1_830_000_000).Draw(t, "at"), 0)
		o, err := s.OpeningAt(at)
		if err != nil {
			t.Fatal(err)
		}
		if o.Next == nil {
			return
		}
		between := at.Add(time.Duration(rapid.Int64Range(0, int64(o.Next.Sub(at))-1).Draw(t, "between")))
		for _, c := range []struct {
			at   time.Time
			open bool
		}{{between, o.Open}, {*o.Next, !o.Open}} {
			if then, err := s.OpeningAt(c.at); err != nil || then.Open != c.open {
				t.Fatalf("at %s open is %v; at %s it is %v (%v), and the change was told for %s", at, o.Open, c.at, then.Open, err, o.Next)
			}
		}
	})
}

func anyRule(t *rapid.T) string {
	text := "FREQ=" + rapid.SampledFrom([]string{"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}).Draw(t, "freq")
	for part, values := range map[string][]string{
		"BYDAY": {"MO", "SA,SU", "1MO", "-1FR,2TU", "53MO", "-53SU"}, "BYHOUR": {"0", "9,17", "22"}, "BYMINUTE": {"30", "0,15"}, "BYMONTH": {"3", "10,11", "12"},
		"BYMONTHDAY": {"1", "-1", "29"}, "BYYEARDAY": {"1", "-1"}, "BYWEEKNO": {"1", "53", "-1"}, "BYSETPOS": {"1", "-1"}, "WKST": {"SU", "TH"},
		"UNTIL": {"20260801", "20261231T120000Z"},
	} {
		if rapid.IntRange(0, 3).Draw(t, part) == 0 {
			text += ";" + part + "=" + rapid.SampledFrom(values).Draw(t, part+" value")
		}
	}
	if rapid.Bool().Draw(t, "starts") {
		text = rapid.SampledFrom([]string{"DTSTART=20260131T101500;", "DTSTART=20240229T000000;INTERVAL=2;", "DTSTART=20250101T233000;INTERVAL=13;", "DTSTART=20251230T000000;COUNT=40;"}).Draw(t, "start") + text
	}
	return text
}
