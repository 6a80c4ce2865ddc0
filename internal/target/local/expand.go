package local

import (
	"context"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	secretOpen  = "${secret:"
	secretClose = "}"
	// maskedFrom is the length from which a value is masked in logs: a shorter
	// one would hide words by accident.
	maskedFrom = 8
)

// expander puts the values of secrets in the place of references to them, and
// remembers them, so that they can be masked.
type expander struct {
	secrets Secrets
	scope   kernel.Scope
	values  []string
}

// expand returns text with its references replaced. at says where it stands.
func (e *expander) expand(ctx context.Context, at, text string) (string, error) {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(text, secretOpen)
		out.WriteString(before)
		if !ok {
			return out.String(), nil
		}
		name, after, ok := strings.Cut(rest, secretClose)
		if !ok {
			return "", kernel.Errorf(kernel.Invalid, "%s: a reference to a secret is not closed with }", at)
		}
		value, err := reveal(ctx, e.secrets, e.scope, name)
		if kernel.Is(err, kernel.NotFound) {
			return "", kernel.Errorf(kernel.Invalid, "%s refers to the secret %q, which does not exist in %s", at, name, e.scope).
				WithFix("declare it as a resource, or store it in this stage")
		}
		if err != nil {
			return "", err
		}
		e.values = append(e.values, value)
		out.WriteString(value)
		text = after
	}
}

// mask returns a function that hides the values seen so far.
func (e *expander) mask() func(string) string {
	var pairs []string
	for _, v := range e.values {
		for line := range strings.Lines(v) { // logs are masked line by line
			if line = strings.TrimRight(line, "\r\n"); len(line) >= maskedFrom {
				pairs = append(pairs, line, "[secret]")
			}
		}
	}
	if len(pairs) == 0 {
		return func(line string) string { return line }
	}
	return strings.NewReplacer(pairs...).Replace
}
