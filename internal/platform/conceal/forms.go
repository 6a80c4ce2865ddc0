package conceal

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
)

const (
	// shortestLine is how long one line of a value that has several must be to be looked
	// for by itself, in bytes, shortestTelling is that where it is no words.
	shortestLine    = 16
	shortestTelling = 8
	// bodyLine is how long the lines are of what is broken because it is long.
	bodyLine = 32
)

// Forms are how a value is written by programs that pass it on: as it is, and as JSON, base64
// (wherever it begins), hex and addresses have it. None is told twice.
func Forms(value string) []string {
	all := slices.Concat([]string{value}, spelled(value), inDigits(value), inLetters(value))
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(form string) bool { return form == "" })
}

// spelled are the forms of a value in texts that quote it, as long as it is but for
// what they escape.
func spelled(value string) []string {
	all := []string{url.QueryEscape(value), url.PathEscape(value)}
	for _, html := range []bool{true, false} {
		once := quoted(value, html)
		all = append(all, once, quoted(once, html))
	}
	return all
}

// inDigits are the forms of a value in hex.
func inDigits(value string) []string {
	digits := hex.EncodeToString([]byte(value))
	return []string{digits, strings.ToUpper(digits)}
}

// inLetters are the forms of a value in base64.
func inLetters(value string) (all []string) {
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

// lines are those of a value that tell it by themselves: the long ones, and short ones
// that are no words or end what is broken into lines.
func lines(value string) (all []string) {
	within := false
	for line := range strings.Lines(value) {
		line = strings.TrimSpace(line)
		if len(line) >= shortestLine || len(line) >= shortestTelling && (within && isLetters(line) || telling(line)) {
			all = append(all, line)
		}
		within = len(line) >= bodyLine && isLetters(line)
	}
	return all
}

// telling reports whether a line is no words: it has letters of both cases and digits,
// and no blank.
func telling(line string) bool {
	var upper, lower, digit bool
	for i := range len(line) {
		switch c := line[i]; {
		case 'A' <= c && c <= 'Z':
			upper = true
		case 'a' <= c && c <= 'z':
			lower = true
		case '0' <= c && c <= '9':
			digit = true
		case c == ' ' || c == '\t':
			return false
		}
	}
	return upper && lower && digit
}

// bodies are what of a value is in base64 over several lines, as of a PEM block, in one.
func bodies(value string) (all []string) {
	var body strings.Builder
	end := func() {
		if body.Len() > bodyLine {
			all = append(all, body.String())
		}
		body.Reset()
	}
	for line := range strings.Lines(value) {
		line = strings.TrimSpace(line)
		if !isLetters(line) {
			end()
			continue
		}
		body.WriteString(line)
		if len(line) < bodyLine { // the last one
			end()
		}
	}
	end()
	return all
}

// isLetters reports whether a text may be base64, or hex.
func isLetters(text string) bool {
	text = strings.TrimRight(text, "=")
	for i := range len(text) {
		if !letter(text[i]) {
			return false
		}
	}
	return text != ""
}

func letter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '-' || c == '_'
}
