package conceal

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
)

// forms are how a value is written by programs that pass it on.
func forms(value string) []string {
	digits := hex.EncodeToString([]byte(value))
	all := []string{value, url.QueryEscape(value), url.PathEscape(value), digits, strings.ToUpper(digits)}
	for _, html := range []bool{true, false} {
		once := quoted(value, html)
		all = append(all, once, quoted(once, html))
	}
	for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			all = append(all, encoded(alphabet, value, before))
		}
	}
	return all
}

// encoded is what is always the same of a value in base64 that has some bytes more
// in front of it, such as a name and a colon, and any after it.
func encoded(alphabet *base64.Encoding, value string, before int) string {
	text := alphabet.EncodeToString(append(make([]byte, before), value...))
	first := (before*8 + 5) / 6           // the first character that has no bit of what is before
	last := (before + len(value)) * 8 / 6 // the first that has bits of what is after
	if first >= last {
		return ""
	}
	return text[first:last]
}
