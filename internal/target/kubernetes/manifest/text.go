package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// Unknown stands in a preview for what is known only after the apply.
const Unknown = "(known after apply)"

// text is a value as literals and references to secrets.
type text []piece

// piece is a literal, or the name that a secret has in a key vault and as a key of a
// Kubernetes Secret.
type piece struct{ literal, secret string }

// parse reads a value; a reference to what cannot be in a key vault is an error.
func parse(s string) (text, error) {
	pieces, err := secretref.Split(s)
	if err != nil {
		return nil, err
	}
	var t text
	for _, p := range pieces {
		if p.Reference == nil {
			t = append(t, piece{literal: p.Literal})
			continue
		}
		name, err := secretref.VaultName(*p.Reference)
		if err != nil {
			return nil, err
		}
		t = append(t, piece{secret: name})
	}
	return t, nil
}

func (t text) hasSecret() bool {
	for _, p := range t {
		if p.secret != "" {
			return true
		}
	}
	return false
}

// only returns the secret that is the whole value.
func (t text) only() (string, bool) {
	if len(t) != 1 || t[0].secret == "" {
		return "", false
	}
	return t[0].secret, true
}

// plain escapes a literal: in commands and variables Kubernetes replaces $(NAME),
// and $$ by $. A $ at the end would join with a reference that follows.
func plain(s string) string {
	if strings.Contains(s, "$(") || strings.Contains(s, "$$") || strings.HasSuffix(s, "$") {
		return strings.ReplaceAll(s, "$", "$$")
	}
	return s
}

// usual are names that their variables tell apart.
var usual = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// secretVariable is the variable that a secret is put into where it is only a
// part of another value. No two secrets have the same.
func secretVariable(name string) string {
	variable := "TERRACE_SECRET_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	if usual.MatchString(name) {
		return variable
	}
	sum := sha256.Sum256([]byte(name))
	return variable + "__" + strings.ToUpper(hex.EncodeToString(sum[:8]))
}

// joined writes a value with references to the variables of its secrets.
func (t text) joined() string {
	var b strings.Builder
	for _, p := range t {
		if p.secret != "" {
			b.WriteString("$(" + secretVariable(p.secret) + ")")
		} else {
			b.WriteString(plain(p.literal))
		}
	}
	return b.String()
}

// secretsOf returns the names of all secrets that the declaration refers to, sorted.
func secretsOf(s Spec) []string {
	set := map[string]bool{}
	note := func(value string) {
		t, err := parse(value)
		if err != nil {
			return // check has told it
		}
		for _, p := range t {
			if p.secret != "" {
				set[p.secret] = true
			}
		}
	}
	for _, c := range s.Containers {
		c.values(note)
	}
	return sorted(set)
}

// values tells every text of the container that may refer to secrets.
func (c Container) values(tell func(value string)) {
	for _, v := range c.Variables {
		tell(v)
	}
	for _, f := range c.Files {
		if f.Content != nil {
			tell(*f.Content)
		}
	}
}

// hasSecret reports whether the container refers to a secret.
func (c Container) hasSecret() (has bool) {
	c.values(func(value string) { has = has || secretref.Mentions(value) })
	return has
}
