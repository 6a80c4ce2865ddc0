// Package bound names what a quota bounds, and reads limits as people write them.
//
// It owns words. It bounds nothing: access/quota does. The client links it.
package bound

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Name is what a quota bounds.
type Name string

// What can be bounded. Those that end in per-minute are rates, which each replica holds by
// itself; ConcurrentRuns lets runs wait, and the others refuse what would be too much.
const (
	Projects  Name = "projects"
	Workloads Name = "workloads"
	// Stacks are workloads on stages that are deployed, or about to be.
	Stacks         Name = "stacks"
	ConcurrentRuns Name = "concurrent-runs"
	QueuedRuns     Name = "queued-runs"
	// Storage is in bytes: versions of states, artifacts and modules.
	Storage         Name = "storage"
	Secrets         Name = "secrets"
	ServiceAccounts Name = "service-accounts"
	Tokens          Name = "tokens"
	// Requests is of the tenant, CallerRequests of each who calls, and Burst how many come
	// at once before the rate of the tenant holds.
	Requests       Name = "requests-per-minute"
	CallerRequests Name = "caller-requests-per-minute"
	Burst          Name = "request-burst"
	Webhooks       Name = "webhooks-per-minute"
	// Streams are answers that go on, such as logs that are followed, at the same time.
	Streams Name = "streams"
)

// Names returns everything that can be bounded.
func Names() []Name {
	return []Name{
		Projects, Workloads, Stacks, ConcurrentRuns, QueuedRuns, Storage, Secrets, ServiceAccounts, Tokens,
		Requests, CallerRequests, Burst, Webhooks, Streams,
	}
}

// Unlimited is the limit of what has none.
const Unlimited int64 = -1

// Limits are limits by what they bound; what is missing is inherited.
type Limits map[Name]int64

// Most is the greatest limit that can be set: what JSON's readers read whole.
const Most = 1 << 53

// Parse reads limits that are written as NAME=LIMIT. Of sizes, the limit may have a unit
// of bytes, such as 50GiB or 500MB; unlimited is none.
func Parse(texts []string) (Limits, error) {
	limits := Limits{}
	for _, text := range texts {
		name, value, ok := strings.Cut(text, "=")
		if !ok || !slices.Contains(Names(), Name(name)) {
			return nil, fmt.Errorf("%q is no quota: write NAME=LIMIT, and as the name one of %s", text, Listed(Names()))
		}
		if _, twice := limits[Name(name)]; twice {
			return nil, fmt.Errorf("%s is there twice", name)
		}
		limit, err := ParseLimit(Name(name), value)
		if err != nil {
			return nil, err
		}
		limits[Name(name)] = limit
	}
	return limits, nil
}

// ParseLimit reads one limit.
func ParseLimit(name Name, text string) (int64, error) {
	if text == "unlimited" {
		return Unlimited, nil
	}
	number, unit := text, 1.0
	if name == Storage {
		digits := strings.TrimRight(text, "KMGTPiB")
		var known bool
		if unit, known = units(text[len(digits):]); !known {
			return 0, fmt.Errorf("%q is no size: write bytes, or a unit after the number, such as 50GiB", text)
		}
		number = digits
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || n < 0 || math.IsNaN(n) || n*unit > Most || n*unit != math.Trunc(n*unit) {
		return 0, fmt.Errorf("%q is no limit of %s: write a whole number, or unlimited", text, name)
	}
	return int64(n * unit), nil
}

func units(name string) (float64, bool) {
	all := map[string]float64{
		"": 1, "B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
		"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
	}
	unit, ok := all[name]
	return unit, ok
}

// Listed writes names with commas between.
func Listed(names []Name) string {
	words := make([]string, 0, len(names))
	for _, n := range names {
		words = append(words, string(n))
	}
	return strings.Join(words, ", ")
}
