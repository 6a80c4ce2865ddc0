package seal

import (
	"context"
	"crypto/rand"
	"time"

	aead "github.com/tink-crypto/tink-go/v2/aead/subtle"

	"github.com/terrace-idp/terrace/internal/kernel"
)

type ownerAEAD struct {
	*aead.AESGCM

	opened time.Time
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

// forgetOwner drops all that is known of an owner in this process.
func (r *keyring) forgetOwner(owner string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.sealing, owner)
	clear(r.data)
	clear(r.owners)
}
