package authn

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// exchange gives the code for tokens, and makes a session of them.
func (l *login) exchange(x *exchange.Exchange, client *oauth2.Config, code string, f flow, now time.Time) (*session, error) {
	ctx := oidc.ClientContext(x.Context(), l.issuer.client)
	token, err := client.Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return nil, err //nolint:wrapcheck // it is logged as it is
	}
	s := &session{ID: rand.Text(), Created: now.Unix(), Seen: now.Unix()}
	id, err := l.take(ctx, s, token, now)
	switch {
	case err != nil:
		return nil, err
	case id == nil:
		return nil, errors.New("there is no ID token")
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(f.Nonce)) != 1:
		return nil, errors.New("its nonce is that of another sign-in")
	}
	return s, nil
}

// take puts into a session what the provider gave; a nil token says that there was none.
func (l *login) take(ctx context.Context, s *session, token *oauth2.Token, now time.Time) (*oidc.IDToken, error) {
	if token.RefreshToken != "" {
		s.Refresh = token.RefreshToken
	}
	s.Due = 0
	if !token.Expiry.IsZero() {
		s.Due = now.Add(max(0, time.Until(token.Expiry))).Unix()
	}
	s.Scopes = l.scopes
	if said, _ := token.Extra("scope").(string); said != "" {
		s.Scopes = strings.Fields(said)
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return nil, nil //nolint:nilnil // the caller knows whether there has to be one
	}
	id, err := l.check(ctx, raw, token.AccessToken, now)
	if err != nil {
		return nil, err
	}
	if s.Subject != "" && s.Subject != id.Subject {
		return nil, errors.New("it is of somebody else than before")
	}
	claims := map[string]any{}
	if err := id.Claims(&claims); err != nil {
		return nil, err //nolint:wrapcheck // it is logged as it is
	}
	if l.issuer.foreign(claims, l.scope.Tenant) {
		return nil, errors.New("it is of somebody of another tenant")
	}
	for _, name := range []string{"nonce", "at_hash", "c_hash", "s_hash", "iat", "exp", "nbf"} {
		delete(claims, name)
	}
	l.complete(ctx, id.Subject, token.AccessToken, claims)
	s.Subject, s.Claims, s.Hint = id.Subject, claims, raw
	return id, nil
}

// check verifies an ID token (OpenID Connect Core §3.1.3.7).
func (l *login) check(ctx context.Context, raw, access string, now time.Time) (*oidc.IDToken, error) {
	verifier := oidc.NewVerifier(l.issuer.issuer, l.issuer, &oidc.Config{
		ClientID: l.clientID, SupportedSigningAlgs: asymmetric(), Now: func() time.Time { return now },
	})
	id, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, err //nolint:wrapcheck // it is logged as it is
	}
	var said struct {
		Party string `json:"azp"`
	}
	if err := id.Claims(&said); err != nil {
		return nil, err //nolint:wrapcheck // it is logged as it is
	}
	switch {
	case id.Subject == "" || len(id.Subject) > 256 || !printable(id.Subject):
		return nil, errors.New("it says of nobody")
	case id.IssuedAt.After(now.Add(time.Minute)):
		return nil, errors.New("it is of a time that has not come")
	case said.Party != "" && said.Party != l.clientID, len(id.Audience) > 1 && said.Party == "":
		return nil, errors.New("it was given to another client")
	}
	if id.AccessTokenHash != "" {
		return id, id.VerifyAccessToken(access) //nolint:wrapcheck // it is logged as it is
	}
	return id, nil
}

// VerifySignature implements oidc.KeySet with the keys that are known.
func (i *issuer) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	algorithms := make([]jose.SignatureAlgorithm, 0, len(asymmetric()))
	for _, name := range asymmetric() {
		algorithms = append(algorithms, jose.SignatureAlgorithm(name))
	}
	signed, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		return nil, err //nolint:wrapcheck // it is logged as it is
	}
	head, now := signed.Signatures[0].Header, i.kind.Clock.Now()
	candidates := i.current(now).candidates(head.KeyID, head.Algorithm)
	if len(candidates) == 0 {
		candidates = i.renewed(ctx, now).candidates(head.KeyID, head.Algorithm)
	}
	for _, key := range candidates {
		payload, err := signed.Verify(key.Key)
		if err != nil {
			continue
		}
		if is, sure := i.kind.misnamed(ctx, i, key, now); is || !sure {
			return nil, errors.New("it is of Terrace, which this gateway knows under another address, or it is not known whether it is")
		}
		return payload, nil
	}
	return nil, errors.New("no key of the issuer has signed it")
}
