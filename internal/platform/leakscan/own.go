package leakscan

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"math/bits"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/conceal"
)

const (
	// KeySize is how many random bytes a Key has.
	KeySize = 48
	// Shortest is how long a value must be to be known again, in bytes.
	Shortest = 8
	// longestOwn bounds the values that are known, in bytes.
	longestOwn = 64 << 10
	// mostSummed bounds what is hashed to tell values apart that begin alike, in bytes for
	// each text: a text may be made of nothing but beginnings.
	mostSummed = 256 << 20
	// ApartSoon bounds that for values that may not be told where somebody waits for the
	// answer, who is to notice nothing, and ApartWhole where nobody does: keys in PEM begin
	// alike, and a text may have many.
	ApartSoon  = 1 << 20
	ApartWhole = mostSummed
)

// Key is what hashes of values are keyed with.
type Key struct {
	k0, k1 uint64
	whole  []byte
}

// NewKey makes a key of KeySize bytes.
func NewKey(raw []byte) (Key, bool) {
	if len(raw) != KeySize {
		return Key{}, false
	}
	return Key{
		k0: binary.LittleEndian.Uint64(raw), k1: binary.LittleEndian.Uint64(raw[8:]), whole: slices.Clone(raw[16:]),
	}, true
}

// Entry is one form of a value, as it is kept: a keyed hash of its first eight bytes, by
// which it is looked for, and one of all of it.
type Entry struct {
	Window uint64
	Length int
	Sum    []byte
}

// Entries are the forms of a value in which it is known again: as it is, and as JSON,
// base64, hex and addresses have it. It has none where it could be any word: shorter than
// Shortest, a name of lower-case letters, or a number.
func (k Key) Entries(value string) []Entry {
	value = strings.TrimSpace(value)
	if !telling(value) {
		return nil
	}
	var all []Entry
	for _, form := range conceal.Forms(value) {
		if len(form) >= Shortest {
			all = append(all, Entry{Window: k.window(form), Length: len(form), Sum: k.sum(form)})
		}
	}
	return all
}

// telling says that a value is not likely to be in a text by chance.
func telling(value string) bool {
	if len(value) < Shortest || len(value) > longestOwn {
		return false
	}
	if len(value) >= 16 {
		return strings.Trim(value, value[:1]) != ""
	}
	word := func(r rune) bool { return 'a' <= r && r <= 'z' || strings.ContainsRune("-._/:@", r) }
	number := func(r rune) bool { return '0' <= r && r <= '9' || strings.ContainsRune("-.:/ ", r) }
	not := func(is func(rune) bool) bool { return strings.ContainsFunc(value, func(r rune) bool { return !is(r) }) }
	return not(word) && not(number)
}

func (k Key) sum(text string) []byte {
	mac := hmac.New(sha256.New, k.whole)
	_, _ = mac.Write([]byte(text)) // a hash does not fail
	return mac.Sum(nil)
}

// window is SipHash-2-4 of the first eight bytes of a text.
func (k Key) window(text string) uint64 {
	word := uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
		uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56
	v0, v1 := k.k0^0x736f6d6570736575, k.k1^0x646f72616e646f6d
	v2, v3 := k.k0^0x6c7967656e657261, k.k1^0x7465646279746573
	for _, block := range [2]uint64{word, 8 << 56} {
		v3 ^= block
		v0, v1, v2, v3 = round(v0, v1, v2, v3)
		v0, v1, v2, v3 = round(v0, v1, v2, v3)
		v0 ^= block
	}
	v2 ^= 0xff
	for range 4 {
		v0, v1, v2, v3 = round(v0, v1, v2, v3)
	}
	return v0 ^ v1 ^ v2 ^ v3
}

func round(v0, v1, v2, v3 uint64) (a, b, c, d uint64) {
	v0 += v1
	v1 = bits.RotateLeft64(v1, 13) ^ v0
	v0 = bits.RotateLeft64(v0, 32)
	v2 += v3
	v3 = bits.RotateLeft64(v3, 16) ^ v2
	v0 += v3
	v3 = bits.RotateLeft64(v3, 21) ^ v0
	v2 += v1
	v1 = bits.RotateLeft64(v1, 17) ^ v2
	v2 = bits.RotateLeft64(v2, 32)
	return v0, v1, v2, v3
}

// shelves is how many parts an index has. Only those that a change touches are copied.
const shelves = 1 << 10

// Index are values that are known, by hashes. One that is in use does not change: With
// makes another, which has all but the change in common with it.
type Index struct {
	key   Key
	parts [shelves]map[uint64][]Owned
	some  [shelves]uint64 // bits for the windows, as most texts have none of them
	size  int
}

// Owned is a form of a value, and whose it is.
type Owned struct {
	Entry

	Of string
}

// NewIndex returns an index without values.
func NewIndex(k Key) *Index { return &Index{key: k} }

func shelf(window uint64) uint64 { return window >> 6 % shelves }

func bit(window uint64) uint64 { return 1 << (window & 63) }

// With returns an index that has some forms no more, and then others in addition.
func (x *Index) With(gone, more []Owned) *Index {
	made := &change{Index: *x, parts: map[uint64]bool{}, lists: map[uint64]bool{}}
	for _, o := range gone {
		made.put(o.Window, slices.DeleteFunc(made.list(o.Window), o.is))
	}
	for _, o := range more {
		made.put(o.Window, append(made.list(o.Window), o))
	}
	for at := range made.parts {
		made.some[at] = 0
		for window := range made.Index.parts[at] {
			made.some[at] |= bit(window)
		}
	}
	return &made.Index
}

