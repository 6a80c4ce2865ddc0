// Package jsonscan goes through a text of JSON without decoding it: how deep it is,
// where its values begin and end, and in which line something stands.
//
// It owns where brackets, separators and quotes are. Whether a text is JSON, and what it
// says, is for whoever decodes it: of what is no JSON it tells something, and ends.
package jsonscan

import "bytes"

// Scanner goes through a text, or through its parts one after another. The zero value
// is in front of it.
type Scanner struct {
	// Depth is in how many brackets and braces it is; below zero there was an end too many.
	Depth int
	// Most is the deepest that it was.
	Most int
	// Within tells that it is between quotes.
	Within bool

	escaped bool
}

// Next goes on to the next byte that gives the text its shape, from a place in a part
// on: a bracket, a brace, a comma, a colon, or the quote that begins or ends a text. It
// returns where that is, and the length of the part where there is none.
func (s *Scanner) Next(part []byte, from int) int {
	if s.Within {
		return s.end(part, from)
	}
	for i := from; i < len(part); i++ {
		switch part[i] {
		case '"':
			s.Within = true
			return i
		case '{', '[':
			s.Depth++
			s.Most = max(s.Most, s.Depth)
			return i
		case '}', ']':
			s.Depth--
			return i
		case ',', ':':
			return i
		}
	}
	return len(part)
}

// end goes on to the quote that ends a text.
func (s *Scanner) end(part []byte, from int) int {
	if s.escaped && from < len(part) {
		s.escaped = false
		from++
	}
	for {
		n := bytes.IndexByte(part[from:], '"')
		if n < 0 {
			s.escaped = escapes(part[from:])
			return len(part)
		}
		if !escapes(part[from : from+n]) {
			s.Within = false
			return from + n
		}
		from += n + 1
	}
}

// escapes reports whether what comes after a part of a text is escaped by its end.
func escapes(part []byte) bool {
	n := len(part)
	for n > 0 && part[n-1] == '\\' {
		n--
	}
	return (len(part)-n)%2 == 1
}

// Deeper is the place of the first bracket or brace that is deeper than it may be, -1
// where there is none.
func Deeper(text []byte, most int) int {
	var s Scanner
	for i := s.Next(text, 0); i < len(text); i = s.Next(text, i+1) {
		if s.Depth > most {
			return i
		}
	}
	return -1
}

// Position is the line and the column, both from 1 on, of a place in a text.
func Position(text []byte, at int) (line, column int) {
	head := text[:min(max(at, 0), len(text))]
	return 1 + bytes.Count(head, []byte("\n")), len(head) - bytes.LastIndexByte(head, '\n')
}
