package seal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
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
	// URL is the root key that seals: file:///path of a key file, made where it is
	// missing and the Store has nothing that another key wraps, of which the first key seals and the others only open; base64key://…
	// with the 32 bytes in URL-safe base64; or a scheme of Openers.
	URL string
	// Former are the URLs of keys that only open, after a rotation.
	Former []string
	// Openers adds schemes, such as a cloud's key service.
	Openers map[string]Opener
	// Store has the keys of owners; nil has everything sealed under the root key.
	Store Store
	// Shares has what the keys of tenants need beside what is in Store, so that they can be
	// destroyed for good; nil has them in Store alone.
	Shares Shares
	// Clock ages data keys; nil is the system's.
	Clock kernel.Clock
}

// Open opens the keys of c.
func Open(ctx context.Context, c Config) (*Sealer, error) {
	r, err := openRoots(ctx, c)
	if err != nil {
		return nil, err
	}
	s := &Sealer{roots: r, opened: map[string]ciphers{}, clock: c.Clock}
	if c.Store != nil {
		s.ring = newKeyring(r, c)
	}
	return s, nil
}

// openKeys opens the keys at a URL, the one that seals first. It never repeats the URL
// in an error: it may be the key.
func openKeys(ctx context.Context, raw string, openers map[string]Opener) ([]rootKey, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("the URL of the encryption key is not a URL")
	}
	var keys []rootKey
	switch open := openers[u.Scheme]; {
	case open != nil:
		var k rootKey
		k.keeper, k.id, err = open(ctx, u)
		keys = []rootKey{k}
	case u.Scheme == "file":
		keys, err = fileKeys(filepath.FromSlash(u.Path))
	case u.Scheme == "base64key":
		keys, err = inlineKey(u)
	default:
		return nil, fmt.Errorf("the URL of the encryption key has the scheme %q; there are %s", u.Scheme, strings.Join(schemes(openers), ", "))
	}
	if err != nil {
		return nil, fmt.Errorf("open encryption key: %w", err)
	}
	for _, k := range keys {
		if k.id == "" || len(k.id) > 64 {
			return nil, errors.Join(fmt.Errorf("open encryption key: its id has %d bytes", len(k.id)), k.keeper.Close())
		}
	}
	return keys, nil
}

func schemes(openers map[string]Opener) []string {
	names := []string{"base64key", "file"}
	for name := range openers {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func inlineKey(u *url.URL) ([]rootKey, error) {
	key, err := localsecrets.Base64Key(u.Host)
	if err != nil {
		return nil, errors.New("base64key:// needs 32 bytes in URL-safe base64")
	}
	return []rootKey{{localsecrets.NewKeeper(key), idOf(key)}}, nil
}

// idOf names a local key by its digest, which tells nothing about the key.
func idOf(key [32]byte) string {
	sum := sha256.Sum256(append([]byte("terrace key id\x00"), key[:]...))
	return "local-" + hex.EncodeToString(sum[:6])
}
