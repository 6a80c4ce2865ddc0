package local

import (
	"context"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

const passwordLength = 32

// reference is what stands for a secret's value in variables and files.
func reference(name string) string { return secretref.Reference{Name: name}.String() }

// passwordName names the secret with an object's password. It tells the kinds
// apart, since a cache and a database of a stage may have the same name, and
// its dots keep it apart from secrets that people declare.
func passwordName(k Key) string {
	kind := strings.TrimSuffix(strings.TrimSuffix(string(k.Kind), "s"), "-database")
	return k.Name + "." + kind + ".password"
}

// ensurePassword returns the value of a generated secret, made when missing.
func ensurePassword(ctx context.Context, secrets Secrets, of Key, name string) (string, error) {
	if _, err := secrets.Generate(ctx, of.Scope, name, passwordLength); err != nil {
		return "", err
	}
	return reveal(ctx, secrets, of.Scope, of.String(), secretref.Reference{Name: name})
}

// reveal reads a secret as the platform itself, for what is named: a run may refer to a
// value, and only the processes that it declares get it.
func reveal(ctx context.Context, secrets Secrets, scope kernel.Scope, what string, r secretref.Reference) (string, error) {
	ctx = secretref.ReadFor(kernel.WithActor(ctx, kernel.System(component, scope.Tenant)), what)
	return secrets.Reveal(ctx, scope, r)
}

// component is the name under which this room acts by itself.
const component = "target/local"
