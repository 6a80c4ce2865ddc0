// Package oauth speaks OAuth 2.0 and OpenID Connect for the provider, on fosite.
//
// It owns what fosite needs: its storage, how codes and tokens are made, and the grants
// that fosite does not have (RFC 8628, RFC 8693). It decides nothing about people and
// knows no page: provider and provider/providerapi do.
package oauth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/oauth2"
	"github.com/ory/fosite/handler/openid"
	"github.com/ory/fosite/handler/pkce"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Subject is whom a token of another kind stands for, in an exchange (RFC 8693).
type Subject struct {
	kernel.Actor
	// Session is the session that the token belongs to; "" opens one.
	Session string
	// Exchanged are the ids of the exchanged tokens that it is, or was made of, the first one
	// first.
	Exchanged []string
	// Audiences are whom it is for, none for a token of others.
	Audiences []string
	Scopes    []string
	ExpiresAt time.Time
}

// Subjects accepts tokens of others in an exchange, by their type (RFC 8693 §3).
type Subjects interface {
	// Verify checks a token, for which it may ask others; ok is false for a type that it
	// does not know. What it returns says in a transaction whom the token stands for. The
	// errors of both are Unauthenticated for a token that does not hold.
	Verify(ctx context.Context, tokenType, token string) (accept func(context.Context) (Subject, error), ok bool, err error)
}

// Server answers what clients ask.
type Server struct {
	provider *provider.Service
	fosite   *fosite.Fosite
	issue    *oauth2.HandleHelper
	tokens   strategy
	ids      openid.OpenIDConnectTokenStrategy
	storage  storage
	// Subjects may be nil: then access tokens of Terrace alone are exchanged.
	Subjects Subjects
}

// New returns a server for a provider.
func New(p *provider.Service) *Server {
	s := &Server{provider: p}
	s.storage = storage{s}
	config := &fosite.Config{
		AccessTokenLifespan: provider.AccessLife, RefreshTokenLifespan: provider.RefreshLife, AuthorizeCodeLifespan: provider.CodeLife,
		IDTokenLifespan: provider.IDTokenLife, IDTokenIssuer: p.Issuer, AccessTokenIssuer: p.Issuer, TokenURL: p.Issuer + "/oauth2/token",
		ScopeStrategy: fosite.ExactScopeStrategy, AudienceMatchingStrategy: within,
		EnforcePKCE: true, EnforcePKCEForPublicClients: true, RefreshTokenScopes: []string{provider.ScopeOffline},
		RedirectSecureChecker: fosite.IsRedirectURISecure, ClientSecretsHasher: hasher{}, OmitRedirectScopeParam: true,
	}
	tokens := strategy{p}
	ids := &openid.DefaultStrategy{Signer: signer{p}, Config: config}
	helper := &openid.IDTokenHandleHelper{IDTokenStrategy: ids}
	s.issue = &oauth2.HandleHelper{AccessTokenStrategy: tokens, AccessTokenStorage: s.storage, Config: config}
	s.tokens, s.ids = tokens, ids
	code := &oauth2.AuthorizeExplicitGrantHandler{
		AccessTokenStrategy: tokens, RefreshTokenStrategy: tokens, AuthorizeCodeStrategy: tokens,
		CoreStorage: s.storage, TokenRevocationStorage: s.storage, Config: config,
	}
	openID := &openid.OpenIDConnectExplicitHandler{
		OpenIDConnectRequestStorage:   s.storage,
		OpenIDConnectRequestValidator: openid.NewOpenIDConnectRequestValidator(signer{p}, config), Config: config, IDTokenHandleHelper: helper,
	}
	challenge := &pkce.Handler{AuthorizeCodeStrategy: tokens, Storage: s.storage, Config: config}
	config.AuthorizeEndpointHandlers = fosite.AuthorizeEndpointHandlers{code, openID, challenge}
	config.TokenEndpointHandlers = fosite.TokenEndpointHandlers{
		code, challenge,
		&oauth2.ClientCredentialsGrantHandler{HandleHelper: s.issue, Config: config},
		&oauth2.RefreshTokenGrantHandler{AccessTokenStrategy: tokens, RefreshTokenStrategy: tokens, TokenRevocationStorage: s.storage, Config: config},
		deviceHandler{s},
		exchangeHandler{s},
		openID, &openid.OpenIDConnectRefreshHandler{IDTokenHandleHelper: helper, Config: config},
	}
	config.RevocationHandlers = fosite.RevocationHandlers{revocation{s}}
	config.ClientAuthenticationStrategy = s.authenticateClient
	s.fosite = fosite.NewOAuth2Provider(s.storage, config)
	return s
}

// Authorization reads the request of a query. The error is a Failure.
func (s *Server) Authorization(ctx context.Context, query string) (*Authorization, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, &Failure{Message: "the request is not readable", Err: err}
	}
	for name, list := range values {
		if len(list) > 1 && name != "audience" && name != "resource" {
			return nil, &Failure{Message: "the request has " + name + " more than once (RFC 6749 §3.1)", Err: fosite.ErrInvalidRequest}
		}
	}
	asAudience(values)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/oauth2/authorize?"+values.Encode(), nil)
	if err != nil {
		return nil, &Failure{Message: "the request is not readable", Err: err}
	}
	request, err := s.fosite.NewAuthorizeRequest(ctx, r)
	if err != nil {
		return nil, s.failed(request, err)
	}
	if !exact(request.GetRequestForm().Get("redirect_uri"), request.GetClient().GetRedirectURIs()) {
		return nil, &Failure{Message: "the address to come back to is not one of the client's", Err: fosite.ErrInvalidRequest}
	}
	form := request.GetRequestForm()
	if form.Get("code_challenge") == "" || form.Get("code_challenge_method") != "S256" { // said before anybody signs in
		return nil, s.failed(request, fosite.ErrInvalidRequest.WithHint("Send a code_challenge with the code_challenge_method S256 (RFC 7636)."))
	}
	a := &Authorization{
		Client: ownClient(request), Scopes: request.GetRequestedScopes(), Prompts: strings.Fields(form.Get("prompt")), MaxAge: -1,
		Strong: strings.Join(strings.Fields(form.Get("acr_values")), " ") == provider.LevelStrong,
		Hint:   form.Get("login_hint"), Tenant: form.Get("tenant"), Back: request.GetRedirectURI(), request: request,
	}
	if text := form.Get("max_age"); text != "" {
		age, err := time.ParseDuration(text + "s")
		if err != nil || age < 0 {
			return nil, s.failed(request, fosite.ErrInvalidRequest.WithHint("max_age is not a number of seconds."))
		}
		a.MaxAge = age
	}
	return a, nil
}

// isOurs reports whether an error is a defect or something that is away, so that
// nothing of what was done may stay.
func isOurs(err error) bool {
	e, ok := errors.AsType[*fosite.RFC6749Error](err)
	return err != nil && (!ok || e.CodeField >= http.StatusInternalServerError)
}
