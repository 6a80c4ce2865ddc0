package providerapi_test

import (
	"net/url"
	"testing"

	"github.com/terrace-idp/terrace/internal/access/provider"
)

// TestARefreshMayAskForLess gets an access token with fewer scopes, while the refresh token
// keeps all of its own, and none with more (RFC 6749 §6).
func TestARefreshMayAskForLess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.tokens(w.browser(), "openid", "offline_access", "read")
	refresh := func(token, scope string) map[string]any {
		t.Helper()
		_, answer := w.ask("/oauth2/token", w.client.ID, w.secret, url.Values{"grant_type": {provider.GrantRefresh}, "refresh_token": {token}, "scope": {scope}})
		return answer
	}
	less := refresh(first.RefreshToken, "openid")
	if less["scope"] != "openid" {
		t.Fatalf("the answer is %v", less)
	}
	next, _ := less["refresh_token"].(string)
	if more := refresh(next, "openid read admin"); more["error"] != "invalid_scope" {
		t.Errorf("more than was given: %v", more)
	}
}
