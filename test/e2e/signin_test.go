package e2e_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/test/harness"
)

// TestSignIn has a program sign somebody in with a daemon of its own, by
// coreos/go-oidc, and then the client by a device code; and rotates the keys.
func TestSignIn(t *testing.T) {
	t.Parallel()
	d := harness.Start(t)
	owner := d.Project(t.Context(), t, "sign-in")
	owner.Must(t.Context(), "user", "create", "grace", "--theirs", "--role", "viewer")
	p := harness.NewBrowser(t)
	program(t, d, owner, p)
	byDevice(t, d, p)
	owner.Must(t.Context(), "auth", "keys", "rotate")
	var keys []struct{ State string }
	if err := json.Unmarshal([]byte(owner.Must(t.Context(), "auth", "keys", "list", "-o", "json").Stdout), &keys); err != nil || len(keys) != 2 || keys[1].State != "next" {
		t.Errorf("%+v, %v", keys, err)
	}
}

func program(t *testing.T, d *harness.Daemon, owner harness.Person, p *harness.Browser) {
	const callback = "https://shop.example.com/callback"
	var issued struct {
		Client struct{ ID string }
		Secret string
	}
	made := owner.Must(t.Context(), "auth", "clients", "create", "shop", "--redirect", callback, "--scopes", "openid,profile,groups,offline_access,read", "-o", "json")
	if err := json.Unmarshal([]byte(made.Stdout), &issued); err != nil {
		t.Fatal(err)
	}
	found, err := oidc.NewProvider(t.Context(), "http://"+d.API)
	if err != nil {
		t.Fatal(err)
	}
	config := &oauth2.Config{
		ClientID: issued.Client.ID, ClientSecret: issued.Secret, RedirectURL: callback, Endpoint: found.Endpoint(),
		Scopes: []string{oidc.ScopeOpenID, "profile", "groups", "offline_access", "read"},
	}
	verifier := oauth2.GenerateVerifier()
	p.Open(config.AuthCodeURL("state-12345678", oidc.Nonce("nonce-12345678"), oauth2.S256ChallengeOption(verifier)))
	p.Send("username", "grace", "password", "correct-horse-battery")
	p.Send("decision", "allow")
	if p.Left == nil {
		t.Fatalf("the browser is not sent back: %s", p.Page)
	}
	token, err := config.Exchange(t.Context(), p.Left.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := found.VerifierContext(t.Context(), &oidc.Config{ClientID: config.ClientID}).Verify(t.Context(), raw)
	if err != nil || id.Nonce != "nonce-12345678" {
		t.Fatal(err)
	}
	var told struct {
		Name   string
		Groups []string
	}
	info, err := found.UserInfo(t.Context(), oauth2.StaticTokenSource(token))
	if err != nil || info.Claims(&told) != nil || told.Name != "grace" || told.Groups == nil {
		t.Errorf("%+v, %v", told, err)
	}
	if status, err := d.Call(t.Context(), token.AccessToken, http.MethodGet, "/api/v1/stages", nil, nil); status != http.StatusOK {
		t.Errorf("what the scope lets: %d, %v", status, err)
	}
	if status, _ := d.Call(t.Context(), token.AccessToken, http.MethodPost, "/api/v1/users/me/tokens", map[string]any{"name": "more"}, nil); status != http.StatusForbidden {
		t.Errorf("a token for reading makes another one: %d", status)
	}
	token.Expiry = time.Now().Add(-time.Hour)
	if _, err := config.TokenSource(t.Context(), token).Token(); err != nil {
		t.Error(err)
	}
}

// byDevice signs the client in, as somebody does who has a browser elsewhere.
func byDevice(t *testing.T, d *harness.Daemon, p *harness.Browser) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	home := t.TempDir()
	terrace := func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, harness.Bin(t, "terrace"), args...)
		cmd.Env = append(d.Environment(), "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, "config"), "XDG_STATE_HOME="+filepath.Join(home, "state"))
		return cmd
	}
	login := terrace("login", "http://"+d.API, "--device")
	said, err := login.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := login.Start(); err != nil {
		t.Fatal(err)
	}
	page := ""
	for lines := bufio.NewScanner(said); page == "" && lines.Scan(); {
		page = regexp.MustCompile(`http://\S*/device\?user_code=\S*`).FindString(lines.Text())
	}
	p.Open(page) // where grace is signed in already
	p.Send()
	if p.Send("decision", "allow"); !strings.Contains(p.Page, "The device is signed in") {
		t.Fatal(p.Page)
	}
	if err := login.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"stage", "list"}, {"logout"}} {
		if out, err := terrace(args...).CombinedOutput(); err != nil {
			t.Errorf("terrace %v: %v\n%s", args, err, out)
		}
	}
	if out, err := terrace("stage", "list").CombinedOutput(); err == nil {
		t.Errorf("after the logout: %s", out)
	}
}
