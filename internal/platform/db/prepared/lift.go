package prepared

import (
	"database/sql/driver"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

const (
	// maxValues bounds what is taken out of one statement: those that write many
	// rows at once are rarely of the same number of them.
	maxValues = 256
	// maxText bounds the text of what is kept compiled.
	maxText = 16 << 10
)

// lifted is a statement with its values taken out.
type lifted struct {
	text   string
	values []driver.NamedValue
}

// lift takes the values out of a statement: what the dialect has marked, and whole
// numbers. ok is false for what is no single statement that reads or writes rows.
func lift(query string) (out lifted, ok bool) {
	l := lifter{in: query}
	l.out.Grow(min(len(query), maxText))
	if !l.run() || l.out.Len() > maxText || len(l.values) > maxValues || !compilable(l.first) {
		return lifted{}, false
	}
	return lifted{text: l.out.String(), values: l.values}, true
}

// single reports whether a statement with parameters is one alone that reads or
// writes rows.
func single(query string) bool {
	l := lifter{in: query, bound: true}
	return l.run() && compilable(l.first)
}

// compilable reports whether statements that begin with the word are kept.
func compilable(word string) bool {
	return slices.ContainsFunc([]string{"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}, func(w string) bool {
		return strings.EqualFold(w, word)
	})
}

// lifter goes through a statement once.
type lifter struct {
	in string
	at int
	// copied is up to where the statement is in out.
	copied int
	out    strings.Builder
	values []driver.NamedValue
	// first is the word that the statement begins with.
	first string
	// bound says that the statement has parameters of its own.
	bound bool
	// places says that a number may be a column's place, as after ORDER BY.
	places bool
}

// run copies the statement without its values; it reports whether it could.
func (l *lifter) run() bool {
	if !l.pass() {
		return false
	}
	l.copy(len(l.in))
	return true
}

// pass goes through the statement; it reports whether it could.
func (l *lifter) pass() bool {
	for l.at < len(l.in) {
		c := l.in[l.at]
		switch {
		case c == '\'' || c == '"' || c == '`':
			if !l.quoted() {
				return false
			}
		case c == '/' && strings.HasPrefix(l.in[l.at:], mark):
			l.skip(l.at + len(mark))
			if !l.value() {
				return false
			}
		case c == '-' && strings.HasPrefix(l.in[l.at:], "--"), c == '/' && strings.HasPrefix(l.in[l.at:], "/*"):
			l.comment()
		case c >= '0' && c <= '9':
			l.number()
		case wordly(c):
			l.word()
		case c == ';':
			rest := l.in[l.at+1:]
			l.in = l.in[:l.at]
			return strings.TrimSpace(rest) == ""
		case !l.bound && strings.IndexByte("?:@$", c) >= 0, c == '[':
			return false // a parameter without a value, and names as no statement here has them
		default:
			l.places = l.places && c != ')'
			l.at++
		}
	}
	return true
}

// copy writes the statement up to a place.
func (l *lifter) copy(to int) {
	l.out.WriteString(l.in[l.copied:to])
	l.copied = to
}

// skip leaves out what is before a place.
func (l *lifter) skip(to int) {
	l.copy(l.at)
	l.at, l.copied = to, to
}

// end returns where the literal that begins at from ends, -1 when it does not.
func (l *lifter) end(from int) int {
	quote := l.in[from]
	for at := from + 1; ; at += 2 {
		next := strings.IndexByte(l.in[at:], quote)
		if next < 0 {
			return -1
		}
		if at += next; at+1 == len(l.in) || l.in[at+1] != quote {
			return at + 1
		}
	}
}

// quoted passes a name or a literal that is the statement's own.
func (l *lifter) quoted() bool {
	end := l.end(l.at)
	if end < 0 {
		return false
	}
	l.at = end
	return true
}

// value takes out the value that was marked. A NULL stays where it is, and so do
// no bytes at all, which SQLite's driver would take for NULL.
func (l *lifter) value() bool {
	rest := l.in[l.at:]
	switch {
	case strings.HasPrefix(rest, "X''"):
		return true
	case strings.HasPrefix(rest, "X'"):
		l.skip(l.at + 1)
		digits, ok := l.literal()
		raw, err := hex.DecodeString(digits)
		l.lift(raw)
		return ok && err == nil
	case strings.HasPrefix(rest, "'"):
		text, ok := l.literal()
		l.lift(strings.ReplaceAll(text, "''", "'"))
		return ok
	default:
		return true
	}
}

// literal passes a literal and returns what is between its quotes.
func (l *lifter) literal() (inner string, ok bool) {
	end := l.end(l.at)
	if end < 0 {
		return "", false
	}
	inner = l.in[l.at+1 : end-1]
	l.skip(end)
	return inner, true
}

// number takes out a whole number; others stay.
func (l *lifter) number() {
	end := l.at
	for end < len(l.in) && (wordly(l.in[end]) || l.in[end] == '.') {
		end++
	}
	n, err := strconv.ParseInt(l.in[l.at:end], 10, 64)
	if err != nil || l.places {
		l.at = end
		return
	}
	l.skip(end)
	l.lift(n)
}

func (l *lifter) lift(v any) {
	l.values = append(l.values, driver.NamedValue{Ordinal: len(l.values) + 1, Value: v})
	l.out.WriteByte('?')
}

// word passes a word and notes what it begins.
func (l *lifter) word() {
	begin := l.at
	for l.at < len(l.in) && wordly(l.in[l.at]) {
		l.at++
	}
	word := l.in[begin:l.at]
	if l.first == "" {
		l.first = word
	}
	switch {
	case strings.EqualFold(word, "BY"):
		l.places = true
	case strings.EqualFold(word, "LIMIT"):
		l.places = false
	}
}

// comment leaves out a comment.
func (l *lifter) comment() {
	closing := "\n"
	if l.in[l.at] == '/' {
		closing = "*/"
	}
	end := len(l.in)
	if found := strings.Index(l.in[l.at+2:], closing); found >= 0 {
		end = l.at + 2 + found + len(closing)
	}
	l.skip(end)
	l.out.WriteByte(' ')
}

// wordly reports whether a word may have the byte.
func wordly(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80
}
