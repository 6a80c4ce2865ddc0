package conceal

import (
	"slices"
	"sort"
	"strings"
)

// in reports whether a JSON value, or a name in it, has any of the forms.
func (x *index) in(value any) bool {
	switch value := value.(type) {
	case string:
		return x.within(value)
	case []any:
		return slices.ContainsFunc(value, x.in)
	case map[string]any:
		for name, inner := range value {
			if x.within(name) || x.in(inner) {
				return true
			}
		}
	}
	return false
}

func (x *index) within(text string) (found bool) {
	x.each(text, func(span) bool { found = true; return false })
	return found
}

// each hands on what is found in a text, in order, until use has enough; what overlaps is one.
func (x *index) each(text string, use func(span) bool) {
	if len(text) < window {
		return
	}
	var open span
	done := 0
	key := windowAt(text, 0) >> 8
	for at := 0; at <= len(text)-window; at++ {
		key = next(key, text[at+window-1])
		if !x.known(key) {
			continue
		}
		found := x.at(text, done, at, key)
		switch {
		case found.empty():
			continue
		case open.empty():
			open = found
		case found.from < open.to:
			open = open.with(found)
		case !use(open):
			return
		default:
			done, open = open.to, found
		}
		if skip := found.to - edge; found.from < at && skip > at+1 { // in the midst of a long part
			at, key = skip-1, windowAt(text, skip-1)
		}
	}
	if !open.empty() {
		use(open)
	}
}

// cut puts with in the place of all that is found.
func (x *index) cut(text, with string) string {
	var out strings.Builder
	done := 0
	x.each(text, func(s span) bool {
		out.WriteString(text[done:s.from])
		out.WriteString(with)
		done = s.to
		return true
	})
	if done == 0 {
		return text
	}
	out.WriteString(text[done:])
	return out.String()
}

// settled is up to where a text tells what is in it, whatever comes after.
func (x *index) settled(text string) int {
	at := len(text)
	if x.spreading > 0 {
		at -= tailOfLetters(text)
	}
	for i := max(0, len(text)-x.reach+1); i < at; i++ {
		if x.begins(text[i:]) {
			return i
		}
	}
	return at
}

// begins reports whether a form is longer than a text and begins with it.
func (x *index) begins(text string) bool {
	if len(text) >= window && !x.known(windowAt(text, 0)) {
		return false
	}
	i := sort.Search(len(x.all), func(i int) bool { return x.all[i] > text })
	return i < len(x.all) && strings.HasPrefix(x.all[i], text)
}

// heldLetters is how much of the end of a text may be the beginning of a part of a form.
const heldLetters = 2 * part

// tailOfLetters is how long the letters are at the end of a text, as far as they matter.
func tailOfLetters(text string) (n int) {
	for n < min(heldLetters, len(text)) && letter(text[len(text)-1-n]) {
		n++
	}
	return n
}
