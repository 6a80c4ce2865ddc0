package oauth

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/ory/fosite"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The kinds of what is kept between two steps.
const (
	kindCode    = "authorization code"
	kindPKCE    = "code challenge"
	kindOpenID  = "OpenID request"
	kindRefresh = "refresh token"
)

// remember is for how long a code is known after it was used, so that a thief who comes
// second is noticed.
const remember = time.Hour

// storage is fosite's view of what the provider keeps. Access tokens are not kept: they
// say themselves what they are.
type storage struct{ server *Server }

// kept is a request as it is kept.
type kept struct {
	ID                string     `json:"id"`
	Client            string     `json:"client"`
	At                time.Time  `json:"at"`
	RequestedScopes   []string   `json:"requestedScopes"`
	Scopes            []string   `json:"scopes"`
	RequestedAudience []string   `json:"requestedAudience"`
	Audience          []string   `json:"audience"`
	Form              url.Values `json:"form"`
	Session           *session   `json:"session"`
}

func (s storage) store() provider.Store { return s.server.provider.Store }

// GetClient implements fosite.ClientManager.
func (s storage) GetClient(ctx context.Context, id string) (fosite.Client, error) {
	c, err := s.server.provider.ByID(ctx, id)
	if err != nil {
		return nil, notFound(err)
	}
	if !c.BuiltIn() {
		c.Audiences = append([]string{s.server.provider.Issuer}, c.Audiences...)
	}
	return &client{Client: c}, nil
}

// ClientAssertionJWTValid implements fosite.ClientManager; such clients there are none.
func (storage) ClientAssertionJWTValid(context.Context, string) error { return fosite.ErrJTIKnown }

// SetClientAssertionJWT implements fosite.ClientManager; such clients there are none.
func (storage) SetClientAssertionJWT(context.Context, string, time.Time) error {
	return fosite.ErrJTIKnown
}

func (s storage) add(ctx context.Context, kind, hash string, r fosite.Requester, expires time.Time) error {
	body, err := json.Marshal(kept{
		ID: r.GetID(), Client: r.GetClient().GetID(), At: r.GetRequestedAt(), RequestedScopes: r.GetRequestedScopes(), Scopes: r.GetGrantedScopes(),
		RequestedAudience: r.GetRequestedAudience(), Audience: r.GetGrantedAudience(), Form: r.GetRequestForm(), Session: sessionOf(r),
	})
	if err != nil {
		return kernel.Errorf(kernel.Internal, "keep the %s: %w", kind, err)
	}
	return s.store().AddRequest(ctx, provider.Request{
		Kind: kind, Hash: hash, Session: r.GetID(), Body: body, CreatedAt: s.server.provider.Clock.Now(), ExpiresAt: expires,
	})
}

func (s storage) get(ctx context.Context, kind, hash string) (r *fosite.Request, spent bool, err error) {
	row, err := s.store().Request(ctx, kind, hash)
	if err != nil {
		return nil, false, notFound(err)
	}
	if !row.ExpiresAt.After(s.server.provider.Clock.Now()) {
		return nil, false, fosite.ErrNotFound
	}
	k := kept{Session: emptySession()}
	if err := json.Unmarshal(row.Body, &k); err != nil {
		return nil, false, kernel.Errorf(kernel.Internal, "the %s is damaged: %w", kind, err)
	}
	c, err := s.GetClient(ctx, k.Client)
	if err != nil {
		return nil, false, err
	}
	return &fosite.Request{
		ID: k.ID, RequestedAt: k.At, Client: c, RequestedScope: k.RequestedScopes, GrantedScope: k.Scopes,
		RequestedAudience: k.RequestedAudience, GrantedAudience: k.Audience, Form: k.Form, Session: k.Session,
	}, row.Spent, nil
}

// CreateAuthorizeCodeSession implements oauth2.AuthorizeCodeStorage, as the next two do.
func (s storage) CreateAuthorizeCodeSession(ctx context.Context, hash string, r fosite.Requester) error {
	return s.add(ctx, kindCode, hash, r, s.server.provider.Clock.Now().Add(remember))
}

// GetAuthorizeCodeSession returns what a code is for, with its own error for one that
// was used.
func (s storage) GetAuthorizeCodeSession(ctx context.Context, hash string, _ fosite.Session) (fosite.Requester, error) {
	r, spent, err := s.get(ctx, kindCode, hash)
	if err != nil {
		return nil, err
	}
	if spent {
		because(ctx, provider.EndedByReplay)
		return r, fosite.ErrInvalidatedAuthorizeCode
	}
	return r, nil
}

// InvalidateAuthorizeCodeSession spends a code.
func (s storage) InvalidateAuthorizeCodeSession(ctx context.Context, hash string) error {
	return s.store().SpendRequest(ctx, kindCode, hash)
}

