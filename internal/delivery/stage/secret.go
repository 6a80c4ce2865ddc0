package stage

import (
	"maps"
	"slices"

	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// SecretUse is a place where a check of a stage refers to a secret of the stage.
type SecretUse struct {
	// Path is where, such as verify.smoke.headers.Authorization.
	Path      string
	Reference secretref.Reference
}

// SecretUses returns where the checks of a stage refer to secrets, in their order.
func (s Stage) SecretUses() (uses []SecretUse) {
	for _, k := range s.Verify {
		uses = append(uses, k.SecretUses()...)
	}
	return uses
}

// SecretUses returns where the check refers to secrets.
func (k Check) SecretUses() (uses []SecretUse) {
	each := func(path string, values map[string]string) {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			pieces, err := secretref.Split(values[name])
			if err != nil {
				continue // it was refused with its place
			}
			for _, p := range pieces {
				if p.Reference != nil {
					uses = append(uses, SecretUse{"verify." + k.Name + path + name, *p.Reference})
				}
			}
		}
	}
	if k.HTTP != nil {
		each(".headers.", k.HTTP.Headers)
	}
	if k.Command != nil {
		each(".environment.", k.Command.Environment)
	}
	return uses
}

// WithSecrets returns the check with values in the places of references.
func (k Check) WithSecrets(values map[secretref.Reference]string) Check {
	put := func(texts map[string]string) map[string]string {
		out := make(map[string]string, len(texts))
		for name, text := range texts {
			pieces, _ := secretref.Split(text) // what is no reference was refused
			out[name] = ""
			for _, p := range pieces {
				if p.Reference != nil {
					out[name] += values[*p.Reference]
				} else {
					out[name] += p.Literal
				}
			}
		}
		return out
	}
	if k.HTTP != nil {
		h := *k.HTTP
		h.Headers, k.HTTP = put(h.Headers), &h
	}
	if k.Command != nil {
		c := *k.Command
		c.Environment, k.Command = put(c.Environment), &c
	}
	return k
}
