package authn

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// complete asks the provider for claims that the policy needs and the ID token does
// not have (OpenID Connect Core §5.3). What it cannot say is left out.
func (l *login) complete(ctx context.Context, subject, access string, claims map[string]any) {
	missing := l.missing(claims)
	known := l.issuer.known.Load()
	if len(missing) == 0 || access == "" || known == nil || known.meta.UserInfo == "" {
		return
	}
	said, err := l.userInfo(ctx, known.meta.UserInfo, access)
	if err == nil && said["sub"] != subject {
		err = errors.New("it is of somebody else") // §5.3.2
	}
	if err != nil {
		l.kind.Log.WarnContext(ctx, "a provider does not say who somebody is", "issuer", l.issuer.issuer, "error", err)
		return
	}
	for _, name := range missing {
		if value, ok := said[name]; ok && value != nil {
			claims[name] = value
		}
	}
}

// missing are the claims that headers, the consumer, scopes or the policy's list need.
func (l *login) missing(claims map[string]any) []string {
	var out []string
	add := func(claim string) {
		if pointer, ok := strings.CutPrefix(claim, "/"); ok {
			claim, _, _ = strings.Cut(pointer, "/")
			claim = strings.NewReplacer("~1", "/", "~0", "~").Replace(claim)
		}
		if _, has := claims[claim]; claim != "" && !has {
			out = append(out, claim)
		}
	}
	for _, from := range l.filter.headers.all {
		add(from.claim)
	}
	for _, claim := range append([]string{l.consumer, l.scopeClaim}, l.userClaims...) {
		add(claim)
	}
	return out
}

func (l *login) userInfo(ctx context.Context, address, access string) (map[string]any, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", address, err)
	}
	req.Header.Set("Authorization", "Bearer "+access)
	req.Header.Set("Accept", "application/json")
	resp, err := l.issuer.client.Do(req)
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the address
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", address, resp.Status)
	}
	d := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer))
	d.UseNumber()
	var said map[string]any
	if err := d.Decode(&said); err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	return said, nil
}
