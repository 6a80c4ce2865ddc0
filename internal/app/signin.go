package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/platform/seal"
	"github.com/terrace-idp/terrace/internal/platform/wholefile"
)

// localTokenRest is what the local token, which lives for a year, must have left
// at a start; one with less is renewed.
const localTokenRest = 60 * 24 * time.Hour

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
		Gateway: config.Reach(c.Gateway), DNS: config.Reach(c.DNS), CA: a.fabric.pki.RootPath(),
	}, "", "  ")
	if err != nil {
		return err
	}
	if path := SignInPath(); path != "" {
		if other := runningElsewhere(ctx, path, a.platform.address()); other != "" {
			a.platform.log.WarnContext(ctx, "another daemon of this user still runs, and the client of this machine stays with it", "address", other,
				"fix", "sign in to this one with terrace login "+a.platform.address()+", or set HOME to another folder")
			return newFirstSignIn(a.platform).forget()
		}
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
		return first.Token, a.keepLocalToken(ctx, path, first.Token)
	}
	sealed, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return "", nil // somebody removed it: the client asks to sign in
	}
	if err != nil {
		return "", fmt.Errorf("local sign-in: %w", err)
	}
	opened, err := a.platform.sealer.Open(ctx, sealed, []byte("local-token"))
	if err != nil {
		return "", err
	}
	token, err := a.access.identity.Renew(ctx, a.platform.config.Tenant, string(opened), localTokenRest)
	if err != nil || token == string(opened) && !seal.IsOld(sealed) {
		return token, err
	}
	return token, a.keepLocalToken(ctx, path, token)
}

func (a *App) keepLocalToken(ctx context.Context, path, token string) error {
	sealed, err := a.platform.sealer.Seal(ctx, []byte(token), []byte("local-token"))
	if err != nil {
		return err
	}
	return writePrivate(path, sealed)
}

// answerWithin is how long a daemon may take to say that it runs.
const answerWithin = 2 * time.Second

// runningElsewhere returns the address that a sign-in file has of another daemon, while that
// one answers there; "" for none.
func runningElsewhere(ctx context.Context, path, own string) string {
	var had signIn
	raw, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(raw, &had) != nil || had.Address == "" || had.Address == own {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, had.Address+"/healthz", nil)
	if err != nil {
		return ""
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return ""
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return ""
	}
	return had.Address
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
	return wholefile.Replace(path, content, 0o600)
}
