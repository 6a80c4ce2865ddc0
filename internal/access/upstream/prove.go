package upstream

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// proof is what an upstream has proven of somebody.
type proof struct {
	claims  Claims
	signed  Claims // what the ID token says alone
	subject string // sub
	sid     string
	idToken string
	issued  time.Time
	account Account
}

// authenticated returns when somebody has proven at an upstream who they are (auth_time of
// OpenID Connect Core §2), zero where it does not say. Since clocks differ, who has done so
// no longer than that before they were sent there counts as having done it then.
func authenticated(claims Claims, began, now time.Time) time.Time {
	seconds, err := strconv.ParseFloat(claims.text("auth_time"), 64)
	if err != nil || seconds <= 0 || seconds > float64(now.Add(ahead).Unix()) {
		return time.Time{}
	}
	at := time.Unix(int64(seconds), 0).UTC()
	switch {
	case at.After(now):
		return now
	case at.Before(began) && !at.Before(began.Add(-ahead)):
		return began
	default:
		return at
	}
}

// prove exchanges the code of an answer, and checks what the upstream says for it.
func (s *Service) prove(ctx context.Context, u Upstream, f flow, query url.Values) (proof, error) {
	p, err := s.at(ctx, u)
	if err != nil {
		return proof{}, err
	}
	if err := s.fromIt(u, p, query); err != nil {
		return proof{}, err
	}
	if code := query.Get("error"); code != "" {
		return proof{}, kernel.Errorf(kernel.Denied, "%s did not sign you in: %s", u.Label, plain(code, query.Get("error_description")))
	}
	secret, err := s.secret(ctx, u)
	if err != nil {
		return proof{}, err
	}
	client := oidc.ClientContext(ctx, p.client)
	token, err := s.oauth(u, p, secret).Exchange(client, query.Get("code"), oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return proof{}, s.refusedBy(client, u, err, secret, query.Get("code"), f.Verifier)
	}
	raw, _ := token.Extra("id_token").(string)
	out, err := s.checked(ctx, u, p, raw, f.Nonce, token.AccessToken)
	if err != nil {
		return proof{}, err
	}
	if err := s.enrich(client, u, p, secret, token, &out); err != nil {
		return proof{}, err
	}
	out.account, err = u.account(out.claims)
	return out, err
}

// fromIt refuses an answer of another provider (RFC 9207 §2.4).
func (s *Service) fromIt(u Upstream, p *place, query url.Values) error {
	said := query.Get("iss")
	if said == "" && !p.SaysIssuer || said == p.Issuer || u.manyTenants() && u.allowsIssuer(said) {
		return nil
	}
	return kernel.Errorf(kernel.Denied, "this answer is not from %s", u.Label).WithFix("go back to where you came from and begin again")
}

// allowsIssuer reports whether an issuer is that of a tenant of Entra ID whose accounts
// are taken.
func (u Upstream) allowsIssuer(issuer string) bool {
	for _, tid := range u.EntraTenants {
		if issuer == u.issuerOf(tid) {
			return true
		}
	}
	return false
}

