package seal

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	aead "github.com/tink-crypto/tink-go/v2/aead/subtle"

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

// OwnerKey is the key-encryption key of an owner: a tenant, or "" for the platform.
type OwnerKey struct {
	ID    string
	Owner string
	// Root is the id of the root key that wraps it.
	Root      string
	Wrapped   []byte
	CreatedAt time.Time
	// Shared says that Wrapped opens only together with a share, which is in no database.
	// Of a destroyed key it says that its share may still be there.
	Shared bool
	// RetiredAt is since when it wraps nothing new, and DestroyedAt since when it is no
	// more: Wrapped is empty then. They are zero before.
	RetiredAt   time.Time
	DestroyedAt time.Time
}

// DataKey is a key that seals content of an owner, wrapped by the owner's key By.
type DataKey struct {
	ID        string
	Owner     string
	By        string
	Wrapped   []byte
	CreatedAt time.Time
}

// Store keeps wrapped keys. Calls inside of a transaction take part in it.
type Store interface {
	// Present returns the owner's key that is not retired, a destroyed one too; or NotFound.
	Present(ctx context.Context, owner string) (OwnerKey, error)
	// AddOwnerKey adds a key where the owner has no present one, else it does nothing.
	AddOwnerKey(ctx context.Context, k OwnerKey) error
	// Newest returns the newest data key of the owner that is as old as since or newer,
	// or NotFound.
	Newest(ctx context.Context, owner string, since time.Time) (DataKey, error)
	// AddDataKey adds a data key.
	AddDataKey(ctx context.Context, k DataKey) error
	// DataKey returns a data key and the key that wraps it, or NotFound.
	DataKey(ctx context.Context, id string) (DataKey, OwnerKey, error)
	// AfterCommit calls fn once the transaction of ctx is committed, or at once.
	AfterCommit(ctx context.Context, fn func())
}

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

type ownerAEAD struct {
	*aead.AESGCM

	opened time.Time
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

// present returns the key of the owner, and makes the first one.
func (r *keyring) present(ctx context.Context, owner string) (OwnerKey, error) {
	k, err := r.store.Present(ctx, owner)
	if kernel.Is(err, kernel.NotFound) {
		if k, err = r.newOwnerKey(ctx, owner); err != nil {
			return k, err
		}
		if err = r.store.AddOwnerKey(ctx, k); err == nil {
			k, err = r.store.Present(ctx, owner) // another process may have been first
		}
	}
	if err == nil && !k.DestroyedAt.IsZero() {
		err = destroyed(owner, k.DestroyedAt)
	}
	return k, err
}

func destroyed(owner string, at time.Time) error {
	return kernel.Errorf(kernel.Refused, "the keys of the tenant %s were destroyed on %s: nothing that was sealed for it can be opened, and nothing more is sealed",
		owner, at.UTC().Format("2006-01-02 15:04 MST"))
}

func (r *keyring) newOwnerKey(ctx context.Context, owner string) (k OwnerKey, err error) {
	raw := make([]byte, dataKeySize)
	_, _ = rand.Read(raw) // never fails, see crypto/rand
	defer clear(raw)
	k = OwnerKey{ID: kernel.NewID("kek"), Owner: owner, CreatedAt: r.now()}
	inner, err := r.split(ctx, &k, raw)
	if err != nil {
		return k, err
	}
	k.Root, k.Wrapped, err = r.roots.wrap(ctx, inner)
	return k, err
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

// bind is what a wrapped data key is bound to, so that it is nobody else's.
func (k DataKey) bind() []byte { return []byte("data key\x00" + k.Owner + "\x00" + k.ID) }

// owner returns what wraps with an owner's key.
func (r *keyring) owner(ctx context.Context, k OwnerKey) (ownerAEAD, error) {
	if !k.DestroyedAt.IsZero() {
		return ownerAEAD{}, destroyed(k.Owner, k.DestroyedAt)
	}
	now := r.clock.Now()
	r.mu.Lock()
	known, ok := r.owners[k.ID]
	r.mu.Unlock()
	if ok && now.Sub(known.opened) < heldKEK {
		return known, nil
	}
	raw, err := r.roots.unwrap(ctx, k.Root, k.Wrapped)
	if err != nil {
		return ownerAEAD{}, err
	}
	defer clear(raw)
	if raw, err = r.join(ctx, k, raw); err != nil {
		return ownerAEAD{}, err
	}
	defer clear(raw)
	cipher, err := aead.NewAESGCM(raw)
	if err != nil {
		return ownerAEAD{}, damaged()
	}
	opened := ownerAEAD{AESGCM: cipher, opened: now}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.owners) >= maxCached {
		clear(r.owners)
	}
	r.owners[k.ID] = opened
	return opened, nil
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

// forgetOwner drops all that is known of an owner in this process.
func (r *keyring) forgetOwner(owner string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.sealing, owner)
	clear(r.data)
	clear(r.owners)
}
