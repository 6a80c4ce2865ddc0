package leakscan

import (
	"regexp/syntax"
	"slices"
	"strings"
)

// farthest is how far from a keyword a match is looked for at most, in bytes.
const farthest = 16 << 10

// parse reads an expression as regexp.Compile does.
func parse(source string) (*syntax.Regexp, error) { return syntax.Parse(source, syntax.Perl) }

// extent is how much of a text an expression matches at most: characters, and besides them as
// many words, which end at white space.
type extent struct{ runes, words int }

// endless is the extent of an expression that no bound is known of.
func endless() extent { return extent{runes: farthest} }

func (e extent) plus(o extent) extent {
	return extent{runes: min(farthest, e.runes+o.runes), words: e.words + o.words}
}

// longest is how much an expression matches at most.
func longest(re *syntax.Regexp) extent {
	var e extent
	switch re.Op {
	case syntax.OpLiteral:
		e.runes = len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		e.runes = 1
	case syntax.OpCapture, syntax.OpQuest:
		e = longest(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			e = e.plus(longest(sub))
		}
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			one := longest(sub)
			e = extent{runes: max(e.runes, one.runes), words: max(e.words, one.words)}
		}
	case syntax.OpRepeat:
		one := longest(re.Sub[0])
		if re.Max < 0 {
			return unbounded(re.Sub[0])
		}
		e = extent{runes: re.Max * one.runes, words: re.Max * one.words}
	case syntax.OpStar, syntax.OpPlus:
		return unbounded(re.Sub[0])
	case syntax.OpNoMatch, syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
	}
	if e.words > 4 {
		return endless()
	}
	return extent{runes: min(e.runes, farthest), words: e.words}
}

// unbounded is the extent of any number of what sub matches: a word where that has no white
// space.
func unbounded(sub *syntax.Regexp) extent {
	for sub.Op == syntax.OpCapture {
		sub = sub.Sub[0]
	}
	switch sub.Op {
	case syntax.OpLiteral:
		if !slices.ContainsFunc(sub.Rune, func(r rune) bool { return r < 0x80 && space(byte(r)) }) {
			return extent{words: 1}
		}
	case syntax.OpCharClass:
		for i := 0; i+1 < len(sub.Rune); i += 2 {
			for _, r := range "\t\n\f\r " {
				if sub.Rune[i] <= r && r <= sub.Rune[i+1] {
					return endless()
				}
			}
		}
		return extent{words: 1}
	default:
	}
	return endless()
}

func space(b byte) bool { return b == ' ' || b == '\n' || b == '\t' || b == '\r' || b == '\f' }

// wide is the extent in bytes, for a text whose characters have as many at most.
func (e extent) wide(bytes int) extent {
	return extent{runes: min(farthest, e.runes*bytes), words: e.words}
}

// behind is where what begins at an offset of a text ends at the latest, and before where
// what ends there begins at the earliest.
func (e extent) behind(text string, at int) int {
	at = min(len(text), at+e.runes)
	for range e.words {
		for limit := min(len(text), at+farthest); at < limit && !space(text[at]); {
			at++
		}
		at = min(len(text), at+e.runes)
	}
	return at
}

func (e extent) before(text string, at int) int {
	at = max(0, at-e.runes)
	for range e.words {
		for limit := max(0, at-farthest); at > limit && !space(text[at-1]); {
			at--
		}
		at = max(0, at-e.runes)
	}
	return at
}

// mostTexts bounds the texts that are told apart of an expression, and mostBytes what they
// have together: a keyword is found in short ones.
const mostTexts, mostBytes = 512, 16 << 10

// texts is what is known of the texts that an expression matches: all of them, in lower
// case, or nil where there are too many; and whether each has one of the keywords.
type texts struct {
	all []string
	has bool
}

// needs tells what an expression matches, as far as it is known.
func needs(re *syntax.Regexp, keywords []string) texts {
	switch re.Op {
	case syntax.OpLiteral:
		return known([]string{strings.ToLower(string(re.Rune))}, keywords)
	case syntax.OpCharClass:
		return known(letters(re), keywords)
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return texts{all: []string{""}}
	case syntax.OpCapture:
		return needs(re.Sub[0], keywords)
	case syntax.OpQuest:
		inner := needs(re.Sub[0], keywords)
		if inner.all == nil {
			return texts{}
		}
		return known(append([]string{""}, inner.all...), keywords)
	case syntax.OpPlus:
		return texts{has: needs(re.Sub[0], keywords).has}
	case syntax.OpRepeat:
		return texts{has: re.Min > 0 && needs(re.Sub[0], keywords).has}
	case syntax.OpConcat:
		return inRow(re.Sub, keywords)
	case syntax.OpAlternate:
		return oneOf(re.Sub, keywords)
	case syntax.OpNoMatch, syntax.OpAnyChar, syntax.OpAnyCharNotNL, syntax.OpStar:
	}
	return texts{}
}

// known are texts all of which are known.
func known(all, keywords []string) texts {
	if len(all) == 0 || len(all) > mostTexts || bytesOf(all) > mostBytes {
		return texts{}
	}
	return texts{all: all, has: !slices.ContainsFunc(all, func(text string) bool {
		return !slices.ContainsFunc(keywords, func(k string) bool { return strings.Contains(text, k) })
	})}
}

func bytesOf(all []string) (n int) {
	for _, text := range all {
		n += len(text)
	}
	return n
}

// letters are those of a small class.
func letters(re *syntax.Regexp) []string {
	var all []string
	for i := 0; i+1 < len(re.Rune); i += 2 {
		for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
			if len(all) > 16 {
				return nil
			}
			if text := strings.ToLower(string(r)); !slices.Contains(all, text) {
				all = append(all, text)
			}
		}
	}
	return all
}

func inRow(subs []*syntax.Regexp, keywords []string) texts {
	row, whole := known([]string{""}, keywords), true
	has := false
	for _, sub := range subs {
		next := needs(sub, keywords)
		has = has || next.has
		joined := texts{}
		if row.all != nil && next.all != nil && len(row.all)*len(next.all) <= mostTexts {
			joined = known(product(row.all, next.all), keywords)
		}
		if joined.all == nil {
			whole = false
			joined = next // what came before is told by has
			if joined.all == nil {
				joined = known([]string{""}, keywords)
			}
		}
		row, has = joined, has || joined.has
	}
	if !whole {
		return texts{has: has}
	}
	return texts{all: row.all, has: has}
}

func product(before, after []string) []string {
	all := make([]string, 0, len(before)*len(after))
	for _, b := range before {
		for _, a := range after {
			all = append(all, b+a)
		}
	}
	return all
}

func oneOf(subs []*syntax.Regexp, keywords []string) texts {
	out := texts{all: []string{}, has: true}
	for _, sub := range subs {
		one := needs(sub, keywords)
		out.has = out.has && one.has
		if out.all == nil || one.all == nil || len(out.all)+len(one.all) > mostTexts {
			out.all = nil
			continue
		}
		out.all = append(out.all, one.all...)
	}
	return out
}
