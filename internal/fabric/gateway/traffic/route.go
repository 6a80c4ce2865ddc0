package traffic

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// Others are the consumers that are not counted apart.
const Others = "(others)"

// gone is after how many comparisons without a request a consumer is dropped.
const gone = 60

// Key names a route.
type Key struct{ Tenant, Project, Stage, Route string }

// Route counts the requests of one route. It is held by whoever serves the route, so
// that a request looks nothing up but who calls.
type Route struct {
	key    Key
	most   int
	all    series
	others series
	// kept are the consumers that are counted apart. It is copied where one is added
	// or dropped, so that it is read without a lock.
	kept atomic.Pointer[map[string]*series]

	mu sync.Mutex
	// rest are consumers that are not counted apart, as many as may be more than the
	// others (Misra and Gries): nobody is left out that makes a large share.
	rest map[string]int64
	// leaving are dropped, and not written yet.
	leaving []left
}

type left struct {
	consumer string
	series   *series
}

func newRoute(k Key, most int) *Route {
	r := &Route{key: k, most: most, rest: map[string]int64{}}
	r.kept.Store(&map[string]*series{})
	return r
}

// Count counts a request that was answered; consumer is who called, empty for nobody
// known. A nil Route counts nothing.
func (r *Route) Count(consumer string, status int, took time.Duration, sent int64) {
	if r == nil {
		return
	}
	r.all.count(status, took, sent)
	if consumer == "" {
		return
	}
	s := (*r.kept.Load())[consumer]
	if s == nil {
		s = r.place(consumer)
	}
	s.count(status, took, sent)
}

// place finds where a consumer is counted that is not counted apart yet.
func (r *Route) place(consumer string) *series {
	if !storable(consumer) {
		return &r.others
	}
	if len(*r.kept.Load()) >= r.most {
		if r.mu.TryLock() { // a sample does where many wait
			r.note(consumer)
			r.mu.Unlock()
		}
		return &r.others
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := *r.kept.Load()
	if s := kept[consumer]; s != nil {
		return s
	}
	if len(kept) >= r.most {
		return &r.others
	}
	return r.keep(consumer)
}

// maxConsumer is how long the name of a consumer may be that is counted apart, in bytes.
const maxConsumer = 1024

// storable tells whether a database takes a name: claims of tokens may be anything, and
// one that cannot be written must not keep the others from being.
func storable(consumer string) bool {
	return len(consumer) <= maxConsumer && utf8.ValidString(consumer) && strings.IndexByte(consumer, 0) < 0
}

// keep has a consumer be counted apart.
func (r *Route) keep(consumer string) *series {
	kept := maps.Clone(*r.kept.Load())
	s := &series{}
	kept[consumer] = s
	r.kept.Store(&kept)
	return s
}

// drop has a consumer be counted apart no more.
func (r *Route) drop(consumer string) {
	kept := maps.Clone(*r.kept.Load())
	r.leaving = append(r.leaving, left{consumer, kept[consumer]})
	delete(kept, consumer)
	r.kept.Store(&kept)
}

// note remembers that a consumer called which is not counted apart.
func (r *Route) note(consumer string) {
	if _, known := r.rest[consumer]; known || len(r.rest) < 4*r.most {
		r.rest[consumer]++
		return
	}
	for name := range r.rest {
		if r.rest[name]--; r.rest[name] <= 0 {
			delete(r.rest, name)
		}
	}
}

// rank drops consumers that are gone, and has those counted apart that called most
// since the last time. Who comes must have called twice as often as who goes, so that
// two alike do not change places each time.
func (r *Route) rank() {
	r.mu.Lock()
	defer r.mu.Unlock()
	type calling struct {
		consumer string
		n        int64
	}
	var have, want []calling
	for consumer, s := range *r.kept.Load() {
		total := s.requests()
		n := total - s.ranked
		if s.ranked = total; n > 0 {
			s.idle = 0
		} else if s.idle++; s.idle >= gone {
			r.drop(consumer)
			continue
		}
		have = append(have, calling{consumer, n})
	}
	for consumer, n := range r.rest {
		want = append(want, calling{consumer, n})
	}
	r.rest = map[string]int64{}
	slices.SortFunc(have, func(a, b calling) int { return cmp.Compare(a.n, b.n) })
	slices.SortFunc(want, func(a, b calling) int { return cmp.Compare(b.n, a.n) })
	for i, w := range want {
		switch {
		case len(*r.kept.Load()) < r.most:
			r.keep(w.consumer)
		case i < len(have) && w.n > 2*have[i].n:
			r.drop(have[i].consumer)
			r.keep(w.consumer)
		default:
			return
		}
	}
}

func (s *series) requests() int64 {
	var n int64
	for i := range s.places {
		n += s.places[i].Load()
	}
	return n
}

// each calls fn with all that is counted, those that leave too; the consumer is empty
// for the route itself.
func (r *Route) each(fn func(consumer string, s *series)) {
	fn("", &r.all)
	r.consumers(fn)
	r.mu.Lock()
	leaving := slices.Clone(r.leaving)
	r.mu.Unlock()
	for _, l := range leaving {
		fn(l.consumer, l.series)
	}
}

// consumers calls fn with the consumers that are counted apart, and with the others.
func (r *Route) consumers(fn func(consumer string, s *series)) {
	for consumer, s := range *r.kept.Load() {
		fn(consumer, s)
	}
	fn(Others, &r.others)
}
