package entra

import (
	"net/http"
)

func (s *Service) discovery(w http.ResponseWriter, _ *http.Request) {
	base := s.Endpoint + "/" + s.TenantID
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer": s.Issuer(), "token_endpoint": base + "/oauth2/v2.0/token", "jwks_uri": base + "/discovery/v2.0/keys",
		"authorization_endpoint": base + "/oauth2/v2.0/authorize", "response_types_supported": []string{"token"},
		"subject_types_supported": []string{"pairwise"}, "id_token_signing_alg_values_supported": []string{"RS256"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt"},
	})
}

func (s *Service) keys(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"keys": []any{s.Signing.Public()}})
}

// instance answers a client library that asks whether the authority is one.
func (s *Service) instance(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": s.Endpoint + "/" + s.TenantID + "/v2.0/.well-known/openid-configuration", "api-version": "1.1",
	})
}
