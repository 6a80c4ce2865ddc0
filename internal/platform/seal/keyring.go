package seal

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// platform is the owner of what belongs to no tenant.
const platform = ""

const (
	// held is how long a key is used without a look whether it is still there: so long
	// after an owner's keys are destroyed, other processes may still open what they sealed.
	held = time.Minute
	// heldKEK is how long an owner's key, and what it opens, is used before the root key's keeper is asked
	// for it again.
	heldKEK = time.Hour
)

// keyring has the keys of owners in memory, for a bounded time.
type keyring struct {
	roots  *roots
	store  Store
	shares Shares
	clock  kernel.Clock

	mu      sync.Mutex
	sealing map[string]*sealingKey // by owner
	data    map[string]openedKey   // by id of the data key
	owners  map[string]ownerAEAD   // by id of the owner's key
}

// sealingKey is the data key that seals for an owner at present.
type sealingKey struct {
	dataKey

	id      string
	checked time.Time
}

type openedKey struct {
	ciphers

	checked, opened time.Time
}

func newKeyring(r *roots, c Config) *keyring {
	return &keyring{
		roots: r, store: c.Store, shares: c.Shares, clock: c.Clock,
		sealing: map[string]*sealingKey{}, data: map[string]openedKey{}, owners: map[string]ownerAEAD{},
	}
}

// current returns what seals for an owner, and makes it where there is none.
func (r *keyring) current(ctx context.Context, owner string) (dataKey, error) {
	now := r.clock.Now()
	if key, ok := r.known(owner, now); ok {
		return key, nil
	}
	k, made, err := r.resolve(ctx, owner, now)
	if err != nil {
		return dataKey{}, err
	}
	key := k.dataKey // others count with k once it seals for all
	r.store.AfterCommit(ctx, func() { r.seals(owner, k, made) })
	return key, nil
}

func (r *keyring) known(owner string, now time.Time) (dataKey, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.sealing[owner]
	if k == nil || k.seals >= maxSeals || now.Sub(k.checked) >= held {
		return dataKey{}, false
	}
	k.seals++
	return k.dataKey, true
}

// seals has k seal for the owner from here on. One that is in use and is looked at again
// goes on to count.
func (r *keyring) seals(owner string, k *sealingKey, made bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.sealing[owner]; !made && known != nil && known.id == k.id {
		known.checked = k.checked
		return
	}
	r.sealing[owner] = k
}

// resolve finds the data key that seals for an owner now, or makes one; made says so.
func (r *keyring) resolve(ctx context.Context, owner string, now time.Time) (k *sealingKey, made bool, err error) {
	present, err := r.present(ctx, owner)
	if err != nil {
		return nil, false, err
	}
	since := now.Add(-maxAge)
	if present.CreatedAt.After(since) {
		since = present.CreatedAt // a rotation has new content sealed with new data keys
	}
	found, err := r.store.Newest(ctx, owner, since)
	if err == nil && !r.worn(found.ID, owner) {
		opened, err := r.open(ctx, found.ID)
		return newSealing(found, opened, now), false, err
	}
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return nil, false, err
	}
	k, err = r.make(ctx, present, now)
	return k, true, err
}

// worn reports whether this process has sealed as often as it may with the data key.
func (r *keyring) worn(id, owner string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.sealing[owner]
	return k != nil && k.id == id && k.seals >= maxSeals
}

func newSealing(d DataKey, c ciphers, now time.Time) *sealingKey {
	return &sealingKey{id: d.ID, checked: now, dataKey: dataKey{ciphers: c, made: d.CreatedAt, seals: 1, head: func(stream bool) []byte {
		if stream {
			return keyedHeader(magicKeyedStream, d.ID)
		}
		return keyedHeader(magicKeyed, d.ID)
	}}}
}

// now is as exact as databases keep it.
func (r *keyring) now() time.Time { return r.clock.Now().UTC().Truncate(time.Microsecond) }

// make makes a data key of an owner.
func (r *keyring) make(ctx context.Context, by OwnerKey, now time.Time) (*sealingKey, error) {
	wraps, err := r.owner(ctx, by)
	if err != nil {
		return nil, err
	}
	raw := make([]byte, dataKeySize)
	_, _ = rand.Read(raw) // never fails, see crypto/rand
	defer clear(raw)
	k := DataKey{ID: kernel.NewID("dk"), Owner: by.Owner, By: by.ID, CreatedAt: r.now()}
	if k.Wrapped, err = wraps.Encrypt(raw, k.bind()); err != nil {
		return nil, kernel.Errorf(kernel.Internal, "seal: %w", err)
	}
	opened, err := newCiphers(raw)
	if err != nil {
		return nil, kernel.Errorf(kernel.Internal, "seal: %w", err)
	}
	return newSealing(k, opened, now), r.store.AddDataKey(ctx, k)
}

// open returns the ciphers of a data key. Those that are known are used while the key is
// still there, which is looked at now and then.
func (r *keyring) open(ctx context.Context, id string) (ciphers, error) {
	now := r.clock.Now()
	r.mu.Lock()
	known, ok := r.data[id]
	r.mu.Unlock()
	if ok && now.Sub(known.checked) < held {
		return known.ciphers, nil
	}
	k, by, err := r.store.DataKey(ctx, id)
	if kernel.Is(err, kernel.NotFound) {
		r.forget(id)
		return ciphers{}, kernel.Errorf(kernel.Refused, "the key %s that this was sealed with is no more: it was destroyed, or the database was restored to a time before it", id)
	}
	if err != nil {
		return ciphers{}, err
	}
	if !ok || !by.DestroyedAt.IsZero() || now.Sub(known.opened) >= heldKEK {
		known.opened = now
		if known.ciphers, err = r.unwrap(ctx, k, by); err != nil {
			r.forget(id)
			return ciphers{}, err
		}
	}
	known.checked = now
	r.remember(id, known)
	return known.ciphers, nil
}

func (r *keyring) unwrap(ctx context.Context, k DataKey, by OwnerKey) (ciphers, error) {
	wraps, err := r.owner(ctx, by)
	if err != nil {
		return ciphers{}, err
	}
	raw, err := wraps.Decrypt(k.Wrapped, k.bind())
	if err != nil {
		return ciphers{}, damaged()
	}
	defer clear(raw)
	return newCiphers(raw)
}

func (r *keyring) remember(id string, k openedKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.data) >= maxCached {
		clear(r.data)
	}
	r.data[id] = k
}

func (r *keyring) forget(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.data, id)
}
