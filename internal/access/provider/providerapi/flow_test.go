package providerapi_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestCodeFlowWithGoOIDC has coreos/go-oidc and golang.org/x/oauth2 sign somebody in,
// find out about them, renew, and sign them out.
func TestCodeFlowWithGoOIDC(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	found, b := w.discover(), w.browser()
	config, verifier := w.config(oidc.ScopeOpenID, "profile", "offline_access", "groups", "read"), oauth2.GenerateVerifier()
	config.Endpoint = found.Endpoint()
	got := b.code(config.AuthCodeURL("state-12345678", oidc.Nonce("nonce-12345678"), oauth2.S256ChallengeOption(verifier)))
	if got.Get("state") != "state-12345678" || got.Get("iss") != w.issuer() {
		t.Fatalf("%v", got)
	}
	token, err := config.Exchange(t.Context(), got.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := found.VerifierContext(t.Context(), &oidc.Config{ClientID: config.ClientID}).Verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		Name, Tenant, Sid string
		Amr               []string
		AuthTime          int64 `json:"auth_time"`
	}
	if err := id.Claims(&claims); err != nil {
		t.Fatal(err)
	}
	if id.Nonce != "nonce-12345678" || claims.Name != "ada" || claims.Tenant != "default" || claims.Sid == "" || !slices.Equal(claims.Amr, []string{"pwd"}) || claims.AuthTime == 0 {
		t.Errorf("%+v %+v", id, claims)
	}
	if err := id.VerifyAccessToken(token.AccessToken); err != nil {
		t.Error(err)
	}
	info, err := found.UserInfo(t.Context(), oauth2.StaticTokenSource(token))
	if err != nil || info.Subject != id.Subject {
		t.Fatalf("%+v, %v", info, err)
	}
	if w.whoami(token.AccessToken) != http.StatusOK {
		t.Error("the access token is not taken")
	}
	token.Expiry = time.Now().Add(-time.Hour)
	renewed, err := config.TokenSource(t.Context(), token).Token()
	if err != nil || renewed.RefreshToken == token.RefreshToken || renewed.AccessToken == token.AccessToken {
		t.Fatalf("%+v, %v", renewed, err)
	}
	again, _ := renewed.Extra("id_token").(string)
	if second, err := found.VerifierContext(t.Context(), &oidc.Config{ClientID: config.ClientID}).Verify(t.Context(), again); err != nil || second.Subject != id.Subject {
		t.Errorf("%v", err)
	}
	b.open(w.issuer() + "/oauth2/logout?id_token_hint=" + again + "&state=bye-12345678&post_logout_redirect_uri=https://shop.example.com/")
	if b.Left == nil || b.Left.String() != "https://shop.example.com/?state=bye-12345678" {
		t.Errorf("after the logout: %v, %d %s", b.Left, b.Status, b.Page)
	}
	if w.whoami(renewed.AccessToken) != http.StatusUnauthorized {
		t.Error("the access token is taken after the logout")
	}
}

// TestOneNetworkLeavesDevicesToOthers: whoever begins devices without end keeps nobody else's
// from being signed in.
func TestOneNetworkLeavesDevicesToOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	begin := func(address string) error {
		_, _, err := w.service.BeginDevice(kernel.WithAddress(t.Context(), address), provider.Client{ID: provider.CLI}, nil, nil)
		return err
	}
	for range 100 {
		if err := begin("2001:db8::1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := begin("2001:db8::2"); !kernel.Is(err, kernel.Locked) {
		t.Errorf("one more, of another address there: %v", err)
	}
	if err := begin("192.0.2.1"); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	w.later(provider.DeviceLife)
	if err := begin("2001:db8::1"); err != nil {
		t.Errorf("later: %v", err)
	}
}

// TestDeviceFlow has golang.org/x/oauth2 sign a device in, which somebody allows in a
// browser.
func TestDeviceFlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	config := w.config("openid", "offline_access", "read")
	config.ClientID, config.ClientSecret, config.Endpoint.AuthStyle = provider.CLI, "", oauth2.AuthStyleInParams
	begun, err := config.DeviceAuth(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := config.DeviceAccessToken(t.Context(), &oauth2.DeviceAuthResponse{DeviceCode: "terd_none", Interval: 1}); err == nil {
		t.Error("a code that nobody was given is taken")
	}
	b := w.browser().open(begun.VerificationURIComplete).signIn("ada")
	if !strings.Contains(b.Page, begun.UserCode) {
		t.Fatalf("the page has no %s: %s", begun.UserCode, b.Page)
	}
	typed := strings.ToLower(strings.ReplaceAll(begun.UserCode, "-", " "))
	if b.send("user_code", typed); !strings.Contains(b.Page, "The command line terrace") || !strings.Contains(b.Page, begun.UserCode) {
		t.Fatalf("%s", b.Page)
	}
	if b.send("decision", "allow"); !strings.Contains(b.Page, "The device is signed in") {
		t.Fatalf("%s", b.Page)
	}
	if _, err := w.config().DeviceAccessToken(t.Context(), begun); !isError(err, "invalid_grant") {
		t.Errorf("another client, with the code of the device: %v", err)
	}
	token, err := config.DeviceAccessToken(t.Context(), begun)
	if err != nil {
		t.Fatal(err)
	}
	if w.whoami(token.AccessToken) != http.StatusOK || token.RefreshToken == "" {
		t.Errorf("%+v", token)
	}
	raw, _ := token.Extra("id_token").(string)
	if _, err := w.discover().VerifierContext(t.Context(), &oidc.Config{ClientID: provider.CLI}).Verify(t.Context(), raw); err != nil {
		t.Error(err)
	}
	if _, err := config.DeviceAccessToken(t.Context(), begun); !isError(err, "invalid_grant") {
		t.Errorf("the second time: %v", err)
	}
	token.Expiry = time.Now().Add(-time.Hour)
	if renewed, err := config.TokenSource(t.Context(), token).Token(); err != nil || w.whoami(renewed.AccessToken) != http.StatusOK {
		t.Errorf("%v", err)
	}
}

// isError reports whether an endpoint has answered with a code of OAuth.
func isError(err error, code string) bool {
	e, ok := errors.AsType[*oauth2.RetrieveError](err)
	return ok && e.ErrorCode == code
}
