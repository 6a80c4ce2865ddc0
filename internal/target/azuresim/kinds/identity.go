package kinds

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const (
	federatedType = arm.TypeIdentity + "/federatedIdentityCredentials"
	mostFederated = 20 // credentials that an identity has
)

// identityKinds are user-assigned identities and their federated credentials, in Microsoft.ManagedIdentity.
func identityKinds() []arm.Kind {
	return []arm.Kind{
		{
			Type: arm.TypeIdentity, Located: true, NoProvisioningState: true, Status: arm.Status{Create: 201, Delete: 200},
			Name:     arm.NameRule{Pattern: `^[a-zA-Z0-9][-a-zA-Z0-9_]*$`, Min: 3, Max: 128},
			ReadOnly: []string{"properties.clientId", "properties.principalId", "properties.tenantId"},
			Default:  identityDefault, Compute: identityCompute,
		},
		{
			Type: federatedType, NoProvisioningState: true, Status: arm.Status{Create: 201, Delete: 200},
			Name:     arm.NameRule{Pattern: `^[a-zA-Z0-9][-a-zA-Z0-9_]*$`, Min: 3, Max: 120},
			Required: []string{"properties.issuer", "properties.subject", "properties.audiences"},
			Check:    federatedCheck,
		},
	}
}

func identityDefault(_ *arm.Context, r *arm.Resource) { r.Default("properties.isolationScope", "None") }

// identityCompute gives a new identity its service principal.
func identityCompute(c *arm.Context, r, old *arm.Resource) {
	if old != nil {
		return
	}
	r.Set("properties.clientId", c.NewUUID())
	r.Set("properties.principalId", c.NewUUID())
	r.Set("properties.tenantId", c.Cloud().TenantID)
}

func federatedCheck(c *arm.Context, r, old *arm.Resource) error {
	if issuer, err := url.Parse(r.Str("properties.issuer")); err != nil || issuer.Host == "" || issuer.Scheme != "https" && !onThisMachine(issuer) {
		return arm.BadRequest("BadRequest", "The issuer '%s' must be an https URL.", r.Str("properties.issuer"))
	}
	if len(r.List("properties.audiences")) != 1 {
		return arm.BadRequest("BadRequest", "A federated credential has exactly one audience.")
	}
	siblings := c.Under(r.ID.Parent().String(), federatedType)
	if old == nil && len(siblings) >= mostFederated {
		return arm.BadRequest("BadRequest", "An identity has at most %d federated credentials.", mostFederated)
	}
	for _, other := range siblings {
		if other.ID.Key() != r.ID.Key() && sameFederation(other, r) {
			return arm.Conflict("Conflict", "Issuer and subject combination already exists for this Managed Identity, in '%s'.", other.Name())
		}
	}
	return nil
}

// onThisMachine reports issuers that Azure would not take and the simulator does: a
// Terrace that is tried out has no TLS.
func onThisMachine(issuer *url.URL) bool {
	ip := net.ParseIP(issuer.Hostname())
	return issuer.Scheme == "http" && (issuer.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

func sameFederation(a, b *arm.Resource) bool {
	key := func(r *arm.Resource) string {
		return fmt.Sprint(strings.TrimRight(r.Str("properties.issuer"), "/"), "\n", r.Str("properties.subject"))
	}
	return key(a) == key(b)
}
