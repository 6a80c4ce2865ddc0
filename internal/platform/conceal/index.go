package conceal

import (
	"math/bits"
	"slices"
	"strings"
)

const (
	// window is how much of a text is looked at to know what may be there, in bytes.
	window = shortest
	// longest bounds one form: of a longer one all pieces are looked for.
	longest = 4 << 10
	// sparse is how many bytes apart the windows of a form of which parts are looked for
	// are known, dense that at its ends, which are edge bytes long.
	sparse = 16
	dense  = 3
	edge   = 24
	// part is how long a part of a form must be to be found, partAtEnd that where the form
	// begins or ends with it. One that is long enough has a window that is known.
	part      = 2*sparse + window
	partAtEnd = 11
	// mostParts bounds the forms of which parts are looked for, in bytes together.
	mostParts = 16 << 20
	// samePlaces is how many places of forms with one window are known: what is at more of
	// them tells nothing.
	samePlaces = 8
)

// index finds forms in texts. It does not change.
type index struct {
	// all are the forms that are found whole, in order, ranges those that begin with a window.
	all    []string
	ranges map[uint64]span
	// first is one of the places where a window is in the forms of which parts are found,
	// which has the next one.
	first  map[uint64]int32
	places []place
	// maybe has a bit for all windows that are known, and for others.
	maybe []uint64
	shift int
	// reach is how long the longest form is.
	reach int
	// spreading is how long the forms are of which parts are found, together.
	spreading int
}

// span is from one position to before another.
type span struct{ from, to int }

func (s span) empty() bool { return s.to <= s.from }

// place is one in a form.
type place struct {
	form string
	at   int
	// next is another place with the same window, -1 for none, and count how many those are.
	next  int32
	count int8
}

func indexOf(forms map[string]kind) *index {
	x := &index{ranges: make(map[uint64]span, len(forms)), first: map[uint64]int32{}}
	for form, kind := range forms {
		x.all = append(x.all, pieces(form)...)
		if kind != whole && len(form) >= part && x.spreading+len(form) <= mostParts {
			x.spread(form, kind)
		}
	}
	slices.Sort(x.all)
	x.all = slices.Compact(x.all)
	for i, form := range x.all {
		key, r := windowAt(form, 0), span{from: i}
		if known, ok := x.ranges[key]; ok {
			r = known
		}
		r.to = i + 1
		x.ranges[key], x.reach = r, max(x.reach, len(form))
	}
	x.summarise()
	return x
}

// pieces are parts of a form none of which is too long, and which overlap: where all of
// them are, it is one.
func pieces(form string) (all []string) {
	for len(form) > longest {
		all = append(all, form[:longest])
		form = form[min(longest-1, len(form)-window):]
	}
	return append(all, form)
}

// spread takes along where the windows of a form are, those that say something.
func (x *index) spread(form string, kind kind) {
	x.spreading += len(form)
	last := len(form) - window
	for at, next := 0, 0; at <= last; at++ {
		if at < next || !varied(form[at:at+window], kind) {
			continue
		}
		if next = at - at%dense + dense; at > edge {
			next = min(at-at%sparse+sparse, max(next, last-edge))
		}
		key, p := windowAt(form, at), place{form: form, at: at, next: -1}
		if i, known := x.first[key]; known {
			p.next, p.count = i, x.places[i].count+1
		}
		if p.count < samePlaces {
			x.first[key] = int32(len(x.places))
			x.places = append(x.places, p)
		}
	}
}

// varied reports whether a window has so many characters that it is hardly anywhere by chance.
func varied(text string, kind kind) bool {
	var low, high uint64
	for i := range len(text) {
		if c := text[i]; c < 64 {
			low |= 1 << c
		} else {
			high |= 1 << (c - 64)
		}
	}
	least := window - 1
	if kind == inHex {
		least = window - 2
	}
	return bits.OnesCount64(low)+bits.OnesCount64(high) >= least
}

// summarise makes maybe, with some bits for each window.
func (x *index) summarise() {
	size := bits.Len(uint(len(x.ranges)+len(x.first))) + 4
	size = max(size, 9)
	x.shift, x.maybe = 64-size, make([]uint64, 1<<(size-6))
	for key := range x.ranges {
		x.note(key)
	}
	for key := range x.first {
		x.note(key)
	}
}

func (x *index) slot(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 >> x.shift }

func (x *index) note(key uint64) {
	slot := x.slot(key)
	x.maybe[slot/64] |= 1 << (slot % 64)
}

func (x *index) known(key uint64) bool {
	slot := x.slot(key)
	return x.maybe[slot/64]&(1<<(slot%64)) != 0
}

// windowAt is the window of a text at a position, which has one.
func windowAt(text string, at int) (key uint64) {
	for i := range window {
		key = next(key, text[at+i])
	}
	return key
}

// next is the window one byte further on.
func next(key uint64, c byte) uint64 { return (key<<8 | uint64(c)) & (1<<(8*window) - 1) }

// at is where what is found at a position of a text begins and ends; it begins before
// the position, but not before from, where the position is within a part of a form.
func (x *index) at(text string, from, at int, key uint64) (found span) {
	if r, ok := x.ranges[key]; ok {
		found = span{at, at + x.wholeAt(text[at:], x.all[r.from:r.to])}
	}
	i, ok := x.first[key]
	if !ok {
		return found
	}
	for ; i >= 0; i = x.places[i].next {
		if got := x.places[i].within(text, from, at); !got.empty() && (found.empty() || got.from < found.from || got.to > found.to) {
			found = got.with(found)
		}
	}
	return found
}

// with is both together.
func (s span) with(other span) span {
	if other.empty() {
		return s
	}
	return span{min(s.from, other.from), max(s.to, other.to)}
}

// wholeAt is the length of the longest of the forms with which a text begins, 0 for none.
func (x *index) wholeAt(text string, forms []string) int {
	for {
		i, found := slices.BinarySearch(forms, text)
		if found {
			return len(text)
		}
		if i == 0 {
			return 0
		}
		before := forms[i-1]
		if strings.HasPrefix(text, before) {
			return len(before)
		}
		text, forms = text[:same(text, before)], forms[:i] // what is longer than that is no beginning of it
	}
}

// same is how many bytes two texts begin with that are the same.
func same(a, b string) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// within is the part of the form that a text has around a position, where it is long enough.
func (p place) within(text string, from, at int) span {
	found := span{at, at + window}
	first, end := p.at, p.at+window
	if text[at:found.to] != p.form[first:end] {
		return span{}
	}
	for found.from > from && first > 0 && text[found.from-1] == p.form[first-1] {
		found.from, first = found.from-1, first-1
	}
	for found.to < len(text) && end < len(p.form) && text[found.to] == p.form[end] {
		found.to, end = found.to+1, end+1
	}
	if n := found.to - found.from; n >= part || n >= partAtEnd && (first == 0 || end == len(p.form)) {
		return found
	}
	return span{}
}
