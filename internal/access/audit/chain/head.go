package chain

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// The first lines of what is signed.
const (
	headTitle = "terrace-audit-head-v1"
	keyTitle  = "terrace-audit-key-v1"
)

// none stands for the head before the first one.
const none = "none"

// Head is what the platform signs of a chain: that its entry Seq had this hash at a time.
// A chain that has another hash there, or no such entry, was tampered with.
type Head struct {
	Tenant string
	Seq    int64
	Hash   string
	At     time.Time
	// Previous is the Sum of the head before, "" for the first.
	Previous string
	// Key is the id of the key that signed it, "" for none yet.
	Key string

	text string
}

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// Text returns what is signed: a line for each field, without the signature.
func (h Head) Text() string {
	previous := h.Previous
	if previous == "" {
		previous = none
	}
	return strings.Join([]string{headTitle, "tenant " + h.Tenant, "entry " + strconv.FormatInt(h.Seq, 10), "hash " + h.Hash, "time " + stamp(h.At), "previous " + previous, ""}, "\n")
}

// Sum returns the hash of what was signed, by which the next head names it.
func (h Head) Sum() string {
	if h.text == "" {
		return sumOf([]byte(h.Text()))
	}
	return sumOf([]byte(h.text))
}

// Sign returns the head as a signed note.
func (h Head) Sign(signer note.Signer) (string, error) {
	signed, err := note.Sign(&note.Note{Text: h.Text()}, signer)
	return string(signed), err
}

var errNoHead = errors.New("it is no head of an audit log")

// parseHead reads the text of a head; every byte of it counts.
func parseHead(text string) (Head, error) {
	lines, err := fields(text, headTitle, "tenant", "entry", "hash", "time", "previous")
	if err != nil {
		return Head{}, errNoHead
	}
	h := Head{Tenant: lines[0], Hash: lines[2], Previous: lines[4], text: text}
	var bad error
	h.Seq, err = strconv.ParseInt(lines[1], 10, 64)
	if h.At, bad = time.Parse(time.RFC3339, lines[3]); err != nil || bad != nil || h.Seq < 1 {
		return Head{}, errNoHead
	}
	if h.Previous == none {
		h.Previous = ""
	}
	if h.Text() != text {
		return Head{}, errNoHead
	}
	return h, nil
}

// fields returns what the lines of a text say, each after its name.
func fields(text, title string, names ...string) ([]string, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != len(names)+2 || lines[0] != title || lines[len(names)+1] != "" {
		return nil, errNoHead
	}
	values := make([]string, len(names))
	for i, name := range names {
		value, ok := strings.CutPrefix(lines[i+1], name+" ")
		if !ok || value == "" {
			return nil, errNoHead
		}
		values[i] = value
	}
	return values, nil
}

// Split returns the signed heads of a file in which a witness has collected them: notes
// one after the other, with an empty line between them.
func Split(file string) ([]string, error) {
	parts := strings.Split(strings.Trim(strings.ReplaceAll(file, "\r\n", "\n"), "\n"), "\n\n")
	if len(parts)%2 != 0 {
		return nil, fmt.Errorf("the file has no signed heads: %w", errNoHead)
	}
	notes := make([]string, 0, len(parts)/2)
	for i := 0; i < len(parts); i += 2 {
		notes = append(notes, strings.TrimLeft(parts[i], "\n")+"\n\n"+parts[i+1]+"\n")
	}
	return notes, nil
}
