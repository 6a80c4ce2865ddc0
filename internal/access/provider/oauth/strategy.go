package oauth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"strings"
	"time"

	"github.com/ory/fosite"
	"github.com/ory/fosite/token/jwt"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// strategy makes codes and tokens. A code and a refresh token are random, and their
// hash is what they are known by; an access token is known by itself.
type strategy struct{ provider *provider.Service }

// AccessTokenSignature implements oauth2.CoreStrategy, as the methods below do.
func (strategy) AccessTokenSignature(_ context.Context, token string) string { return token }

// GenerateAccessToken signs a JWT (RFC 9068).
func (s strategy) GenerateAccessToken(ctx context.Context, r fosite.Requester) (token, signature string, err error) {
	own, now := sessionOf(r), s.provider.Clock.Now()
	claims := provider.Claims{
		Issuer: s.provider.Issuer, Subject: own.Subject, Audience: s.audienceOf(r), Expires: now.Add(provider.AccessLife).Unix(), IssuedAt: now.Unix(),
		ID: kernel.NewID("jti"), Client: r.GetClient().GetID(), Scope: strings.Join(scopesOf(r), " "), Tenant: own.Tenant, Session: r.GetID(),
		Projects: own.Projects, Stages: own.Stages,
	}
	if own.Of != "" {
		claims.Session, claims.Actor, claims.Exchanged = own.Of, &provider.ActorClaim{Subject: own.Actor}, own.Exchanged
	}
	if own.Ends != 0 {
		claims.Expires = min(claims.Expires, own.Ends)
	}
	if at := own.authTime(); !at.IsZero() {
		claims.AuthTime = at.Unix()
	}
	token, err = s.provider.Sign(ctx, provider.ES256, provider.TypeAccess, claims)
	return token, token, err
}

// scopesOf are those of an access token. A refresh may ask for fewer than the refresh token
// has, which keeps all of its own (RFC 6749 §6).
func scopesOf(r fosite.Requester) fosite.Arguments {
	form := r.GetRequestForm()
	asked := strings.Fields(form.Get("scope"))
	if form.Get("grant_type") != provider.GrantRefresh || len(asked) == 0 {
		return r.GetGrantedScopes()
	}
	return slices.DeleteFunc(slices.Clone(r.GetGrantedScopes()), func(scope string) bool { return !slices.Contains(asked, scope) })
}

// inside refuses a refresh that asks for more than the refresh token has.
func inside(r fosite.Requester) error {
	form := r.GetRequestForm()
	if form.Get("grant_type") != provider.GrantRefresh {
		return nil
	}
	for _, scope := range strings.Fields(form.Get("scope")) {
		if !r.GetGrantedScopes().Has(scope) {
			return fosite.ErrInvalidScope.WithHintf("The refresh token does not have the scope %q.", scope)
		}
	}
	return nil
}

// ValidateAccessToken checks an access token.
func (s strategy) ValidateAccessToken(ctx context.Context, _ fosite.Requester, token string) error {
	_, err := s.provider.Inspect(ctx, token)
	return err
}

// RefreshTokenSignature returns what a refresh token is known by.
func (strategy) RefreshTokenSignature(_ context.Context, token string) string {
	return kernel.HashOf(token)
}

// GenerateRefreshToken makes a refresh token.
func (strategy) GenerateRefreshToken(context.Context, fosite.Requester) (token, signature string, err error) {
	return secret(provider.PrefixRefresh)
}

// ValidateRefreshToken checks when a refresh token expires.
func (s strategy) ValidateRefreshToken(_ context.Context, r fosite.Requester, _ string) error {
	return s.inTime(r, fosite.RefreshToken)
}

// AuthorizeCodeSignature returns what a code is known by.
func (strategy) AuthorizeCodeSignature(_ context.Context, code string) string {
	return kernel.HashOf(code)
}

// GenerateAuthorizeCode makes a code.
func (strategy) GenerateAuthorizeCode(context.Context, fosite.Requester) (code, signature string, err error) {
	return secret(provider.PrefixCode)
}

// ValidateAuthorizeCode has nothing to check: a code is kept with its time, in storage.
func (strategy) ValidateAuthorizeCode(context.Context, fosite.Requester, string) error { return nil }

func secret(prefix string) (text, hash string, err error) {
	text = provider.NewSecret(prefix)
	return text, kernel.HashOf(text), nil
}

func (s strategy) inTime(r fosite.Requester, of fosite.TokenType) error {
	if at := r.GetSession().GetExpiresAt(of); !at.IsZero() && !at.After(s.provider.Clock.Now()) {
		return fosite.ErrTokenExpired
	}
	return nil
}

// signer signs ID tokens for fosite, with the algorithm that their client has.
type signer struct{ provider *provider.Service }

// Generate implements jwt.Signer, as the methods below do.
func (s signer) Generate(ctx context.Context, claims jwt.MapClaims, header jwt.Mapper) (token, signature string, err error) {
	algorithm, _ := header.ToMap()[headAlgorithm].(string)
	if algorithm == "" {
		algorithm = provider.ES256
	}
	delete(claims, "rat") // fosite's own
	if header.ToMap()[headUntimed] == true {
		delete(claims, "auth_time")
	}
	token, err = s.provider.Sign(ctx, algorithm, provider.TypeID, map[string]any(claims))
	return token, "", err
}

// Decode returns what an ID token says that a client shows as a hint, also when it has
// expired.
func (s signer) Decode(ctx context.Context, token string) (*jwt.Token, error) {
	claims, err := s.provider.Hint(ctx, token)
	if err != nil {
		return nil, err
	}
	return &jwt.Token{Claims: jwt.MapClaims{"sub": claims.Subject, "sid": claims.Session}}, nil
}

// Validate checks an ID token.
func (s signer) Validate(ctx context.Context, token string) (string, error) {
	_, err := s.provider.Hint(ctx, token)
	return "", err
}

// Hash returns a SHA-256.
func (signer) Hash(_ context.Context, in []byte) ([]byte, error) {
	sum := sha256.Sum256(in)
	return sum[:], nil
}

// GetSignature returns the last part of a token.
func (signer) GetSignature(_ context.Context, token string) (string, error) {
	return token[strings.LastIndex(token, ".")+1:], nil
}

// GetSigningMethodLength returns the size of Hash.
func (signer) GetSigningMethodLength(context.Context) int { return sha256.Size }

// hasher compares secrets of clients, which have 256 random bits and need no slow hash.
type hasher struct{}

// Compare implements fosite.Hasher.
func (hasher) Compare(_ context.Context, hash, data []byte) error {
	if len(hash) == 0 || subtle.ConstantTimeCompare(hash, []byte(kernel.HashOf(string(data)))) != 1 {
		return fosite.ErrInvalidClient
	}
	return nil
}

// Hash implements fosite.Hasher.
func (hasher) Hash(_ context.Context, data []byte) ([]byte, error) {
	return []byte(kernel.HashOf(string(data))), nil
}

// expireAt sets when the tokens of a request expire.
func expireAt(r fosite.Requester, now time.Time) {
	r.GetSession().SetExpiresAt(fosite.AccessToken, now.Add(provider.AccessLife))
	r.GetSession().SetExpiresAt(fosite.RefreshToken, now.Add(provider.RefreshLife))
}