// change is an index that is made from another one.
type change struct {
	Index

	parts, lists map[uint64]bool // which of them are its own by now
}

// list returns the forms with a window, for a change of them.
func (c *change) list(window uint64) []Owned {
	at := shelf(window)
	if !c.parts[at] {
		c.parts[at] = true
		if c.Index.parts[at] = maps.Clone(c.Index.parts[at]); c.Index.parts[at] == nil {
			c.Index.parts[at] = map[uint64][]Owned{}
		}
	}
	all := c.Index.parts[at][window]
	c.size -= len(all)
	if !c.lists[window] {
		c.lists[window] = true
		all = slices.Clone(all)
	}
	return all
}

// put keeps what has become of a list.
func (c *change) put(window uint64, all []Owned) {
	c.size += len(all)
	part := c.Index.parts[shelf(window)]
	if part[window] = all; len(all) == 0 {
		delete(part, window)
	}
}

// is reports whether another form is the same of the same value.
func (o Owned) is(other Owned) bool {
	return o.Of == other.Of && o.Length == other.Length && bytes.Equal(o.Sum, other.Sum)
}

// hits are values that stand in a text.
type hits struct {
	// told are those that may be told. Of such that overlap, the one that begins first and is
	// the longest is.
	told []Match
	// apart are all others, of each place those of each name.
	apart []Match
	// whole says of told that the text has not too many beginnings, wholeApart that of apart.
	whole, wholeApart bool
}

// search is one text that own values are looked for in. What is done for values that may be
// told does not hang on those that may not: neither what is found nor where it ends.
type search struct {
	*Index
	hits

	text string
	from Source
	// split are the values with a window by whether they may be told.
	split map[uint64]*split
	// free is where the next value begins at the earliest that may be told.
	free int
	// summed counts the bytes that were hashed, and apartSummed those for values that may
	// not be told.
	summed, apartSummed int
}

// split are values with a window.
type split struct{ told, apart []Owned }

// in returns where values stand in a text.
func (x *Index) in(ctx context.Context, text string, from Source) (hits, error) {
	s := search{Index: x, text: text, from: from, split: map[uint64]*split{}, hits: hits{whole: true, wholeApart: true}}
	if x == nil || x.size == 0 {
		return s.hits, nil
	}
	asked := 0
	for i := 0; i+Shortest <= len(text); i++ {
		if i%piece == 0 || s.summed-asked > piece {
			if asked = s.summed; ctx.Err() != nil {
				return hits{}, ctx.Err()
			}
		}
		w := x.key.window(text[i : i+Shortest])
		if x.some[shelf(w)]&bit(w) == 0 {
			continue
		}
		if some := s.with(w); some != nil {
			s.at(i, some)
		}
	}
	return s.hits, nil
}

// with returns the values with a window, nil for none.
func (s *search) with(window uint64) *split {
	if known := s.split[window]; known != nil {
		return known
	}
	entries := s.parts[shelf(window)][window]
	if len(entries) == 0 {
		return nil
	}
	made := &split{}
	for _, e := range entries {
		switch {
		case s.from.Tells == nil || s.from.Tells(e.Of):
			made.told = append(made.told, e)
		case s.from.Apart > 0:
			made.apart = append(made.apart, e)
		}
	}
	s.split[window] = made
	return made
}

// at looks at what stands at a place.
func (s *search) at(at int, some *split) {
	told := len(some.told) > 0 && at >= s.free && s.whole && len(s.told) <= mostMatches
	apart := len(some.apart) > 0 && s.wholeApart
	if !told && !apart {
		return
	}
	sums := map[int][]byte{} // by length, of which there are fewer than values
	if told {
		s.toldAt(at, some.told, sums)
	}
	if apart {
		s.apartAt(at, some.apart, sums)
	}
}

// toldAt takes the longest value along that stands at a place and may be told.
func (s *search) toldAt(at int, entries []Owned, sums map[int][]byte) {
	end, of := 0, ""
	for _, e := range entries {
		if at+e.Length > end && s.is(at, e, sums, &s.summed) {
			end, of = at+e.Length, e.Of
		}
	}
	if end > 0 {
		s.told, s.free = append(s.told, s.match(at, end, of)), end
	}
	s.whole = s.summed <= mostSummed
}

// apartAt takes all values along that stand at a place and may not be told.
func (s *search) apartAt(at int, entries []Owned, sums map[int][]byte) {
	for _, e := range entries {
		if s.is(at, e, sums, &s.apartSummed) {
			s.apart = append(s.apart, s.match(at, at+e.Length, e.Of))
		}
		if s.wholeApart = len(s.apart) < mostMatches && s.apartSummed <= s.from.Apart; !s.wholeApart {
			return
		}
	}
}

// is reports whether a value stands at a place, and counts what is hashed for that.
func (s *search) is(at int, e Owned, sums map[int][]byte, summed *int) bool {
	end := at + e.Length
	if end > len(s.text) {
		return false
	}
	sum, ok := sums[e.Length]
	if !ok {
		sum = s.key.sum(s.text[at:end])
		sums[e.Length] = sum
		*summed += e.Length
	}
	return hmac.Equal(sum, e.Sum)
}

func (s *search) match(start, end int, of string) Match {
	own := OwnRule()
	return Match{
		Rule: own.ID, Description: own.Description, Own: of, Redacted: "[secret]", Entropy: entropy(s.text[start:end]),
		start: start, end: end, value: s.text[start:end],
	}
}
