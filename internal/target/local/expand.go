package local

import (
	"context"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/conceal"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// maskedFrom is the length from which a value is masked in logs: a shorter
// one would hide words by accident.
const maskedFrom = 8

// maskedAs is what is in the place of such a value.
const maskedAs = "[secret]"

// expander puts the values of secrets in the place of references to them, and
// remembers them, so that they can be masked.
type expander struct {
	secrets Secrets
	scope   kernel.Scope
	// reader is what gets the values.
	reader string
	values []string
}

// expand returns text with its references replaced. at says where it stands.
func (e *expander) expand(ctx context.Context, at, text string) (string, error) {
	pieces, err := secretref.Split(text)
	if err != nil {
		return "", kernel.Errorf(kernel.Invalid, "%s: %w", at, err)
	}
	var out strings.Builder
	for _, p := range pieces {
		if p.Reference == nil {
			out.WriteString(p.Literal)
			continue
		}
		value, err := reveal(ctx, e.secrets, e.scope, e.reader, *p.Reference)
		if kernel.Is(err, kernel.NotFound) {
			return "", kernel.Errorf(kernel.Invalid, "%s refers to the secret %q, which does not exist in %s", at, p.Reference.Inside(), e.scope).
				WithFix("declare it as a resource, or store it in this stage")
		}
		if err != nil {
			return "", err
		}
		e.values = append(e.values, value)
		out.WriteString(value)
	}
	return out.String(), nil
}

// hidden are the values seen so far, and what programs make of them: base64, hex, JSON and
// addresses.
func (e *expander) hidden() *conceal.Values {
	hidden := conceal.Of()
	for _, v := range e.values {
		if len(v) >= maskedFrom {
			hidden.Add(v) // as a whole where it is encoded
		}
		for line := range strings.Lines(v) { // a log may have but one of them
			if line = strings.TrimRight(line, "\r\n"); len(line) >= maskedFrom {
				hidden.Add(line)
			}
		}
	}
	return hidden
}
