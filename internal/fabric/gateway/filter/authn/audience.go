package authn

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
)

// maxAudience is how long the name of an API may be, in bytes, that tokens are asked for.
const maxAudience = 512

// OwnAudiences returns whom tokens of Terrace's own issuer may be for that a policy takes.
// Only absolute URIs without a fragment are among them (RFC 8707 §2): another word could be
// the id of a client, which would take an access token for an ID token of its own.
func (k *Kind) OwnAudiences(p gateway.Policy) []string {
	var doc struct {
		Providers []struct {
			JWT *struct {
				Issuers   []issuerDoc `json:"issuers"`
				Audiences []string    `json:"audiences"`
			} `json:"jwt"`
		} `json:"providers"`
	}
	if k.Own == nil || p.Kind != KindName || json.Unmarshal(p.Spec, &doc) != nil {
		return nil
	}
	var out []string
	for _, way := range doc.Providers {
		if way.JWT == nil || !k.takesOwn(way.JWT.Issuers) {
			continue
		}
		for _, audience := range way.JWT.Audiences {
			if isResource(audience) && audience != k.Own.Issuer() {
				out = append(out, audience)
			}
		}
	}
	return out
}

func (k *Kind) takesOwn(issuers []issuerDoc) bool {
	for _, i := range issuers {
		if i.Issuer == k.Own.Issuer() {
			return true
		}
	}
	return false
}

func isResource(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.IsAbs() && len(text) <= maxAudience && !strings.ContainsAny(text, "# \t\r\n")
}
