package planformat

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"sync"

	"github.com/terrace-idp/terrace/internal/platform/jsonscan"
)

// changesKey is what is read beside the rest of a document.
const changesKey = `"resource_changes"`

// survey is what there is to know of a document before it is read: how deep it is,
// whether a number in it is too large, and where its changes are, most of what is in it.
type survey struct {
	content []byte
	scan    jsonscan.Scanner
	// huge is the place of the first number that nobody can count with: too large, too
	// near to zero, or of too many digits.
	huge int
	// from and to are the brackets of the changes, commas what is between them.
	from, to int
	commas   []int
}

func (s *survey) look() {
	within, before := false, 0
	for i := s.scan.Next(s.content, 0); i < len(s.content); i = s.scan.Next(s.content, i+1) {
		switch s.content[i] {
		case '[':
			if s.scan.Depth == 2 && s.to == 0 && s.ofChanges(i) {
				s.from, within = i, true
			}
		case '}', ']':
			if s.scan.Depth == 1 && within {
				within, s.to = false, i
				if s.content[i] == '}' { // what that ends is no list
					s.commas = nil
				}
			}
			s.number(before, i)
		case ',':
			if within && s.scan.Depth == 2 {
				s.commas = append(s.commas, i)
			}
			s.number(before, i)
		}
		before = i
	}
}

// enough is how long a number is at least that no float64 holds: 1e309.
const enough = 5

// longest is how many bytes a number has at most; terraform counts with 155 digits.
const longest = 1_000

// number looks at what is between two bytes that give the text its shape, where that
// is a number.
func (s *survey) number(from, to int) {
	if to-from <= enough || s.huge > 0 {
		return
	}
	if text := bytes.TrimSpace(s.content[from+1 : to]); uncountable(text) {
		s.huge = from + 1 + bytes.Index(s.content[from+1:], text[:enough])
	}
}

// uncountable reports whether a text is a number that nobody can count with.
func uncountable(text []byte) bool {
	if len(text) < enough || text[0] > '9' || len(text) < 300 && !bytes.ContainsAny(text, "eE") {
		return false
	}
	n, _ := strconv.ParseFloat(string(text), 64)
	return len(text) > longest || math.IsInf(n, 0) || n == 0 && isNone(text)
}

// lowest is the lowest exponent that a number may have.
const lowest = -4_096

// isNone reports whether a number is nearer to zero than what can be compared.
func isNone(text []byte) bool {
	mantissa, exponent, written := bytes.Cut(bytes.ToLower(text), []byte("e"))
	n, err := strconv.Atoi(string(exponent))
	return written && (err != nil || n < lowest) && bytes.ContainsAny(mantissa, "123456789")
}

// ofChanges reports whether the list that begins at a place is that of the changes.
func (s *survey) ofChanges(at int) bool {
	before := bytes.TrimRight(s.content[:at], " \t\r\n")
	before, colon := bytes.CutSuffix(before, []byte(":"))
	before, key := bytes.CutSuffix(bytes.TrimRight(before, " \t\r\n"), []byte(changesKey))
	return colon && key && !bytes.HasSuffix(before, []byte(`\`))
}

// together reads a document in three parts at once: two halves of its changes and
// the rest. It returns false where one has a mistake, or is not what it looked like.
func (s *survey) together() (map[string]any, bool) {
	if len(s.commas) == 0 || s.to == 0 {
		return nil, false
	}
	middle, _ := slices.BinarySearch(s.commas, (s.from+s.to)/2)
	list := make([]any, len(s.commas)+1)
	var good [2]bool
	var parts sync.WaitGroup
	parts.Go(func() { good[0] = s.changes(list, 0, middle) })
	parts.Go(func() { good[1] = s.changes(list, middle, len(list)) })
	document, rest := s.rest()
	parts.Wait()
	if !good[0] || !good[1] || !rest {
		return nil, false
	}
	document["resource_changes"] = list
	return document, true
}

// changes reads the changes from one number to another.
func (s *survey) changes(list []any, from, to int) bool {
	if from == to {
		return true
	}
	begin, _ := s.change(from)
	_, end := s.change(to - 1)
	r := reader{text: string(s.content[begin:end])}
	for i := from; i < to; i++ {
		if i > from && r.next() != ',' {
			return false
		}
		if i > from {
			r.at++
		}
		v, ok := r.value(deepest)
		if !ok {
			return false
		}
		list[i] = v
	}
	return r.end()
}

// change is from where to where a change is.
func (s *survey) change(i int) (begin, end int) {
	begin, end = s.from, s.to
	if i > 0 {
		begin = s.commas[i-1]
	}
	if i < len(s.commas) {
		end = s.commas[i]
	}
	return begin + 1, end
}

// written are the texts of all changes.
func (s *survey) written() [][]byte {
	all := make([][]byte, 0, len(s.commas)+1)
	for i := range len(s.commas) + 1 {
		begin, end := s.change(i)
		all = append(all, s.content[begin:end])
	}
	return all
}

// rest reads what is around the changes.
func (s *survey) rest() (map[string]any, bool) {
	document, ok := whole(string(slices.Concat(s.content[:s.from], []byte("null"), s.content[s.to+1:])))
	hole, there := document["resource_changes"]
	return document, ok && there && hole == nil
}
