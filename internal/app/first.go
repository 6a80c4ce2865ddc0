package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// firstSignIn is the file that has the first admin's credentials, sealed, from
// their making until a start has told them. A first start may fail in between,
// for a port that is taken perhaps.
type firstSignIn struct {
	path   string
	sealer *seal.Sealer
}

// firstSignInUse is what the credentials are sealed for.
const firstSignInUse = "first-sign-in"

func newFirstSignIn(p *platform) firstSignIn {
	return firstSignIn{path: p.path("keys", firstSignInUse), sealer: p.sealer}
}

func (f firstSignIn) keep(ctx context.Context, c identity.Credentials) error {
	raw, err := json.Marshal(c) //nolint:gosec // it is sealed before it is kept
	if err != nil {
		return fmt.Errorf("keep the first sign-in: %w", err)
	}
	sealed, err := f.sealer.Seal(ctx, raw, []byte(firstSignInUse))
	if err != nil {
		return fmt.Errorf("keep the first sign-in: %w", err)
	}
	return writePrivate(f.path, sealed)
}

// kept returns the credentials that no start has told yet.
func (f firstSignIn) kept(ctx context.Context) (c identity.Credentials, untold bool, err error) {
	sealed, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, false, nil
	}
	if err != nil {
		return c, false, fmt.Errorf("first sign-in: %w", err)
	}
	raw, err := f.sealer.Open(ctx, sealed, []byte(firstSignInUse))
	if err != nil {
		return c, false, fmt.Errorf("first sign-in: %w", err)
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return c, false, fmt.Errorf("first sign-in: %w", err)
	}
	return c, true, nil
}

func (f firstSignIn) forget() error {
	if err := os.Remove(f.path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
