package chain

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Key is a public key that heads are signed with.
type Key struct {
	// ID is its kid: name and hash, as signatures have it.
	ID string `json:"id"`
	// Verifier is the key as golang.org/x/mod/sumdb/note writes it: name, hash and key.
	Verifier string `json:"verifier"`
	// From is since when it signs.
	From time.Time `json:"from"`
	// Introduced is a note in which the key before says that this one follows, "" for the
	// first.
	Introduced string `json:"introduced,omitempty"`
}

// KeyID returns the kid of a verifier.
func KeyID(verifier string) (string, error) {
	v, err := note.NewVerifier(verifier)
	if err != nil {
		return "", fmt.Errorf("%q is no key of an audit log", verifier)
	}
	return idOf(v), nil
}

func idOf(v note.Verifier) string { return fmt.Sprintf("%s+%08x", v.Name(), v.KeyHash()) }

// NewSigner makes a key pair and returns its private half as text, and the public key
// with its id.
func NewSigner(name string, random io.Reader) (private string, public Key, err error) {
	private, verifier, err := note.GenerateKey(random, name)
	if err != nil {
		return "", Key{}, err
	}
	public.Verifier = verifier
	public.ID, err = KeyID(verifier)
	return private, public, err
}

// Introduce returns the note in which a key says that another one follows it.
func Introduce(next Key, by note.Signer) (string, error) {
	signed, err := note.Sign(&note.Note{Text: introduction(next)}, by)
	return string(signed), err
}

func introduction(k Key) string {
	return strings.Join([]string{keyTitle, "key " + k.Verifier, "from " + stamp(k.From), ""}, "\n")
}

// Keys are those that are trusted.
type Keys struct{ verifiers []note.Verifier }

var errUntrusted = errors.New("no key that is trusted has signed it")

// Trust returns the keys that follow from one that is trusted, each introduced by one
// before it. Keys that do not follow are left out: heads that they signed are refused.
func Trust(verifier string, all []Key) (Keys, error) {
	first, err := note.NewVerifier(strings.TrimSpace(verifier))
	if err != nil {
		return Keys{}, fmt.Errorf("%q is no key of an audit log", verifier)
	}
	k := Keys{verifiers: []note.Verifier{first}}
	for more := true; more; {
		more = false
		for _, one := range all {
			v, err := note.NewVerifier(one.Verifier)
			if err != nil || k.has(idOf(v)) || !k.introduces(one) {
				continue
			}
			k.verifiers, more = append(k.verifiers, v), true
		}
	}
	return k, nil
}

func (k Keys) has(id string) bool {
	return slices.ContainsFunc(k.verifiers, func(v note.Verifier) bool { return idOf(v) == id })
}

// introduces reports whether a key that is trusted says that this one follows.
func (k Keys) introduces(next Key) bool {
	opened, err := note.Open([]byte(next.Introduced), note.VerifierList(k.verifiers...))
	return err == nil && opened.Text == introduction(next)
}

// Known returns the ids of the keys.
func (k Keys) Known() []string {
	ids := make([]string, 0, len(k.verifiers))
	for _, v := range k.verifiers {
		ids = append(ids, idOf(v))
	}
	return ids
}

// Open returns a head that one of the keys has signed. Signatures of others, such as
// witnesses, may be there too.
func (k Keys) Open(signed string) (Head, error) {
	opened, err := note.Open([]byte(signed), note.VerifierList(k.verifiers...))
	if err != nil {
		return Head{}, errUntrusted
	}
	h, err := parseHead(opened.Text)
	if err != nil {
		return Head{}, err
	}
	h.Key = fmt.Sprintf("%s+%08x", opened.Sigs[0].Name, opened.Sigs[0].Hash)
	return h, nil
}
