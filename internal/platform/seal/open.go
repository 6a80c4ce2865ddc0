package seal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gocloud.dev/secrets"
	"gocloud.dev/secrets/localsecrets"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Opener opens the keeper of a key-encryption key and returns an id for it: at
// most 64 bytes, the same for the same key for ever.
type Opener func(ctx context.Context, u *url.URL) (keeper *secrets.Keeper, id string, err error)

// Config says which keys there are.
type Config struct {
	// URL is the key-encryption key that seals: file:///path of a key file,
	// made where it is missing; base64key://… with the 32 bytes in URL-safe
	// base64; or a scheme of Openers.
	URL string
	// Former are the URLs of keys that only open, after a rotation.
	Former []string
	// Openers adds schemes, such as a cloud's key service.
	Openers map[string]Opener
	// Clock ages data keys; nil is the system's.
	Clock kernel.Clock
}

// Open opens the keys of c.
func Open(ctx context.Context, c Config) (*Sealer, error) {
	s := &Sealer{keepers: map[string]*secrets.Keeper{}, opened: map[string]ciphers{}, clock: c.Clock}
	for i, raw := range append([]string{c.URL}, c.Former...) {
		keeper, id, err := openKey(ctx, raw, i == 0, c.Openers)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		if i == 0 {
			s.primary = id
		}
		s.keepers[id] = keeper
	}
	return s, nil
}

// openKey never repeats the URL in an error: it may be the key.
func openKey(ctx context.Context, raw string, create bool, openers map[string]Opener) (*secrets.Keeper, string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, "", fmt.Errorf("the URL of the encryption key is not a URL")
	}
	open := openers[u.Scheme]
	switch {
	case open != nil:
	case u.Scheme == "file":
		open = fileKey(create)
	case u.Scheme == "base64key":
		open = inlineKey
	default:
		return nil, "", fmt.Errorf("the URL of the encryption key has the scheme %q; there are %s", u.Scheme, strings.Join(schemes(openers), ", "))
	}
	keeper, id, err := open(ctx, u)
	if err != nil {
		return nil, "", fmt.Errorf("open encryption key: %w", err)
	}
	if id == "" || len(id) > 64 {
		return nil, "", errors.Join(fmt.Errorf("open encryption key: its id has %d bytes", len(id)), keeper.Close())
	}
	return keeper, id, nil
}

func schemes(openers map[string]Opener) []string {
	names := []string{"base64key", "file"}
	for name := range openers {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func inlineKey(_ context.Context, u *url.URL) (*secrets.Keeper, string, error) {
	key, err := localsecrets.Base64Key(u.Host)
	if err != nil {
		return nil, "", errors.New("base64key:// needs 32 bytes in URL-safe base64")
	}
	return localsecrets.NewKeeper(key), idOf(key), nil
}

func fileKey(create bool) Opener {
	return func(_ context.Context, u *url.URL) (*secrets.Keeper, string, error) {
		path := filepath.FromSlash(u.Path)
		if create {
			if err := makeKeyFile(path); err != nil {
				return nil, "", err
			}
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, "", err
		}
		key, err := localsecrets.Base64Key(strings.TrimSpace(string(text)))
		if err != nil {
			return nil, "", fmt.Errorf("%s does not hold a key: restore it, since what it sealed cannot be opened without it", path)
		}
		return localsecrets.NewKeeper(key), idOf(key), nil
	}
}

// idOf names a local key by its digest, which tells nothing about the key.
func idOf(key [32]byte) string {
	sum := sha256.Sum256(append([]byte("terrace key id\x00"), key[:]...))
	return "local-" + hex.EncodeToString(sum[:6])
}
