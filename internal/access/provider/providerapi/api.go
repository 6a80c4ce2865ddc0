// Package providerapi serves the OpenID provider: its protocol endpoints, its API, and
// the pages on which people sign in.
//
// It owns the pages, their cookies and the wire types. It decides nothing: provider and
// provider/oauth do.
package providerapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/provider/oauth"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// Config is what a Handler is made of.
type Config struct {
	Provider *provider.Service
	OAuth    *oauth.Server
	// Steps are asked after the first proof, in their order.
	Steps []provider.Step
	// Account is the path of the page where people change how they sign in, "" for none.
	Account string
	// Passkeys may be nil: then there are none.
	Passkeys provider.Passkeys
	// Upstreams may be nil: then people sign in with what Terrace knows of them.
	Upstreams provider.Upstreams
	// Several reports whether there is more than one tenant, so that people say theirs;
	// nil is no.
	Several func(ctx context.Context) (bool, error)
}

// Handler serves the provider. It implements app's wire.
type Handler struct {
	Config

	pages   *pages
	foreign *http.CrossOriginProtection
	secure  bool
}

// New returns a handler.
func New(c Config) *Handler {
	return &Handler{Config: c, pages: newPages(), foreign: http.NewCrossOriginProtection(), secure: strings.HasPrefix(c.Provider.Issuer, "https://")}
}

// Mount adds the provider's paths.
func (h *Handler) Mount(r chi.Router) {
	r.Get("/.well-known/openid-configuration", h.discovery)
	r.Get("/.well-known/oauth-authorization-server", h.discovery)
	r.Get("/oauth2/jwks", h.keySet)
	r.Get("/oauth2/authorize", h.authorize)
	r.Post("/oauth2/authorize", asGet)
	r.Get("/oauth2/continue", h.goOn)
	r.Post("/oauth2/consent", h.consent)
	r.Post("/oauth2/token", h.OAuth.Token)
	r.Post("/oauth2/revoke", h.OAuth.Revoke)
	r.Post("/oauth2/introspect", h.OAuth.Introspect)
	r.Post("/oauth2/device", h.OAuth.Device)
	r.Get("/oauth2/userinfo", h.userInfo)
	r.Post("/oauth2/userinfo", h.userInfo)
	r.Get("/oauth2/logout", h.logout)
	r.Post("/oauth2/logout", asGet)
	r.Post("/sign-out", h.signOut)
	r.Get("/sign-in", h.showSignIn)
	r.Post("/sign-in", h.signIn)
	r.Post("/sign-in/passkey", h.passkey)
	r.Post("/sign-in/tenant", h.chooseTenant)
	r.Get("/sign-in/step/{step}", h.showStep)
	r.Post("/sign-in/step/{step}", h.takeStep)
	r.Get(accountSessions, h.showSessions)
	r.Post(accountSessions+"/end", h.endSession)
	r.Get("/device", h.showDevice)
	r.Post("/device", h.device)
}

// metadata is what clients find out (OpenID Connect Discovery §3, RFC 8414 §2).
type metadata struct {
	Issuer                string   `json:"issuer"`
	Authorization         string   `json:"authorization_endpoint"`
	Token                 string   `json:"token_endpoint"`
	Device                string   `json:"device_authorization_endpoint"`
	UserInfo              string   `json:"userinfo_endpoint"`
	Keys                  string   `json:"jwks_uri"`
	Revocation            string   `json:"revocation_endpoint"`
	Introspection         string   `json:"introspection_endpoint"`
	EndSession            string   `json:"end_session_endpoint"`
	Scopes                []string `json:"scopes_supported"`
	ResponseTypes         []string `json:"response_types_supported"`
	ResponseModes         []string `json:"response_modes_supported"`
	Grants                []string `json:"grant_types_supported"`
	Subjects              []string `json:"subject_types_supported"`
	IDTokenAlgorithms     []string `json:"id_token_signing_alg_values_supported"`
	TokenAuthentication   []string `json:"token_endpoint_auth_methods_supported"`
	RevokeAuthentication  []string `json:"revocation_endpoint_auth_methods_supported"`
	InspectAuthentication []string `json:"introspection_endpoint_auth_methods_supported"`
	Challenges            []string `json:"code_challenge_methods_supported"`
	Claims                []string `json:"claims_supported"`
	Levels                []string `json:"acr_values_supported"`
	Prompts               []string `json:"prompt_values_supported"`
	ClaimsParameter       bool     `json:"claims_parameter_supported"`
	RequestParameter      bool     `json:"request_parameter_supported"`
	RequestURIParameter   bool     `json:"request_uri_parameter_supported"`
	BackchannelLogout     bool     `json:"backchannel_logout_supported"`
	BackchannelSession    bool     `json:"backchannel_logout_session_supported"`
	IssuerInResponse      bool     `json:"authorization_response_iss_parameter_supported"`
}

