package seal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"gocloud.dev/secrets"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// rootKey is a key of the configuration, in its keeper.
type rootKey struct {
	keeper *secrets.Keeper
	id     string
}

// roots are the keys of the configuration: one seals, all of them open.
type roots struct {
	config Config

	mu      sync.RWMutex
	primary string
	keepers map[string]*secrets.Keeper
}

func openRoots(ctx context.Context, c Config) (*roots, error) {
	r := &roots{config: c, keepers: map[string]*secrets.Keeper{}}
	for _, raw := range c.Former {
		keys, err := openKeys(ctx, raw, c.Openers)
		if err != nil {
			return nil, errors.Join(err, r.close())
		}
		r.take(keys, false)
	}
	if err := r.makeFile(ctx); err != nil {
		return nil, errors.Join(err, r.close())
	}
	keys, err := openKeys(ctx, c.URL, c.Openers)
	if err != nil {
		return nil, errors.Join(err, r.close())
	}
	r.take(keys, true)
	return r, nil
}

// makeFile makes the key file of the key that seals where it is missing, unless keys of the
// Store were wrapped by one that is not here: then the file was lost, or lies elsewhere.
func (r *roots) makeFile(ctx context.Context) error {
	path, ok := r.file()
	if !ok || isThere(path) {
		return nil
	}
	lost, err := r.lost(ctx)
	if err != nil {
		return err
	}
	if len(lost) > 0 && !isThere(path) { // another process may have made it meanwhile
		return kernel.Errorf(kernel.Refused, "the key file %s is missing, and what the database has sealed opens with its key %s alone: no new one is made",
			path, strings.Join(lost, ", ")).
			WithFix("restore the file from its backup, or say in key of the configuration where it is now; only where what was sealed may be lost, start with a new database")
	}
	if err := makeKeyFile(path); err != nil {
		return fmt.Errorf("open encryption key: %w", err)
	}
	return nil
}

// lost returns the ids of root keys that wrap keys of the Store and do not open here.
func (r *roots) lost(ctx context.Context) ([]string, error) {
	if r.config.Store == nil {
		return nil, nil
	}
	ids, err := r.config.Store.Roots(ctx)
	return slices.DeleteFunc(ids, func(id string) bool { return r.keeper(id) != nil }), err
}

// take adds keys; with primary, the first of them seals from here on.
func (r *roots) take(keys []rootKey, primary bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, k := range keys {
		if primary && i == 0 {
			r.primary = k.id
		}
		if r.keepers[k.id] == nil {
			r.keepers[k.id] = k.keeper
		}
	}
}

func (r *roots) primaryID() string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.primary
}

// ids returns the ids of all that open.
func (r *roots) ids() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Sorted(maps.Keys(r.keepers))
}

func (r *roots) keeper(id string) *secrets.Keeper {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.keepers[id]
}

// wrap encrypts a key with the one that seals, and returns the id of that.
func (r *roots) wrap(ctx context.Context, raw []byte) (root string, wrapped []byte, err error) {
	root = r.primaryID()
	ctx, cancel := context.WithTimeout(ctx, keeperTimeout)
	defer cancel()
	if wrapped, err = r.keeper(root).Encrypt(ctx, raw); err != nil {
		return "", nil, keeperFailed(root, err)
	}
	return root, wrapped, nil
}

// unwrap decrypts a key. One that another process has put into a shared key file since
// is read there.
func (r *roots) unwrap(ctx context.Context, id string, wrapped []byte) ([]byte, error) {
	keeper := r.keeper(id)
	if file, ok := r.file(); ok && keeper == nil {
		keys, err := fileKeys(file)
		if err != nil {
			return nil, keeperFailed(id, err)
		}
		r.take(keys, slices.ContainsFunc(keys, func(k rootKey) bool { return k.id == id }))
		keeper = r.keeper(id)
	}
	if keeper == nil {
		return nil, kernel.Errorf(kernel.Unavailable, "this was sealed with the key %s, which is not configured", id).
			WithFix("add its URL to the former keys")
	}
	ctx, cancel := context.WithTimeout(ctx, keeperTimeout)
	defer cancel()
	raw, err := keeper.Decrypt(ctx, wrapped)
	if err != nil {
		return nil, unwrapFailed(id, err)
	}
	return raw, nil
}

// file returns the path of the key file that has the key that seals.
func (r *roots) file() (path string, ok bool) {
	u, err := url.Parse(r.config.URL)
	if err != nil || u.Scheme != "file" || r.config.Openers["file"] != nil {
		return "", false
	}
	return filepath.FromSlash(u.Path), true
}

// rotate has another key seal: the first of the key file where that is another already,
// else a new one, which is written in front of the others.
func (r *roots) rotate() error {
	path, ok := r.file()
	if !ok {
		return kernel.Errorf(kernel.Refused, "the root key is in no key file, so that it cannot be made anew here").
			WithFix("put the new key into key of the configuration and the present one into formerKeys, and start the server again: what there is moves to the new one by itself")
	}
	keys, err := fileKeys(path)
	if err == nil && keys[0].id == r.primaryID() {
		if err = prependKey(path); err == nil {
			keys, err = fileKeys(path)
		}
	}
	if err != nil {
		return kernel.Errorf(kernel.Unavailable, "the key file %s cannot be renewed: %w", path, err)
	}
	r.take(keys, true)
	return nil
}

func (r *roots) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for id, k := range r.keepers {
		if err := k.Close(); err != nil {
			errs = append(errs, fmt.Errorf("close key keeper %s: %w", id, err))
		}
	}
	return errors.Join(errs...)
}
