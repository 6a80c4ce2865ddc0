// Package ratelimit says how often something may happen, by key, in bounded memory.
//
// It owns the arithmetic, the generic cell rate algorithm: of each key it keeps one
// moment, that until which its rate is used up; and which addresses are one caller's. It
// does not own what else keys are, and shares nothing with other processes.
package ratelimit

import (
	"hash/maphash"
	"sync"
	"time"
)

const (
	shards = 64
	// perShard bounds the keys of a shard: 64,000 in all.
	perShard = 1000
	// looked is how many keys are looked at for one to forget.
	looked = 8
)

// Rate is how often something may happen.
type Rate struct {
	every time.Duration
	burst int64
}

// PerMinute returns the rate of n a minute, of which burst may come at once.
func PerMinute(n, burst int64) Rate {
	return Rate{every: max(1, time.Minute/time.Duration(max(1, n))), burst: max(1, burst)}
}

// Verdict is the answer to one that wants to happen.
type Verdict struct {
	// OK says that it may.
	OK bool
	// Remaining is how many more may happen at once.
	Remaining int64
	// Retry is when the next may, for one that may not.
	Retry time.Duration
	// Reset is when all that may come at once may do so again.
	Reset time.Duration
}

// Limiter counts by key. It is safe for concurrent use.
type Limiter[K comparable] struct {
	seed maphash.Seed
	all  [shards]shard[K]
}

type shard[K comparable] struct {
	mu sync.Mutex
	// full is when the rate of a key is as if nothing had happened, in nanoseconds.
	full map[K]int64
	_    [40]byte // a shard has its cache line
}

// New returns a limiter.
func New[K comparable]() *Limiter[K] {
	l := &Limiter[K]{seed: maphash.MakeSeed()}
	for i := range l.all {
		l.all[i].full = map[K]int64{}
	}
	return l
}

// Take has one more happen at now, where the rate lets it.
func (l *Limiter[K]) Take(key K, r Rate, now time.Time) Verdict {
	s := &l.all[maphash.Comparable(l.seed, key)%shards]
	at := now.UnixNano()
	s.mu.Lock()
	defer s.mu.Unlock()
	used, known := s.full[key]
	used = max(used, at)
	next := used + int64(r.every)
	room := int64(r.every) * r.burst
	if next-at > room {
		return Verdict{Retry: time.Duration(next - at - room), Reset: time.Duration(used - at)}
	}
	if !known && len(s.full) >= perShard {
		s.forget(at)
	}
	s.full[key] = next
	return Verdict{OK: true, Remaining: (room - (next - at)) / int64(r.every), Reset: time.Duration(next - at)}
}

// forget removes keys that tell nothing, and of a few looked at the one that tells least.
func (s *shard[K]) forget(at int64) {
	var least K
	seen, until := 0, int64(0)
	for key, full := range s.full { // in no order
		if full <= at {
			delete(s.full, key)
		} else if until == 0 || full < until {
			least, until = key, full
		}
		if seen++; seen == looked {
			break
		}
	}
	if len(s.full) >= perShard {
		delete(s.full, least)
	}
}

// Len returns how many keys are known.
func (l *Limiter[K]) Len() int {
	n := 0
	for i := range l.all {
		s := &l.all[i]
		s.mu.Lock()
		n += len(s.full)
		s.mu.Unlock()
	}
	return n
}
