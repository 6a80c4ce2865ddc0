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

// in returns where values stand in a text. Of values that overlap, the one that begins
// first and is the longest is told. It is not whole where a text has too many beginnings.
func (x *Index) in(ctx context.Context, text string) (all []Match, whole bool, err error) {
	if x == nil || x.size == 0 {
		return nil, true, nil
	}
	summed, asked := 0, 0
	for i := 0; i+Shortest <= len(text); i++ {
		if i%piece == 0 || summed-asked > piece {
			if asked = summed; ctx.Err() != nil {
				return nil, false, ctx.Err()
			}
		}
		if summed > mostSummed {
			return all, false, nil
		}
		w := x.key.window(text[i : i+Shortest])
		if x.some[shelf(w)]&bit(w) == 0 {
			continue
		}
		m, cost := x.at(text, i, x.parts[shelf(w)][w])
		if summed += cost; m.end > 0 {
			if all = append(all, m); len(all) > mostMatches {
				break
			}
			i = m.end - 1
		}
	}
	return all, true, nil
}

// at returns the longest value that stands at a place, without an end where there is none,
// and how many bytes were hashed for it.
func (x *Index) at(text string, at int, entries []Owned) (m Match, cost int) {
	var sums map[int][]byte // by length, of which there are fewer than values
	for _, e := range entries {
		end := at + e.Length
		if end > len(text) || end <= m.end {
			continue
		}
		sum, ok := sums[e.Length]
		if !ok {
			sum = x.key.sum(text[at:end])
			if cost += e.Length; sums == nil {
				sums = make(map[int][]byte, 1)
			}
			sums[e.Length] = sum
		}
		if !hmac.Equal(sum, e.Sum) {
			continue
		}
		own := OwnRule()
		m = Match{Rule: own.ID, Description: own.Description, Own: e.Of, Redacted: "[secret]", start: at, end: end, value: text[at:end]}
		m.Entropy = entropy(m.value)
	}
	return m, cost
}
