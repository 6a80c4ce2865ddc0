package leakscan

import (
	"slices"
	"strings"
)

// keywords finds words of rules in a text, whatever their case: a rule is only tried where
// a word of its is.
type keywords struct {
	words []string
	// heads has, for the first two bytes of a word, the words that begin so.
	heads map[uint16][]int
	some  [1 << 13]byte // a bit for each of heads
	lower [256]byte
}

// hit is where a keyword is.
type hit struct{ start, end int }

func newKeywords(rules map[string]*rule) *keywords {
	k := &keywords{heads: map[uint16][]int{}}
	for i := range k.lower {
		k.lower[i] = byte(i)
		if 'A' <= i && i <= 'Z' {
			k.lower[i] = byte(i + 'a' - 'A')
		}
	}
	for _, r := range rules {
		for _, word := range r.keywords {
			if len(word) > 1 && !slices.Contains(k.words, word) {
				k.words = append(k.words, word)
			}
		}
	}
	for i, word := range k.words {
		head := uint16(word[0])<<8 | uint16(word[1])
		k.heads[head] = append(k.heads[head], i)
		k.some[head>>3] |= 1 << (head & 7)
	}
	return k
}

// in returns where each keyword is.
func (k *keywords) in(text string) map[string][]hit {
	all := make([][]hit, len(k.words))
	for i := 0; i+1 < len(text); i++ {
		head := uint16(k.lower[text[i]])<<8 | uint16(k.lower[text[i+1]])
		if k.some[head>>3]&(1<<(head&7)) == 0 {
			continue
		}
		for _, w := range k.heads[head] {
			if n := len(k.words[w]); i+n <= len(text) && strings.EqualFold(text[i:i+n], k.words[w]) {
				all[w] = append(all[w], hit{i, i + n})
			}
		}
	}
	hits := map[string][]hit{}
	for w, found := range all {
		if len(found) > 0 {
			hits[k.words[w]] = found
		}
	}
	return hits
}
