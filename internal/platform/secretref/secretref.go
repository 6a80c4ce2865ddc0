package secretref

import (
	"regexp"
	"strconv"
	"strings"
)

const (
	// Open begins a reference, and Close ends it.
	Open, Close = "${secret:", "}"
	// maxName bounds a name and a key, in bytes; maxInside what is between Open and Close.
	maxName   = 253
	maxInside = 2*maxName + len("#@2147483647")
)

// Reference names a value of the store.
type Reference struct {
	// Name is the secret's name, with slashes between its words.
	Name string
	// Key is the one key that is meant; empty is the value of a secret that has one.
	Key string
	// Version is the one that is meant; 0 is the newest whenever it is read.
	Version int
}

// String returns the reference as it is written.
func (r Reference) String() string { return Open + r.Inside() + Close }

// Inside returns what is between Open and Close.
func (r Reference) Inside() string {
	out := r.Name
	if r.Key != "" {
		out += "#" + r.Key
	}
	if r.Version > 0 {
		out += "@" + strconv.Itoa(r.Version)
	}
	return out
}

// Error is what is wrong with a reference.
type Error struct {
	// Offset is where in the text, in bytes from 0.
	Offset  int
	Message string
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

func wrong(offset int, message string) error { return &Error{Offset: offset, Message: message} }

var (
	validName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?(/[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)*$`)
	validKey  = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
)

// ValidName reports whether a secret may have the name.
func ValidName(name string) bool { return len(name) <= maxName && validName.MatchString(name) }

// ValidKey reports whether a reference can name the key.
func ValidKey(key string) bool { return len(key) <= maxName && validKey.MatchString(key) }

// Command is how people give the value that is meant in a stage.
func (r Reference) Command(stage string) string {
	if r.Key == "" {
		return "terrace secret set " + r.Name + " --stage " + stage
	}
	return "terrace secret set " + r.Name + " --key " + r.Key + " --stage " + stage
}

// Parse reads what is between Open and Close. Its errors are of the type *Error.
func Parse(inside string) (Reference, error) {
	if len(inside) > maxInside {
		return Reference{}, wrong(0, "this is too long for a reference to a secret")
	}
	rest, version, pinned := strings.Cut(inside, "@")
	name, key, keyed := strings.Cut(rest, "#")
	r := Reference{Name: name, Key: key}
	switch {
	case name == "":
		return Reference{}, wrong(0, "the name of the secret is missing")
	case !ValidName(name):
		return Reference{}, wrong(0, strconv.Quote(name)+" is no name of a secret: it has letters, digits, dots, hyphens and underscores, with slashes between such words")
	case keyed && !ValidKey(key):
		return Reference{}, wrong(len(name)+1, strconv.Quote(key)+" is no key of a secret: it has letters, digits, dots, hyphens and underscores")
	case !pinned:
		return r, nil
	}
	n, err := strconv.ParseInt(version, 10, 32)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != version {
		return Reference{}, wrong(len(rest)+1, strconv.Quote(version)+" is no version of a secret: it is a number from 1")
	}
	r.Version = int(n)
	return r, nil
}

// Whole reads a text that is a reference and nothing else; is reports whether it begins
// as one. A text that does not is a value.
func Whole(text string) (r Reference, is bool, err error) {
	inside, is := strings.CutPrefix(text, Open)
	if !is {
		return Reference{}, false, nil
	}
	inside, after, closed := strings.Cut(inside, Close)
	switch {
	case !closed:
		return Reference{}, true, wrong(0, "the reference to a secret is not closed with }")
	case after != "":
		return Reference{}, true, wrong(len(Open)+len(inside)+1, "there is text behind the reference to a secret")
	}
	r, err = Parse(inside)
	return r, true, shifted(err, len(Open))
}

// Piece is a part of a text: a literal, or a reference where Reference is not nil.
type Piece struct {
	Literal   string
	Reference *Reference
}

// Split divides a text at its references.
func Split(text string) ([]Piece, error) {
	var pieces []Piece
	for at := 0; ; {
		before, rest, ok := strings.Cut(text[at:], Open)
		if before != "" {
			pieces = append(pieces, Piece{Literal: before})
		}
		if !ok {
			return pieces, nil
		}
		at += len(before)
		inside, _, closed := strings.Cut(rest, Close)
		if !closed {
			return nil, wrong(at, "a reference to a secret is not closed with }")
		}
		r, err := Parse(inside)
		if err != nil {
			return nil, shifted(err, at+len(Open))
		}
		pieces = append(pieces, Piece{Reference: &r})
		at += len(Open) + len(inside) + len(Close)
	}
}

func shifted(err error, by int) error {
	if e, ok := err.(*Error); ok { //nolint:errorlint // it comes from Parse as it is
		return wrong(e.Offset+by, e.Message)
	}
	return err
}

// Mentions reports whether a text has the beginning of a reference.
func Mentions(text string) bool { return strings.Contains(text, Open) }

// Follows reports whether a text refers to the newest version of a secret, so that
// another one changes what it means.
func Follows(text, name string) bool {
	for {
		_, rest, ok := strings.Cut(text, Open+name)
		if !ok {
			return false
		}
		if inside, _, closed := strings.Cut(rest, Close); closed && !strings.Contains(inside, "@") && (inside == "" || inside[0] == '#') {
			return true
		}
		text = rest
	}
}
