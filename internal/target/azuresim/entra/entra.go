package entra

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Lifetime is how long an access token lives.
const Lifetime = time.Hour

// maxForm bounds the body of a token request.
const maxForm = 64 << 10

// Principal is who a token is for.
type Principal struct {
	ObjectID, AppID, Name string
}

// Federation is one federated credential of a principal.
type Federation struct {
	Principal Principal
	Issuer    string
	Subject   string
	Audiences []string
}

// Directory knows the principals.
type Directory interface {
	// Secret returns the principal with a client id and a secret, false when the pair is none.
	Secret(clientID, secret string) (Principal, bool)
	// Federations returns the federated credentials of the principal with a client
	// id; known is false when there is no such principal.
	Federations(clientID string) (all []Federation, known bool)
}

// Service answers the token endpoints of one tenant.
type Service struct {
	// TenantID is the tenant; Endpoint is where tokens are asked for: "https://localhost:8443".
	TenantID, Endpoint string
	// Signing signs access tokens. Playing signs what Play makes: tokens of any issuer.
	Signing, Playing Key
	Directory        Directory
	Now              func() time.Time
}

// Issuer is the issuer of access tokens.
func (s *Service) Issuer() string { return s.Endpoint + "/" + s.TenantID + "/v2.0" }

// Routes registers the endpoints.
func (s *Service) Routes(mux *http.ServeMux) {
	mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", s.token)
	mux.HandleFunc("POST /{tenant}/oauth2/token", s.token)
	mux.HandleFunc("GET /{tenant}/v2.0/.well-known/openid-configuration", s.discovery)
	mux.HandleFunc("GET /{tenant}/.well-known/openid-configuration", s.discovery)
	mux.HandleFunc("GET /{tenant}/discovery/v2.0/keys", s.keys)
	mux.HandleFunc("GET /{tenant}/discovery/keys", s.keys)
	mux.HandleFunc("GET /common/discovery/instance", s.instance)
}

// Verify checks an access token and returns its claims.
func (s *Service) Verify(token string) (Claims, error) {
	return verify(token, s.Now(), s.Signing.PublicKey())
}

// Issue makes an access token for a principal and an audience.
func (s *Service) Issue(p Principal, audience string) (string, error) {
	now := s.Now()
	return s.Signing.Sign(Claims{
		"iss": s.Issuer(), "aud": audience, "tid": s.TenantID, "oid": p.ObjectID, "sub": p.ObjectID, "appid": p.AppID, "azp": p.AppID,
		"app_displayname": p.Name, "idtyp": "app", "ver": "1.0",
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(Lifetime).Unix(),
	})
}

// Play makes a token of another issuer: what a CI system hands to its job.
func (s *Service) Play(issuer, subject, audience string) (string, error) {
	now := s.Now()
	return s.Playing.Sign(Claims{
		"iss": issuer, "sub": subject, "aud": audience,
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(Lifetime).Unix(), "jti": fmt.Sprint(now.UnixNano()),
	})
}

// failure is an error of a token endpoint: a code of Entra's (AADSTS…) and RFC 6749's.
type failure struct {
	number int
	code   string
	text   string
}

func (f *failure) Error() string { return fmt.Sprintf("AADSTS%d: %s", f.number, f.text) }

func (s *Service) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		s.refuse(w, &failure{900144, "invalid_request", "The request body could not be read."})
		return
	}
	who, err := s.authenticate(r.Context(), r)
	if err != nil {
		s.refuse(w, err)
		return
	}
	audience := audienceOf(r.PostForm.Get("scope"), r.PostForm.Get("resource"))
	if audience == "" {
		s.refuse(w, &failure{900144, "invalid_request", "The request body must contain the following parameter: 'scope'."})
		return
	}
	token, err := s.Issue(who, audience)
	if err != nil {
		s.refuse(w, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"token_type": "Bearer", "access_token": token, "resource": audience,
		"expires_in": int(Lifetime.Seconds()), "ext_expires_in": int(Lifetime.Seconds()), "expires_on": fmt.Sprint(s.Now().Add(Lifetime).Unix()),
	})
}

// audienceOf is what a token is for: a v2 scope without "/.default", or a v1 resource.
func audienceOf(scope, resource string) string {
	for _, one := range strings.Fields(scope) {
		if audience, is := strings.CutSuffix(one, "/.default"); is {
			return audience
		}
	}
	return strings.TrimSuffix(resource, "/")
}

// authenticate finds out who asks.
func (s *Service) authenticate(ctx context.Context, r *http.Request) (Principal, error) {
	form := r.PostForm
	tenant, client := r.PathValue("tenant"), form.Get("client_id")
	switch {
	case !strings.EqualFold(tenant, s.TenantID) && tenant != "common" && tenant != "organizations":
		return Principal{}, &failure{90002, "invalid_request", "Tenant '" + tenant + "' not found."}
	case form.Get("grant_type") != "client_credentials":
		return Principal{}, &failure{70003, "unsupported_grant_type", "The app requested an unsupported grant type '" + form.Get("grant_type") + "'."}
	case client == "":
		return Principal{}, &failure{900144, "invalid_request", "The request body must contain the following parameter: 'client_id'."}
	case form.Get("client_assertion") != "":
		return s.federated(ctx, client, form.Get("client_assertion"))
	}
	who, known := s.Directory.Secret(client, form.Get("client_secret"))
	if !known {
		return Principal{}, &failure{7000215, "invalid_client", "Invalid client secret provided for app '" + client + "'."}
	}
	return who, nil
}

func (s *Service) refuse(w http.ResponseWriter, err error) {
	known, is := errors.AsType[*failure](err)
	if !is {
		known = &failure{90000, "server_error", err.Error()}
	}
	status := http.StatusBadRequest
	if known.code == "invalid_client" {
		status = http.StatusUnauthorized
	}
	writeJSON(w, status, map[string]any{
		"error": known.code, "error_description": known.Error(), "error_codes": []int{known.number}, "timestamp": s.Now().UTC().Format(time.DateTime + "Z"),
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that has gone needs no answer
}
