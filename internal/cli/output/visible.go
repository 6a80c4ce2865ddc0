package output

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible returns a text of several lines as it can be written to a terminal: what would
// move it, and what hides, turns round or breaks what stands beside it, is written as Go
// writes it, such as \x1b and \u202e. Line breaks and tabs stay.
func Visible(text string) string { return visible(text, "\n\t") }

// Line is Visible for a text that is to stay in one line and one column.
func Line(text string) string { return visible(text, "") }

// Shown writes what is for people, made visible: what others have written is in it.
func Shown(w io.Writer, people func(w io.Writer)) error {
	var text bytes.Buffer
	people(&text)
	_, err := io.WriteString(w, Visible(text.String()))
	return err
}

func visible(text, but string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return r == utf8.RuneError || hides(r) && !strings.ContainsRune(but, r) }) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case hides(r) && !strings.ContainsRune(but, r):
			b.WriteString(escaped(r))
		default:
			b.WriteString(text[:n])
		}
		text = text[n:]
	}
	return b.String()
}

// hides reports whether a character is one of control (C0, C1 and the last of ASCII), separates
// lines or paragraphs, or gives what follows another direction (Unicode Standard Annex 9, §2).
func hides(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp)
}

func escaped(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\t':
		return `\t`
	case r == '\r':
		return `\r`
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}
