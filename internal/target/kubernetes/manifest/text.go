package manifest

import (
	"fmt"
	"regexp"
	"strings"
)

// Unknown stands in a preview for what is known only after the apply.
const Unknown = "(known after apply)"

const (
	secretOpen  = "${secret:"
	secretClose = "}"
)

// text is a value as literals and references to secrets.
type text []piece

type piece struct{ literal, secret string }

var secretName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]{0,126}$`)

// parse reads a value; a reference that is not closed, or to what cannot be a
// secret's name, is an error.
func parse(s string) (text, error) {
	var t text
	for {
		before, rest, ok := strings.Cut(s, secretOpen)
		if before != "" {
			t = append(t, piece{literal: before})
		}
		if !ok {
			return t, nil
		}
		name, after, ok := strings.Cut(rest, secretClose)
		if !ok {
			return nil, fmt.Errorf("a reference to a secret is not closed with }")
		}
		if !secretName.MatchString(name) {
			return nil, fmt.Errorf("%q cannot be the name of a secret: letters, digits and dashes, at most 127", name)
		}
		t, s = append(t, piece{secret: name}), after
	}
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

// secretVariable is the variable that a secret is put into where it is only a
// part of another value.
func secretVariable(name string) string {
	return "TERRACE_SECRET_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
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
	c.values(func(value string) { has = has || strings.Contains(value, secretOpen) })
	return has
}