// checked verifies an ID token: who signed it, for whom and when it is, and that it is for
// this very sign-in (OpenID Connect Core §3.1.3.7).
func (s *Service) checked(ctx context.Context, u Upstream, p *place, raw, nonce, access string) (proof, error) {
	wrong := func(format string, args ...any) error {
		return kernel.Errorf(kernel.Denied, "what %s says does not hold: %w", u.Label, fmt.Errorf(format, args...)).WithFix("begin again; if it stays, an admin sees more with terrace auth upstream check %s", u.Name)
	}
	if raw == "" {
		return proof{}, wrong("there is no ID token")
	}
	token, err := s.verifier(u, p, false).Verify(ctx, raw)
	if err != nil {
		return proof{}, wrong("%w", err)
	}
	body, err := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[1]) // it was verified
	if err != nil {
		return proof{}, wrong("%w", err)
	}
	claims, err := parseClaims(body)
	if err != nil {
		return proof{}, wrong("%w", err)
	}
	switch {
	case token.Nonce == "" || subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1:
		return proof{}, wrong("its nonce is that of another sign-in")
	case token.IssuedAt.After(s.Clock.Now().Add(ahead)):
		return proof{}, wrong("it is of a time that has not come")
	case token.Subject == "" || len(token.Subject) > maxValue:
		return proof{}, wrong("it says of nobody")
	case len(token.Audience) > 1 && claims.text("azp") != u.ClientID, claims.text("azp") != "" && claims.text("azp") != u.ClientID:
		return proof{}, wrong("it was given to another client")
	case u.manyTenants() && (!u.allowsIssuer(token.Issuer) || token.Issuer != u.issuerOf(claims.text("tid"))):
		return proof{}, kernel.Errorf(kernel.Denied, "accounts of your organisation are not taken here").WithFix("use an account of an organisation that is, or ask an admin")
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(access); err != nil {
			return proof{}, wrong("%w", err)
		}
	}
	return proof{claims: claims, signed: maps.Clone(claims), subject: token.Subject, sid: claims.text("sid"), idToken: raw, issued: token.IssuedAt}, nil
}

// enrich adds what the ID token does not say: what the userinfo endpoint does, and groups
// that did not fit.
func (s *Service) enrich(client context.Context, u Upstream, p *place, secret string, token *oauth2.Token, out *proof) error {
	if u.UserInfo || u.nameless(out.claims) && p.UserInfo != "" {
		more, err := s.userInfo(client, u, p, token, out.subject)
		switch {
		case err != nil && (u.UserInfo || kernel.Is(err, kernel.Denied)):
			return err
		case err != nil:
			s.Log.WarnContext(client, "an upstream does not say what somebody is called", "upstream", u.Name, "error", err)
		case !u.UserInfo:
			more = u.naming(more)
			fallthrough
		default:
			out.claims.add(more)
		}
	}
	if !out.claims.groupsLeftOut() {
		return nil
	}
	groups, err := s.graphGroups(client, u, p, secret, token, out.claims)
	if err != nil {
		return err
	}
	out.claims["groups"] = groups
	return nil
}

// nameless reports whether claims lack somebody's name, or an address that is asked for.
func (u Upstream) nameless(claims Claims) bool {
	return claims.text(u.NameClaim) == "" || claims.text(u.EmailClaim) == "" && (len(u.EmailDomains) > 0 || u.LinkByEmail)
}

// naming are the claims among others that say how to call and to write to somebody. Rules are
// given no others where nobody asked for them.
func (u Upstream) naming(claims Claims) Claims {
	out := Claims{}
	for _, place := range []string{u.NameClaim, u.EmailClaim, claimEmail, claimVerified, claimOwner} {
		if inside, ok := strings.CutPrefix(place, "/"); ok {
			place, _, _ = strings.Cut(inside, "/")
		}
		if v, ok := claims[place]; ok {
			out[place] = v
		}
	}
	return out
}

// userInfo asks the userinfo endpoint (OpenID Connect Core §5.3) of somebody.
func (s *Service) userInfo(client context.Context, u Upstream, p *place, token *oauth2.Token, subject string) (Claims, error) {
	info, err := p.provider.UserInfo(client, oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, s.silent(client, u, "does not say who you are", err)
	}
	if info.Subject != subject { // OpenID Connect Core §5.3.2
		return nil, kernel.Errorf(kernel.Denied, "%s says two different things of who you are", u.Label)
	}
	var more json.RawMessage
	if err := info.Claims(&more); err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "%s does not say who you are: %w", u.Label, err)
	}
	return parseClaims(more)
}

// silent tells somebody who is not signed in yet that an upstream does not answer. Why may
// name addresses within, and is for the log.
func (s *Service) silent(ctx context.Context, u Upstream, what string, err error) error {
	s.Log.WarnContext(ctx, "an upstream "+what, "upstream", u.Name, "tenant", u.Tenant, "error", err)
	return kernel.Errorf(kernel.Unavailable, "%s %s at present", u.Label, what).WithFix("try again later; an admin sees why with terrace auth upstream check %s", u.Name)
}
