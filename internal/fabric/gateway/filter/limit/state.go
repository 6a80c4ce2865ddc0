package limit

import (
	"context"
	"math/bits"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	shards = 64
	// maxKeys is how many keys of one policy are counted at once in each shard;
	// the one that was used longest ago makes room.
	maxKeys = 1024
)

// id is a key, hashed with seeds of the process that nobody else knows.
type id [2]uint64

// ask is what one limit is asked for.
type ask struct {
	id    id
	limit *limit
	// cost is how many units are wanted; they are only counted where counts.
	cost   int64
	counts bool
	// key names the key to other replicas; it is made where it is needed.
	key string
}

// verdict is the answer to asks.
type verdict struct {
	// refused is the limit that is reached, nil for none; wait is how long, in
	// nanoseconds, until it would not be.
	refused *limit
	wait    int64
	// tight is the window with the smallest share left, and what is left of it.
	tight  *window
	ahead  int64
	within float64
}

// see notes how far ahead a window is.
func (v *verdict) see(w *window, ahead int64) {
	if share := float64(max(0, ahead)) / float64(w.tolerance); v.tight == nil || share > v.within {
		v.tight, v.ahead, v.within = w, ahead, share
	}
}

// Shared counts together with other replicas. It never waits long: where it
// cannot answer at once, ok is false and each counts for itself.
type Shared interface {
	// Ready tells that it could answer just now.
	Ready() bool
	// Take counts all claims or, where one would be beyond its bounds, none.
	// Reply has how far ahead of its time each window is, in nanoseconds.
	Take(ctx context.Context, claims []Claim) (reply Reply, ok bool)
	// Add counts claims, also beyond their bounds, without waiting.
	Add(claims []Claim)
}

// Claim is what is wanted of one key.
type Claim struct {
	Key     string
	Counts  bool
	Windows []Span
}

// Span is a claim on one window: Name tells it from the others of its key, Step
// is what it wants, Tolerance what it may be ahead, both in nanoseconds.
type Span struct {
	Name            string
	Step, Tolerance int64
}

// Reply is what became of claims.
type Reply struct {
	// Refused is the place of the claim that was beyond its bounds, -1 for none.
	Refused int
	// Ahead has one value for each window of each claim.
	Ahead []int64
}

// shard is a part of a policy's keys.
type shard struct {
	mu    sync.Mutex
	cells *simplelru.LRU[id, *cell]
}

// state is what has been counted of one policy.
type state struct{ shards [shards]shard }

// cell returns the cell of a key, with the windows of its limit. Its shard is locked.
func (s *state) cell(a *ask) *cell {
	of := s.of(a)
	if of.cells == nil {
		of.cells, _ = simplelru.NewLRU[id, *cell](maxKeys, nil) // an error is of a size below 1
	}
	c, ok := of.cells.Get(a.id)
	if !ok {
		c = &cell{}
		of.cells.Add(a.id, c)
	}
	c.fit(a.limit.windows)
	return c
}

func (s *state) of(a *ask) *shard { return &s.shards[a.id[0]%shards] }

// lock locks the shards of the asks, in one order for everybody, and returns
// which they are.
func (s *state) lock(asks []ask, set *uint64) {
	*set = 0
	for i := range asks {
		*set |= 1 << (asks[i].id[0] % shards)
	}
	for left := *set; left != 0; left &= left - 1 {
		s.shards[bits.TrailingZeros64(left)].mu.Lock()
	}
}

func (s *state) unlock(set uint64) {
	for ; set != 0; set &= set - 1 {
		s.shards[bits.TrailingZeros64(set)].mu.Unlock()
	}
}

// take counts all asks, or none where one is beyond its limit; without commit
// it only looks.
func (s *state) take(asks []ask, now int64, commit bool) (v verdict) {
	var set uint64
	s.lock(asks, &set)
	defer s.unlock(set)
	var cells [maxLimits]*cell
	for i := range asks {
		a := &asks[i]
		cells[i] = s.cell(a)
		if wait := cells[i].wait(a.limit.windows, now, a.cost); wait > v.wait {
			v.refused, v.wait = a.limit, wait
		}
	}
	for i := range asks {
		a := &asks[i]
		if v.refused == nil && commit && a.counts {
			cells[i].add(a.limit.windows, now, a.cost)
		}
		for w := range a.limit.windows {
			v.see(&a.limit.windows[w], cells[i].tats[w]-now)
		}
	}
	return v
}

// add counts an ask, also beyond its limit.
func (s *state) add(a *ask, now int64) {
	of := s.of(a)
	of.mu.Lock()
	defer of.mu.Unlock()
	s.cell(a).add(a.limit.windows, now, a.cost)
}

// learn notes what others have counted.
func (s *state) learn(asks []ask, now int64, r Reply) (v verdict) {
	var set uint64
	s.lock(asks, &set)
	defer s.unlock(set)
	at := 0
	for i := range asks {
		a := &asks[i]
		c := s.cell(a)
		for w := range a.limit.windows {
			c.tats[w] = max(c.tats[w], now+r.Ahead[at])
			v.see(&a.limit.windows[w], c.tats[w]-now)
			at++
		}
		if r.Refused == i {
			v.refused, v.wait = a.limit, max(1, c.wait(a.limit.windows, now, a.cost))
		}
	}
	return v
}
