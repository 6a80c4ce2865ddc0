package traffic

import (
	"sync/atomic"
	"time"
)

// places is how many bounds durations are counted by.
const places = 20

// bounds are the upper ends of durations that are counted together.
var bounds = [places]time.Duration{ //nolint:gochecknoglobals // never written to
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 150 * time.Millisecond, 200 * time.Millisecond, 250 * time.Millisecond,
	300 * time.Millisecond, 400 * time.Millisecond, 500 * time.Millisecond, 750 * time.Millisecond, time.Second,
	2 * time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second, 30 * time.Second,
}

// Bounds are the durations up to which requests are counted together.
func Bounds() []time.Duration { return bounds[:] }

// Seconds are Bounds in seconds, as histograms of Prometheus have them.
func Seconds() []float64 {
	out := make([]float64, 0, places)
	for _, b := range bounds {
		out = append(out, b.Seconds())
	}
	return out
}

// placeOf returns where a duration is counted; len(bounds) is beyond all.
func placeOf(took time.Duration) int {
	low, high := 0, places
	for low < high {
		if mid := (low + high) / 2; took <= bounds[mid] {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}

// Tally is what was counted of some requests.
type Tally struct {
	// Places are the requests by how long they took: Places[i] up to Bounds()[i], the
	// last those that took longer.
	Places [places + 1]int64
	// Classes are the requests by the class of their status: Classes[5] are 5xx.
	Classes [6]int64
	// Bytes are those of the answers' bodies.
	Bytes int64
	// Nanos is how long all took together.
	Nanos int64
}

// Requests returns how many requests there were.
func (t *Tally) Requests() int64 {
	var n int64
	for _, c := range t.Places {
		n += c
	}
	return n
}

// Within returns how many requests took no longer than a bound.
func (t *Tally) Within(bound time.Duration) int64 {
	var n int64
	for i, c := range t.Places[:places] {
		if bounds[i] <= bound {
			n += c
		}
	}
	return n
}

// Quantile returns the duration that a share of the requests did not exceed, between
// two bounds as if they were spread evenly; 0 where there were none.
func (t *Tally) Quantile(share float64) time.Duration {
	want := share * float64(t.Requests())
	if want == 0 {
		return 0
	}
	below, sum := time.Duration(0), 0.0
	for i, c := range t.Places[:places] {
		if sum+float64(c) >= want && c > 0 {
			return below + time.Duration((want-sum)/float64(c)*float64(bounds[i]-below))
		}
		sum += float64(c)
		below = bounds[i]
	}
	return bounds[places-1]
}

// Add adds what another has counted.
func (t *Tally) Add(o Tally) {
	t.each(&o, func(a *int64, b int64) { *a += b })
}

// less returns what was counted since o.
func (t Tally) less(o Tally) Tally {
	t.each(&o, func(a *int64, b int64) { *a -= b })
	return t
}

func (t *Tally) each(o *Tally, do func(a *int64, b int64)) {
	for i := range t.Places {
		do(&t.Places[i], o.Places[i])
	}
	for i := range t.Classes {
		do(&t.Classes[i], o.Classes[i])
	}
	do(&t.Bytes, o.Bytes)
	do(&t.Nanos, o.Nanos)
}

// series counts, by many goroutines at once.
type series struct {
	places  [places + 1]atomic.Int64
	classes [6]atomic.Int64
	bytes   atomic.Int64
	nanos   atomic.Int64

	// written is what the store has of it; ranked is how many there were when they
	// were last compared, idle for how long there were none. They are the book's.
	written Tally
	ranked  int64
	idle    int
}

func (s *series) count(status int, took time.Duration, sent int64) {
	s.places[placeOf(took)].Add(1)
	if class := status / 100; class > 0 && class < len(s.classes) {
		s.classes[class].Add(1)
	}
	s.bytes.Add(sent)
	s.nanos.Add(int64(took))
}

// add counts what another has counted.
func (s *series) add(t Tally) {
	for i := range s.places {
		s.places[i].Add(t.Places[i])
	}
	for i := range s.classes {
		s.classes[i].Add(t.Classes[i])
	}
	s.bytes.Add(t.Bytes)
	s.nanos.Add(t.Nanos)
}

// tally reads what was counted.
func (s *series) tally() (t Tally) {
	for i := range s.places {
		t.Places[i] = s.places[i].Load()
	}
	for i := range s.classes {
		t.Classes[i] = s.classes[i].Load()
	}
	t.Bytes, t.Nanos = s.bytes.Load(), s.nanos.Load()
	return t
}
