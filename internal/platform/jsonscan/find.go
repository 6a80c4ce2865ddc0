package jsonscan

import (
	"bytes"
	"encoding/json"
)

// Find is where a value begins in a text of JSON, by the names of members and the
// numbers of elements that lead to it. Where it is not there it is what comes nearest to
// it: what it would be in. Of members of the same name the last one counts.
func Find(text []byte, path ...any) int {
	at := start(text, 0)
	for _, step := range path {
		found := -1
		each(text, at, func(n int, name string, value int) {
			if step == any(name) && text[at] == '{' || step == any(n) && text[at] == '[' {
				found = value
			}
		})
		if found < 0 {
			break
		}
		at = found
	}
	return at
}

// each tells of what is in an object or a list where it begins: its number, its name
// and where it begins itself.
func each(text []byte, at int, one func(n int, name string, value int)) {
	if at >= len(text) || text[at] != '{' && text[at] != '[' {
		return
	}
	i, isObject := start(text, at+1), text[at] == '{'
	for n := 0; i < len(text) && text[i] != '}' && text[i] != ']'; n++ {
		name := ""
		if isObject {
			end := past(text, i)
			_ = json.Unmarshal(text[i:end], &name) // of what is no text there is no name
			i = start(text, end)
			if i >= len(text) || text[i] != ':' {
				return
			}
			i = start(text, i+1)
		}
		one(n, name, i)
		if i = start(text, past(text, i)); i < len(text) && text[i] == ',' {
			i = start(text, i+1)
		}
	}
}

// start is the first byte from a place on that is no space.
func start(text []byte, at int) int {
	at = min(at, len(text))
	return at + len(text[at:]) - len(bytes.TrimLeft(text[at:], " \t\r\n"))
}

// past is the place behind the value that begins at a place.
func past(text []byte, at int) int {
	n, _ := new(Value).Through(text[min(at, len(text)):])
	return min(at+max(n, 1), len(text))
}

// Value goes through one value, whose first byte is no space.
type Value struct {
	Scanner

	// plain tells that it is a number or a word, which ends where something else begins.
	plain bool
	begun bool
}

// Through goes on in the value with a part, and returns how much of that belongs to it
// and whether it ends there.
func (v *Value) Through(part []byte) (n int, done bool) {
	if len(part) == 0 {
		return 0, false
	}
	if !v.begun {
		v.begun, v.plain = true, bytes.IndexByte([]byte(`"{[`), part[0]) < 0
	}
	if v.plain {
		n = bytes.IndexAny(part, ",:]}{[\" \t\r\n")
		if n < 0 {
			return len(part), false
		}
		return n, true
	}
	for i := v.Next(part, 0); i < len(part); i = v.Next(part, i+1) {
		if v.Depth == 0 && !v.Within {
			return i + 1, true
		}
	}
	return len(part), false
}
