package provider

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Told returns what a client learns of a person (OpenID Connect Core §5.4), by the
// scopes that it has.
func (s *Service) Told(ctx context.Context, who kernel.Actor, scopes []string) (map[string]any, error) {
	told := map[string]any{}
	if slices.Contains(scopes, ScopeProfile) {
		told["name"], told["preferred_username"] = who.Name, who.Name
	}
	if slices.Contains(scopes, ScopeGroups) {
		groups := []string{}
		if s.Groups != nil {
			in, err := s.Groups.GroupsOf(ctx, who.Tenant, who.ID)
			if err != nil {
				return nil, err
			}
			groups = append(groups, in...)
		}
		told["groups"] = groups
	}
	return told, nil
}

// IDToken is what an ID token says that a client shows again.
type IDToken struct {
	Issuer  string `json:"iss"`
	Subject string `json:"sub"`
	Tenant  string `json:"tenant"`
	Session string `json:"sid"`
	// Audience is a word or a list of them.
	Audience any `json:"aud"`
}

// Hint returns what an ID token says that Terrace has signed, also when it has expired.
func (s *Service) Hint(ctx context.Context, token string) (IDToken, error) {
	var t IDToken
	if _, err := s.check(ctx, token, TypeID, &t); err != nil {
		return IDToken{}, err
	}
	if t.Issuer != s.Issuer || t.Subject == "" {
		return IDToken{}, notValid("another issuer gave it")
	}
	return t, nil
}
