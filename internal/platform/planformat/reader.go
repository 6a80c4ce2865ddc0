package planformat

import (
	"encoding/json"
	"strings"
)

// deepest is how deep values may be; no provider comes near it.
const deepest = 1_000

// reader reads values of JSON once, from the first byte to the last: what decodes into
// values of any kind elsewhere reads all that is in a value again for each value around
// it. It takes nothing that encoding/json refuses, with numbers as they are written.
type reader struct {
	text string
	at   int
	// members and items are what was read of the objects and lists around the place.
	members []member
	items   []any
}

type member struct {
	key   string
	value any
}

// value reads a value that has no more than so many others around what is in it.
func (r *reader) value(deep int) (any, bool) {
	switch c := r.next(); {
	case c == '"':
		return r.quoted()
	case c == '{':
		return r.object(deep)
	case c == '[':
		return r.list(deep)
	case c == '-', '0' <= c && c <= '9':
		return r.number()
	case r.skips("null"):
		return nil, true
	case r.skips("true"):
		return true, true
	default:
		return false, r.skips("false")
	}
}

// next is the byte behind what space there is, 0 at the end.
func (r *reader) next() byte {
	for ; r.at < len(r.text); r.at++ {
		if c := r.text[r.at]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
	}
	return 0
}

func (r *reader) skips(word string) bool {
	is := strings.HasPrefix(r.text[r.at:], word)
	if is {
		r.at += len(word)
	}
	return is
}

// end reports whether nothing is left.
func (r *reader) end() bool { return r.next() == 0 && r.at == len(r.text) }

// quoted reads a text. What is not plain in it encoding/json knows.
func (r *reader) quoted() (string, bool) {
	from, plain := r.at, true
	for r.at++; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; {
		case c == '"':
			r.at++
			if plain {
				return r.text[from+1 : r.at-1], true
			}
			return unquoted(r.text[from:r.at])
		case c == '\\':
			plain = false
			r.at++
		case c < ' ':
			return "", false
		case c >= 0x80:
			plain = false
		}
	}
	return "", false
}

func unquoted(text string) (plain string, ok bool) {
	err := json.Unmarshal([]byte(text), &plain)
	return plain, err == nil
}

func (r *reader) number() (any, bool) {
	from := r.at
	for r.at < len(r.text) && strings.IndexByte("0123456789.-+eE", r.text[r.at]) >= 0 {
		r.at++
	}
	text := r.text[from:r.at]
	return json.Number(text), len(text) == 1 && text != "-" || json.Valid([]byte(text))
}

func (r *reader) object(deep int) (any, bool) {
	base := len(r.members)
	r.at++
	for {
		more, ok := r.more('}', len(r.members) == base)
		if !ok {
			return nil, false
		}
		if !more {
			break
		}
		if r.next() != '"' || deep == 0 {
			return nil, false
		}
		key, ok := r.quoted()
		if !ok || r.next() != ':' {
			return nil, false
		}
		r.at++
		v, ok := r.value(deep - 1)
		if !ok {
			return nil, false
		}
		r.members = append(r.members, member{key, v})
	}
	o := make(map[string]any, len(r.members)-base)
	for _, m := range r.members[base:] {
		o[m.key] = m.value
	}
	r.members = r.members[:base]
	return o, true
}

func (r *reader) list(deep int) (any, bool) {
	base := len(r.items)
	r.at++
	for {
		more, ok := r.more(']', len(r.items) == base)
		if !ok {
			return nil, false
		}
		if !more {
			break
		}
		if deep == 0 {
			return nil, false
		}
		v, ok := r.value(deep - 1)
		if !ok {
			return nil, false
		}
		r.items = append(r.items, v)
	}
	list := append(make([]any, 0, len(r.items)-base), r.items[base:]...)
	r.items = r.items[:base]
	return list, true
}

// more reports whether there is one more in front of a bracket that closes, and goes
// behind that or the comma, which there is in front of all but the first.
func (r *reader) more(closing byte, first bool) (more, ok bool) {
	switch c := r.next(); {
	case c == closing:
		r.at++
		return false, true
	case first:
		return true, true
	case c == ',':
		r.at++
		return true, true
	default:
		return false, false
	}
}