func (h *Handler) metadata() metadata {
	at := func(path string) string { return h.Provider.Issuer + path }
	confidential := []string{"client_secret_basic", "client_secret_post"}
	return metadata{
		Issuer: h.Provider.Issuer, Authorization: at("/oauth2/authorize"), Token: at("/oauth2/token"), Device: at("/oauth2/device"),
		UserInfo: at("/oauth2/userinfo"), Keys: at("/oauth2/jwks"), Revocation: at("/oauth2/revoke"), Introspection: at("/oauth2/introspect"), EndSession: at("/oauth2/logout"),
		Scopes: provider.Scopes(), ResponseTypes: []string{"code"}, ResponseModes: []string{"query"}, Grants: provider.Grants(),
		Subjects: []string{"public"}, IDTokenAlgorithms: []string{provider.ES256, provider.RS256},
		TokenAuthentication: append(confidential, "none"), RevokeAuthentication: append(confidential, "none"), InspectAuthentication: confidential,
		Challenges: []string{"S256"}, Levels: []string{"0", "1", "2"}, Prompts: []string{"none", "login", "consent", "select_account"}, IssuerInResponse: true, BackchannelLogout: true, BackchannelSession: true,
		Claims: []string{"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "acr", "amr", "sid", "tenant", "name", "preferred_username", "groups"},
	}
}

func (h *Handler) discovery(w http.ResponseWriter, _ *http.Request) { public(w, h.metadata()) }

func (h *Handler) keySet(w http.ResponseWriter, r *http.Request) {
	set, err := h.Provider.KeySet(r.Context())
	if err != nil {
		httpserver.WriteError(w, r, err)
		return
	}
	public(w, set)
}

// public answers what anybody may read, and keep for a while.
func public(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cache-Control", fmt.Sprintf("public, max-age=%d", int(provider.KeySetLife.Seconds())))
	_ = json.NewEncoder(w).Encode(v) // the client may have left
}

// asGet answers a form that another site has sent as if it had sent a link: a browser
// sends no cookie with the former.
func asGet(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		httpserver.WriteError(w, r, kernel.Errorf(kernel.Invalid, "the form is not readable"))
		return
	}
	http.Redirect(w, r, r.URL.Path+"?"+r.Form.Encode(), http.StatusSeeOther)
}

// bearerOf returns the token of a request: in its head, or in its form (RFC 6750 §2).
func bearerOf(r *http.Request) string {
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	return r.PostFormValue("access_token")
}

// userInfo answers who a token stands for (OpenID Connect Core §5.3).
func (h *Handler) userInfo(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	bearer := bearerOf(r)
	actor, err := h.Provider.Verify(ctx, bearer)
	var claims provider.Claims
	if err == nil {
		claims, err = h.Provider.Inspect(ctx, bearer)
	}
	if err != nil && !kernel.Is(err, kernel.Unauthenticated) && !kernel.Is(err, kernel.Denied) {
		httpserver.WriteError(w, r, err)
		return
	}
	if err != nil {
		w.Header().Set("WWW-Authenticate", `Bearer realm="terrace", error="invalid_token"`)
		httpserver.WriteError(w, r, kernel.Errorf(kernel.Unauthenticated, "an access token is needed that a client was given"))
		return
	}
	scopes := strings.Fields(claims.Scope)
	if !has(scopes, provider.ScopeOpenID) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="terrace", error="insufficient_scope", scope="openid"`)
		httpserver.WriteError(w, r, kernel.Errorf(kernel.Denied, "the token has no scope openid"))
		return
	}
	told, err := h.Provider.Told(ctx, actor, scopes)
	if err != nil {
		httpserver.WriteError(w, r, err)
		return
	}
	told["sub"], told["tenant"] = claims.Subject, claims.Tenant
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(told) // the client may have left
}
