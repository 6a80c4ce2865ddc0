package provider

import (
	"net/netip"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/ratelimit"
)

// maxDevices is how many devices a process lets begin within DeviceLife, and maxThere how
// many of them from one network: anybody can, and each is kept.
const (
	maxDevices = 1000
	maxThere   = 100
)

// begun counts the devices that have begun since a time, and from where.
type begun struct {
	mu    sync.Mutex
	since time.Time
	count int
	there map[netip.Prefix]int
}

// another counts one more. The error is Locked for one too many.
func (b *begun) another(address string, now time.Time) error {
	from, _ := netip.ParseAddr(address)
	network := ratelimit.NetworkOf(from)
	b.mu.Lock()
	defer b.mu.Unlock()
	if age := now.Sub(b.since); age < 0 || age >= DeviceLife {
		b.since, b.count, b.there = now, 0, map[netip.Prefix]int{}
	}
	if b.count >= maxDevices || network.IsValid() && b.there[network] >= maxThere {
		return kernel.Errorf(kernel.Locked, "too many devices are being signed in").WithFix("try again in %s", (DeviceLife - now.Sub(b.since)).Round(time.Second))
	}
	b.count++
	b.there[network]++
	return nil
}

// tries count the codes that somebody typed.
type tries struct {
	mu  sync.Mutex
	all map[string]tried
}

type tried struct {
	count int
	last  time.Time
}

// How many codes are free, how long the first pause is, which doubles, and how many
// people are watched.
const (
	freeTries  = 10
	longestTry = 10 * time.Minute
	maxTries   = 10_000
)

func newTries() *tries { return &tries{all: map[string]tried{}} }

// begin counts a try. The error is Locked while somebody has to wait.
func (t *tries) begin(who string, now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	one := t.all[who]
	if now.Sub(one.last) >= 2*longestTry {
		one = tried{}
	}
	if over := one.count - freeTries; over >= 0 {
		pause := min(time.Second<<min(over, 20), longestTry)
		if left := one.last.Add(pause).Sub(now); left > 0 {
			return kernel.Errorf(kernel.Locked, "too many codes were tried").WithFix("try again in %s", max(left.Round(time.Second), time.Second))
		}
	}
	if len(t.all) >= maxTries {
		clear(t.all)
	}
	t.all[who] = tried{one.count + 1, now}
	return nil
}
