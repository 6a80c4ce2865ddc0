package leak

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// SecretScope is where the secret is that was found; the finding's scope where it is none.
func (f Finding) SecretScope() kernel.Scope { return secretScope(f.Scope, f.Secret) }

func secretScope(in kernel.Scope, secret string) kernel.Scope {
	parts := strings.SplitN(secret, "/", 3)
	if len(parts) < 3 {
		return in
	}
	return in.InProject(parts[0]).InStage(parts[1])
}

// mine says whether a secret is of a scope's project, by the name of its version. What
// stands in no project is for those of the tenant.
func mine(scope kernel.Scope) func(secret string) bool {
	return func(secret string) bool {
		return scope.Project == "" || secretScope(scope, secret).Project == scope.Project
	}
}

// SecretName is the name of the secret that was found without its version, as
// project/stage/name; "" where it is none.
func (f Finding) SecretName() string {
	name, _, _ := strings.Cut(f.Secret, "@")
	return name
}
