package command

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const day = 24 * time.Hour

// ParseDuration reads a length of time as all flags take it: what Go reads, with weeks
// and days of 24 hours before it, such as 90m, 14d, 1w or 1d12h.
func ParseDuration(text string) (time.Duration, error) {
	rest, days := text, int64(0)
	for _, unit := range []struct {
		name string
		days int64
	}{{"w", 7}, {"d", 1}} {
		number, after, found := strings.Cut(rest, unit.name)
		if !found {
			continue
		}
		n, err := strconv.ParseInt(number, 10, 32)
		if err != nil || n < 0 {
			return 0, noDuration(text)
		}
		rest, days = after, days+n*unit.days
	}
	if rest == "" && text != "" {
		rest = "0"
	}
	below, err := time.ParseDuration(rest)
	if err != nil || days > int64(math.MaxInt64/day)-1 || days > 0 && (below < 0 || below > math.MaxInt64-time.Duration(days)*day) {
		return 0, noDuration(text)
	}
	return time.Duration(days)*day + below, nil
}

func noDuration(text string) error {
	return kernel.Errorf(kernel.Invalid, "%q is no duration", text).WithFix("write it as 90m, 48h or 14d")
}

// DurationVar adds a flag for a length of time, which is more than nothing where it is given.
func DurationVar(f *pflag.FlagSet, to *time.Duration, name string, value time.Duration, usage string) {
	*to = value
	f.Var((*duration)(to), name, usage)
}

// DurationWithin is DurationVar for a length from least to most.
func DurationWithin(f *pflag.FlagSet, to *time.Duration, name string, value, least, most time.Duration, usage string) {
	*to = value
	f.Var(&bounded{(*duration)(to), least, most}, name, usage)
}

// bounded is a pflag.Value.
type bounded struct {
	*duration

	least, most time.Duration
}

// Set implements pflag.Value.
func (b *bounded) Set(text string) error {
	parsed, err := ParseDuration(text)
	if err != nil || parsed < b.least || parsed > b.most {
		return kernel.Errorf(kernel.Invalid, "has to be a length of time from %s to %s", short(b.least), short(b.most))
	}
	*b.duration = duration(parsed)
	return nil
}

// short writes a length of whole minutes as a person does.
func short(d time.Duration) string {
	if d%time.Hour == 0 {
		return strconv.Itoa(int(d.Hours())) + "h"
	}
	return strconv.Itoa(int(d.Minutes())) + "m"
}

// Length writes d for the server, "" for none.
func Length(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// duration is a pflag.Value.
type duration time.Duration

// String implements pflag.Value: as it is given, with days, and without what is nothing.
func (d *duration) String() string {
	rest := time.Duration(*d)
	if rest == 0 {
		return ""
	}
	text := ""
	if days := rest / day; days > 0 {
		text, rest = strconv.FormatInt(int64(days), 10)+"d", rest%day
	}
	if rest != 0 {
		text += rest.String()
	}
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// Type implements pflag.Value.
func (*duration) Type() string { return "duration" }

// Set implements pflag.Value.
func (d *duration) Set(text string) error {
	parsed, err := ParseDuration(text)
	if err != nil || parsed <= 0 {
		return kernel.Errorf(kernel.Invalid, "has to be a length of time above nothing, such as 90m, 48h or 14d")
	}
	*d = duration(parsed)
	return nil
}
