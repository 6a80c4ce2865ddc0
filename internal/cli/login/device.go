package login

import (
	"context"

	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/cli/renew"
)

// onDevice signs somebody in whose browser is on another machine (RFC 8628).
func (l *login) onDevice(ctx context.Context, config *oauth2.Config) (*oauth2.Token, error) {
	ctx = renew.With(ctx)
	begun, err := config.DeviceAuth(ctx)
	if err != nil {
		return nil, renew.Failed(l.address, err)
	}
	l.e.Say("Open this address in a browser, on any machine:\n\n  %s\n\nand compare the code: %s\n", begun.VerificationURIComplete, begun.UserCode)
	token, err := config.DeviceAccessToken(ctx, begun)
	if err != nil {
		return nil, renew.Failed(l.address, err)
	}
	return token, nil
}
