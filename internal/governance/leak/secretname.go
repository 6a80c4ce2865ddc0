package leak

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// SecretScope is where the secret is that was found; the finding's scope where it is none.
func (f Finding) SecretScope() kernel.Scope {
	parts := strings.SplitN(f.Secret, "/", 3)
	if len(parts) < 3 {
		return f.Scope
	}
	return f.Scope.InProject(parts[0]).InStage(parts[1])
}

// SecretName is the name of the secret that was found without its version, as
// project/stage/name; "" where it is none.
func (f Finding) SecretName() string {
	name, _, _ := strings.Cut(f.Secret, "@")
	return name
}
