package seal

import (
	"context"
	"crypto/rand"

	aead "github.com/tink-crypto/tink-go/v2/aead/subtle"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Shares keeps what the keys of tenants need beside what the Store has of them. It is no
// part of the database, so that with a share its key is destroyed in every copy of that.
type Shares interface {
	// Put keeps a share: once it returns, a crash does not lose it.
	Put(ctx context.Context, owner, id string, share []byte) error
	// Share returns the share of a key, or NotFound.
	Share(ctx context.Context, owner, id string) ([]byte, error)
	// Destroy removes all shares of an owner, also where some are gone already.
	Destroy(ctx context.Context, owner string) error
}

// split encrypts a new key with a share of its own, which it keeps. The platform's key is
// never destroyed alone, and has none.
func (r *keyring) split(ctx context.Context, k *OwnerKey, raw []byte) ([]byte, error) {
	if r.shares == nil || k.Owner == platform {
		return raw, nil
	}
	share := make([]byte, dataKeySize)
	_, _ = rand.Read(share) // never fails, see crypto/rand
	defer clear(share)
	cipher, err := aead.NewAESGCM(share)
	if err != nil {
		return nil, kernel.Errorf(kernel.Internal, "seal: %w", err)
	}
	inner, err := cipher.Encrypt(raw, k.bind())
	if err != nil {
		return nil, kernel.Errorf(kernel.Internal, "seal: %w", err)
	}
	k.Shared = true
	ctx, cancel := context.WithTimeout(ctx, keeperTimeout)
	defer cancel()
	return inner, r.shares.Put(ctx, k.Owner, k.ID, share)
}

// join decrypts a key with its share.
func (r *keyring) join(ctx context.Context, k OwnerKey, inner []byte) ([]byte, error) {
	if !k.Shared {
		return inner, nil
	}
	if r.shares == nil {
		return nil, kernel.Errorf(kernel.Internal, "the key %s needs its share, and there are none here", k.ID)
	}
	ctx, cancel := context.WithTimeout(ctx, keeperTimeout)
	defer cancel()
	share, err := r.shares.Share(ctx, k.Owner, k.ID)
	if kernel.Is(err, kernel.NotFound) {
		return nil, kernel.Errorf(kernel.Refused, "the share of the key %s of the tenant %s is not there: it was destroyed, or is in another place than tenantKeys of the configuration says", k.ID, k.Owner).
			WithFix("where nobody has destroyed it, restore it from its backup")
	}
	if err != nil {
		return nil, err
	}
	defer clear(share)
	cipher, err := aead.NewAESGCM(share)
	if err != nil {
		return nil, notTheShare(k)
	}
	raw, err := cipher.Decrypt(inner, k.bind())
	if err != nil {
		return nil, notTheShare(k)
	}
	return raw, nil
}

func notTheShare(k OwnerKey) error {
	return kernel.Errorf(kernel.Refused, "the share of the key %s of the tenant %s is not the one that the key was made with: it was altered or is that of another key", k.ID, k.Owner).
		WithFix("restore it from its backup to where tenantKeys of the configuration says")
}

// Check reports what stands in the way of a key's use, as it is now and not as this process
// remembers it.
func (s *Sealer) Check(ctx context.Context, k OwnerKey) error {
	inner, err := s.roots.unwrap(ctx, k.Root, k.Wrapped)
	if err != nil {
		return err
	}
	defer clear(inner)
	raw, err := s.ring.join(ctx, k, inner)
	clear(raw)
	return err
}

// bind is what a split key is bound to, so that it is nobody else's.
func (k OwnerKey) bind() []byte { return []byte("owner key\x00" + k.Owner + "\x00" + k.ID) }

// Shred removes the shares of an owner's keys: from then on nothing opens what they
// sealed, with whatever copy of the database.
func (s *Sealer) Shred(ctx context.Context, owner string) error {
	if s.ring == nil || s.ring.shares == nil {
		return nil
	}
	if owner == platform {
		return kernel.Errorf(kernel.Internal, "seal: the platform's keys are not destroyed")
	}
	return s.ring.shares.Destroy(ctx, owner)
}

// shareOwnerKeys gives owners whose key is in the database alone another one, since copies
// of the database have that.
func (s *Sealer) shareOwnerKeys(ctx context.Context, in Rotations) (int, error) {
	if s.ring.shares == nil {
		return 0, nil
	}
	owners, err := in.Unshared(ctx, rewrapped)
	if err != nil {
		return 0, err
	}
	for _, owner := range owners {
		if _, err := s.Rotate(ctx, in, owner); err != nil && !kernel.Is(err, kernel.Stale) && !kernel.Is(err, kernel.Refused) {
			return 0, err
		}
	}
	return len(owners), nil
}
