// Package bound names what a quota bounds, and reads limits as people write them.
//
// It owns words. It bounds nothing: access/quota does. The client links it.
package bound

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
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
// of bytes, such as 50GiB or 500MB; unlimited is none. Its errors say what to write.
func Parse(texts []string) (Limits, error) {
	limits := Limits{}
	for _, text := range texts {
		name, value, ok := strings.Cut(text, "=")
		if !slices.Contains(Names(), Name(name)) {
			return nil, Unknown(name)
		}
		if !ok {
			return nil, kernel.Errorf(kernel.Invalid, "%s has no limit", name).WithFix("write it as %s", example(Name(name)))
		}
		if _, twice := limits[Name(name)]; twice {
			return nil, kernel.Errorf(kernel.Invalid, "%s is there twice", name).WithFix("give one limit for it")
		}
		limit, err := ParseLimit(Name(name), value)
		if err != nil {
			return nil, err
		}
		limits[Name(name)] = limit
	}
	return limits, nil
}

// Unknown is the error for a name that bounds nothing.
func Unknown(name string) error {
	return kernel.Errorf(kernel.Invalid, "there is no quota %q", name).WithFix("use one of %s", Listed(Names()))
}

// sizes is how a limit of bytes is written; a unit of 1 KiB is 1024 bytes, one of 1 KB 1000.
var sizes = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)(|B|[KMGT]i?B)$`)

// ParseLimit reads one limit.
func ParseLimit(name Name, text string) (int64, error) {
	if text == "unlimited" {
		return Unlimited, nil
	}
	if name != Storage {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil || n > Most {
			return 0, unreadable(name, text)
		}
		return int64(n), nil
	}
	parts := sizes.FindStringSubmatch(text)
	if parts == nil {
		return 0, unreadable(name, text)
	}
	n, err := strconv.ParseFloat(parts[1], 64)
	if n *= unit(parts[2]); err != nil || n > Most {
		return 0, unreadable(name, text)
	}
	return int64(n), nil
}

func unreadable(name Name, text string) error {
	e := kernel.Errorf(kernel.Invalid, "%.60q is no limit of %s", text, name)
	if name == Storage {
		return e.WithFix("write bytes, or a number with a unit (KiB, MiB, GiB, TiB; KB, MB, GB, TB), up to 8192TiB, as in %s, or unlimited", example(name))
	}
	return e.WithFix("write a whole number up to %d, as in %s, or unlimited", int64(Most), example(name))
}

func example(name Name) string {
	if name == Storage {
		return "storage=50GiB"
	}
	return string(name) + "=50"
}

func unit(name string) float64 {
	power := strings.IndexByte("BKMGT", append([]byte(name), 'B')[0])
	base := 1000.0
	if strings.Contains(name, "i") {
		base = 1024
	}
	return math.Pow(base, float64(power))
}

// Listed writes names with commas between.
func Listed(names []Name) string {
	words := make([]string, 0, len(names))
	for _, n := range names {
		words = append(words, string(n))
	}
	return strings.Join(words, ", ")
}
