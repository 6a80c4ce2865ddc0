package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// yamlText is a document's source as readers of YAML take it: what JSON may have in
// its strings and YAML 1.2 (§5.1) may not is escaped as YAML has it. Lines stay what
// they are. A source that is no JSON is left as it is.
func yamlText(src []byte) []byte {
	if !isObject(src) || !json.Valid(src) {
		return src
	}
	var out []byte // nil for as long as nothing differs
	done, inside := 0, false
	for i := 0; i < len(src); {
		size, written := 1, ""
		switch c := src[i]; {
		case c == '"':
			inside = !inside
		case c == '\\':
			size, written = escape(src[i:])
		case inside && c >= 0x7f:
			var r rune
			if r, size = utf8.DecodeRune(src[i:]); unprintable(r) {
				written = fmt.Sprintf(`\u%04X`, r)
			}
		}
		if written != "" {
			out = append(append(out, src[done:i]...), written...)
			done = i + size
		}
		i += size
	}
	if out == nil {
		return src
	}
	return append(out, src[done:]...)
}

// escape returns the length of the escape that src begins with, and how YAML writes
// it where that differs: a slash needs none, and a pair of surrogates is one
// character there (RFC 8259 §7).
func escape(src []byte) (size int, written string) {
	switch src[1] {
	case '/':
		return 2, "/"
	case 'u':
	default:
		return 2, ""
	}
	first := unit(src)
	if !utf16.IsSurrogate(first) {
		return 6, ""
	}
	if len(src) > 12 && src[6] == '\\' && src[7] == 'u' {
		if r := utf16.DecodeRune(first, unit(src[6:])); r != utf8.RuneError {
			return 12, fmt.Sprintf(`\U%08X`, r)
		}
	}
	return 6, `\uFFFD` // half of a character, which JSON readers take for this one
}

// unit reads \uXXXX.
func unit(src []byte) (r rune) {
	_, _ = fmt.Sscanf(string(src[2:6]), "%04x", &r)
	return r
}

// unprintable tells what YAML has no place for, or takes for the end of a line.
func unprintable(r rune) bool {
	return r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffe || r == 0xffff
}

// isObject tells a text that begins as an object of JSON does.
func isObject(src []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(src, " \t\r\n"), []byte("{"))
}

// notJSON is what is wrong with a text that begins as JSON and is none, and at which
// byte; the message is empty where nothing is.
func notJSON(src []byte) (message string, offset int) {
	var whole json.RawMessage
	err := json.Unmarshal(src, &whole)
	if wrong, is := errors.AsType[*json.SyntaxError](err); is {
		return wrong.Error(), int(wrong.Offset) - 1
	}
	return "", 0
}

// invalid is the first byte that is not UTF-8.
func invalid(src []byte) int {
	at := 0
	for at < len(src) {
		r, size := utf8.DecodeRune(src[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return at
}

// lineAndColumn is where a byte stands, both from 1; columns are characters.
func lineAndColumn(src []byte, offset int) (line, column int) {
	before := src[:max(0, min(offset, len(src)))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[start:]) + 1
}
