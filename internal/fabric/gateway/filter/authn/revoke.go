package authn

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
)

// revoke has the provider forget a refresh token of who has signed out (RFC 7009), in
// the background: the session has ended here already.
func (l *login) revoke(refresh string, known *keys) {
	if refresh == "" || known == nil || known.meta.Revocation == "" {
		return
	}
	l.kind.background(askTimeout, func(ctx context.Context) {
		if err := l.askToRevoke(ctx, refresh, known); err != nil {
			l.kind.Log.WarnContext(ctx, "a provider does not revoke the token of who has signed out", "issuer", l.issuer.issuer, "error", err)
		}
	})
}

func (l *login) askToRevoke(ctx context.Context, refresh string, known *keys) error {
	secret := ""
	if l.secret != nil {
		var ok bool
		if secret, ok = l.secret.get(ctx); !ok {
			return fmt.Errorf("the secret of client %s cannot be read", l.clientID)
		}
	}
	form := url.Values{"token": {refresh}, "token_type_hint": {"refresh_token"}}
	inHeader := authStyle(secret, known) == oauth2.AuthStyleInHeader
	if !inHeader {
		form.Set("client_id", l.clientID)
		if secret != "" {
			form.Set("client_secret", secret)
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, known.meta.Revocation, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("ask %s: %w", known.meta.Revocation, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if inHeader {
		req.SetBasicAuth(url.QueryEscape(l.clientID), url.QueryEscape(secret))
	}
	resp, err := l.issuer.client.Do(req)
	if err != nil {
		return err //nolint:wrapcheck // it names the address
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", known.meta.Revocation, resp.Status)
	}
	return nil
}
