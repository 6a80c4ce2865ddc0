package leakscan

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

func sortHits(all []hit) {
	slices.SortFunc(all, func(a, b hit) int { return cmp.Compare(a.start, b.start) })
}

// places tells lines and columns of a text, for places that come in order.
type places struct {
	text         string
	from         Source
	at           int // what line and begin are for
	line, column int // of at
}

func newPlaces(text string, from Source) *places {
	return &places{text: text, from: from, line: max(1, from.Line), column: max(1, from.Column)}
}

func (p *places) of(offset int) (line, column int) {
	passed := p.text[p.at:offset]
	p.at = offset
	if n := strings.Count(passed, "\n"); n > 0 {
		p.line += n
		p.column = 1 + utf8.RuneCountInString(passed[strings.LastIndexByte(passed, '\n')+1:])
		return p.line, p.column
	}
	p.column += utf8.RuneCountInString(passed)
	return p.line, p.column
}

// tell completes a match, and drops its value.
func (p *places) tell(m *Match) {
	value := m.value
	m.value = ""
	if m.end == 0 {
		return
	}
	m.Line, m.Column = p.of(m.start)
	behind := *p
	m.EndLine, m.EndColumn = behind.of(m.end)
	if m.Own == "" {
		m.Redacted = redacted(value)
	}
	if len(p.from.Key) > 0 {
		m.Fingerprint = Fingerprint(p.from.Key, value)
	}
}

// Fingerprint is the keyed hash of a value, by which it is known again.
func Fingerprint(key []byte, value string) string {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(value)) // a hash does not fail
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// redacted is what of a value is shown: the beginning of one that is long enough, by which
// the kinds of tokens are told apart.
func redacted(value string) string {
	const shown, long = 4, 20
	if len(value) < long {
		return "…"
	}
	for _, r := range value[:shown] {
		if r <= ' ' || r > '~' {
			return "…"
		}
	}
	return value[:shown] + "…"
}

// entropy is Shannon's, in bits a character.
func entropy(text string) float64 {
	counts := map[rune]int{}
	n := 0
	for _, r := range text {
		counts[r]++
	}
	n = len(text)
	var sum float64
	for _, c := range counts {
		share := float64(c) / float64(n)
		sum -= share * math.Log2(share)
	}
	return sum
}
