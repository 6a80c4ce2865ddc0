package exchange

import (
	"path"
	"strings"
)

// normalize returns a path decoded and clean, for matching, and encoded and
// clean, for the wire. Both have no dot segments and no double slashes, so that
// what a rule has judged is what a service reads. ok is false for a path whose
// encoding is broken, that holds what no path may, or that says another place
// to who decodes more of it: an encoded slash or a backslash beside a dot segment.
func normalize(raw string) (clean, wire string, ok bool) {
	if plain(raw) {
		return raw, raw, true
	}
	decoded, ok := decode(raw, false)
	if !ok {
		return "", "", false
	}
	wire = cleaned(raw)
	clean = cleaned(decoded)
	if hasDots(decoded) { // encoded dots are segments to a service, too: the wire form has them resolved
		wire = EncodePath(clean)
	}
	all, _ := decode(raw, true)
	if all != decoded && hasDots(all) != hasDots(decoded) {
		return "", "", false
	}
	return clean, wire, true
}

// plain tells that a path needs nothing done.
func plain(p string) bool {
	slash := false
	for i := range len(p) {
		switch c := p[i]; {
		case c == '/':
			if slash {
				return false
			}
			slash = true
			continue
		case c == '.' && slash, c == '%', c == '\\', c == '#', c == ';', c <= ' ', c >= 0x7f:
			return false
		}
		slash = false
	}
	return true
}

// cleaned resolves dot segments and double slashes; a slash at the end stays.
func cleaned(p string) string {
	c := path.Clean("/" + p)
	if c != "/" && (strings.HasSuffix(p, "/") || strings.HasSuffix(p, "/.") || strings.HasSuffix(p, "/..")) {
		c += "/"
	}
	return c
}

func hasDots(p string) bool {
	for segment := range strings.SplitSeq(p, "/") {
		if name, _, _ := strings.Cut(segment, ";"); name == "." || name == ".." {
			return true
		}
	}
	return false
}

// decode undoes percent encoding. An encoded slash or backslash stays encoded,
// since it parts no segments, unless all is to be decoded as a careless
// service does it.
func decode(p string, all bool) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		c := p[i]
		encoded := c == '%'
		if encoded {
			if i+2 >= len(p) || unhex(p[i+1]) < 0 || unhex(p[i+2]) < 0 {
				return "", false
			}
			c = byte(unhex(p[i+1])<<4 | unhex(p[i+2]))
			i += 2
		}
		switch {
		case c < ' ' || c == 0x7f || !encoded && (c == ' ' || c == '#'):
			return "", false
		case all && c == '\\':
			b.WriteByte('/')
		case !all && encoded && (c == '/' || c == '\\' || c == '%'):
			b.WriteString(strings.ToUpper(p[i-2 : i+1]))
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), true
}

// EncodePath makes a decoded path fit for the wire; what decode has left encoded stays.
func EncodePath(p string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(p) {
		c := p[i]
		switch {
		case c == '%', c == '/', strings.IndexByte("-._~!$&'()*+,;=:@", c) >= 0, c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