// CreatePKCERequestSession implements pkce.PKCERequestStorage, as the next two do.
func (s storage) CreatePKCERequestSession(ctx context.Context, hash string, r fosite.Requester) error {
	return s.add(ctx, kindPKCE, hash, r, s.server.provider.Clock.Now().Add(provider.CodeLife))
}

// GetPKCERequestSession returns the challenge of a code.
func (s storage) GetPKCERequestSession(ctx context.Context, hash string, _ fosite.Session) (fosite.Requester, error) {
	return s.got(s.get(ctx, kindPKCE, hash))
}

// DeletePKCERequestSession forgets the challenge of a code.
func (s storage) DeletePKCERequestSession(ctx context.Context, hash string) error {
	return s.store().RemoveRequest(ctx, kindPKCE, hash)
}

// CreateOpenIDConnectSession implements openid.OpenIDConnectRequestStorage, as the next
// two do.
func (s storage) CreateOpenIDConnectSession(ctx context.Context, code string, r fosite.Requester) error {
	return s.add(ctx, kindOpenID, kernel.HashOf(code), r, s.server.provider.Clock.Now().Add(provider.CodeLife))
}

// GetOpenIDConnectSession returns what an ID token is made of.
func (s storage) GetOpenIDConnectSession(ctx context.Context, code string, _ fosite.Requester) (fosite.Requester, error) {
	return s.got(s.get(ctx, kindOpenID, kernel.HashOf(code)))
}

// DeleteOpenIDConnectSession forgets what an ID token is made of.
func (s storage) DeleteOpenIDConnectSession(ctx context.Context, code string) error {
	return s.store().RemoveRequest(ctx, kindOpenID, kernel.HashOf(code))
}

func (storage) got(r *fosite.Request, _ bool, err error) (fosite.Requester, error) {
	if err != nil {
		return nil, err
	}
	return r, nil
}

// CreateAccessTokenSession opens the session of a token.
func (s storage) CreateAccessTokenSession(ctx context.Context, _ string, r fosite.Requester) error {
	if sessionOf(r).Of != "" {
		return nil // an exchanged token is of a session that there is
	}
	return s.server.provider.Open(ctx, s.server.opened(r))
}

// GetAccessTokenSession returns what an access token says.
func (s storage) GetAccessTokenSession(ctx context.Context, token string, _ fosite.Session) (fosite.Requester, error) {
	claims, err := s.server.provider.Inspect(ctx, token)
	if err != nil {
		return nil, notFound(err)
	}
	r := fosite.NewRequest()
	r.ID, r.Client = claims.Session, &client{Client: provider.Client{ID: claims.Client, Tenant: claims.Tenant}}
	return r, nil
}

// DeleteAccessTokenSession has nothing to do: access tokens are not kept.
func (storage) DeleteAccessTokenSession(context.Context, string) error { return nil }

// CreateRefreshTokenSession keeps a refresh token.
func (s storage) CreateRefreshTokenSession(ctx context.Context, hash, _ string, r fosite.Requester) error {
	return s.add(ctx, kindRefresh, hash, r, s.server.provider.Clock.Now().Add(provider.RefreshLife))
}

// GetRefreshTokenSession returns what a refresh token is for, with its own error for one
// that was used.
func (s storage) GetRefreshTokenSession(ctx context.Context, hash string, _ fosite.Session) (fosite.Requester, error) {
	r, spent, err := s.get(ctx, kindRefresh, hash)
	if err != nil {
		return nil, err
	}
	if spent {
		because(ctx, provider.EndedByReuse)
		return r, fosite.ErrInactiveToken
	}
	if _, err := s.server.provider.Holding(ctx, r.GetID()); err != nil {
		return nil, notFound(err)
	}
	return r, nil
}

// DeleteRefreshTokenSession has nothing to do: a token that was used is kept, to know it
// when it comes again.
func (storage) DeleteRefreshTokenSession(context.Context, string) error { return nil }

// RotateRefreshToken spends a refresh token.
func (s storage) RotateRefreshToken(ctx context.Context, _, hash string) error {
	err := s.store().SpendRequest(ctx, kindRefresh, hash)
	if kernel.Is(err, kernel.Stale) {
		return fosite.ErrInactiveToken // another one was quicker
	}
	return err
}

// RevokeRefreshToken ends the session of a request.
func (s storage) RevokeRefreshToken(ctx context.Context, id string) error {
	return s.server.provider.End(ctx, id, whyIn(ctx))
}

// RevokeAccessToken ends the session of a request.
func (s storage) RevokeAccessToken(ctx context.Context, id string) error {
	return s.server.provider.End(ctx, id, whyIn(ctx))
}

// notFound turns what is not there, or does not hold, into fosite's word for it.
func notFound(err error) error {
	if isGone(err) {
		return fosite.ErrNotFound
	}
	return err
}

// isGone reports whether something is not there or does not hold, or is of a tenant that
// nobody works in at present.
func isGone(err error) bool {
	return kernel.Is(err, kernel.NotFound) || kernel.Is(err, kernel.Unauthenticated) || kernel.Is(err, kernel.Denied)
}
