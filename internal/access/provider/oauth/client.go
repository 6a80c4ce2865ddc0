package oauth

import (
	"github.com/ory/fosite"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// client is a provider.Client as fosite sees it.
type client struct {
	provider.Client

	// program is the service account that it is, nil for a registered client.
	program *kernel.Actor
}

// GetID implements fosite.Client, as the methods below do.
func (c *client) GetID() string { return c.ID }

// GetHashedSecret returns what hasher compares a secret with.
func (c *client) GetHashedSecret() []byte { return []byte(c.Secret) }

// GetRedirectURIs returns where people may be sent back to.
func (c *client) GetRedirectURIs() []string { return c.Redirects }

// GetGrantTypes returns what the client may hand in for tokens.
func (c *client) GetGrantTypes() fosite.Arguments { return c.Grants }

// GetResponseTypes returns the one that there is: the implicit flows give tokens into
// addresses, where they leak (RFC 9700 §2.1.2).
func (c *client) GetResponseTypes() fosite.Arguments { return fosite.Arguments{"code"} }

// GetScopes returns those that the client may ask for.
func (c *client) GetScopes() fosite.Arguments { return c.Scopes }

// IsPublic reports whether the client keeps no secret.
func (c *client) IsPublic() bool { return c.Public }

// GetAudience returns whom its access tokens may be for.
func (c *client) GetAudience() fosite.Arguments { return c.Audiences }

// GetResponseModes implements fosite.ResponseModeClient.
func (c *client) GetResponseModes() []fosite.ResponseModeType {
	return []fosite.ResponseModeType{fosite.ResponseModeQuery}
}
