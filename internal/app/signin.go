package app

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// signIn is what the client of the same machine needs to work without set-up.
// cmd/terrace reads it from local.json.
type signIn struct {
	Address string `json:"address"`
	Token   string `json:"token"`
	Project string `json:"project"`
	Gateway string `json:"gateway"`
	DNS     string `json:"dns"`
	CA      string `json:"ca"`
}

// writeSignIn leaves the sign-in file for the owner of this process. The token
// is kept in the data directory between starts, sealed, and shown to nobody else.
func (a *App) writeSignIn(ctx context.Context, first identity.Credentials, created bool) error {
	token, err := a.localToken(ctx, first, created)
	if err != nil {
		return err
	}
	c := a.platform.config
	raw, err := json.MarshalIndent(signIn{
		Address: a.platform.address(), Token: token, Project: c.Project,
		Gateway: config.Reach(c.Gateway), DNS: config.Reach(c.DNS), CA: a.fabric.authority.RootPath(),
	}, "", "  ")
	if err != nil {
		return err
	}
	if path := SignInPath(); path != "" {
		if err := writePrivate(path, raw); err != nil {
			return err
		}
		a.signedIn = token != ""
	}
	return newFirstSignIn(a.platform).forget()
}

func (a *App) localToken(ctx context.Context, first identity.Credentials, created bool) (string, error) {
	path := a.platform.path("keys", "local-token")
	if created {
		sealed, err := a.platform.sealer.Seal(ctx, []byte(first.Token), []byte("local-token"))
		if err != nil {
			return "", err
		}
		return first.Token, writePrivate(path, sealed)
	}
	sealed, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return "", nil // somebody removed it: the client asks to sign in
	}
	if err != nil {
		return "", fmt.Errorf("local sign-in: %w", err)
	}
	token, err := a.platform.sealer.Open(ctx, sealed, []byte("local-token"))
	return string(token), err
}

// SignInPath is where the client of this machine looks for the sign-in file:
// under $XDG_STATE_HOME, else ~/.local/state; "" for a process without a home.
func SignInPath() string {
	base, home := os.Getenv("XDG_STATE_HOME"), os.Getenv("HOME")
	switch {
	case base == "" && home == "":
		return ""
	case base == "":
		base = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(base, "terrace", "local.json")
}

// writePrivate replaces a file whole, readable by its owner alone.
func writePrivate(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	temporary := path + "." + kernel.NewID("tmp")
	if err := os.WriteFile(temporary, content, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
