package render

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// secretVariable is the name of the variable that has the value of a secret: what is inside
// the reference has letters that names of variables have not.
func secretVariable(inside string) string {
	return "secret_" + strings.ToLower(kernel.DigestOf([]byte(inside)).Hex()[:16])
}

// secretsOf are the secrets that go into modules, by the variable that has the value. One is
// ephemeral where each module that gets it takes it so.
func secretsOf(g *graph.Graph) map[string]graph.SecretUse {
	found := map[string]graph.SecretUse{}
	for _, use := range g.SecretUses() {
		name := secretVariable(use.Reference.Inside())
		if known, again := found[name]; again {
			use.Ephemeral = use.Ephemeral && known.Ephemeral
		}
		found[name] = use
	}
	return found
}
