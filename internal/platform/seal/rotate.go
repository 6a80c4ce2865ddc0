package seal

import (
	"context"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// rewrapped is how many keys are wrapped anew at a time.
const rewrapped = 200

// Rotations changes the keys of a Store.
type Rotations interface {
	// Replace retires a key that is present, and has next in its place; it is Stale where
	// the key is not present any more.
	Replace(ctx context.Context, retired string, next OwnerKey) error
	// NotUnder returns keys that are wrapped by another root key, no destroyed ones.
	NotUnder(ctx context.Context, root string, limit int) ([]OwnerKey, error)
	// Rewrap has a key wrapped by another root key, unless it is not as it was.
	Rewrap(ctx context.Context, was OwnerKey, root string, wrapped []byte) error
	// Retired returns data keys that a retired key wraps, with the owner's present key.
	Retired(ctx context.Context, limit int) ([]DataKey, error)
	// RewrapData has data keys wrapped by another key, unless they are not as they were.
	RewrapData(ctx context.Context, was, now []DataKey) error
	// DropRetired removes retired keys that wrap nothing more.
	DropRetired(ctx context.Context) error
	// Unshared returns owners, not the platform, whose present key opens without a share.
	Unshared(ctx context.Context, limit int) ([]string, error)
	// OwnerKey returns a key, or NotFound.
	OwnerKey(ctx context.Context, id string) (OwnerKey, error)
}

// RotateRoot has another root key seal, see Config.URL. What is wrapped by the one
// before stays so until Rewrap.
func (s *Sealer) RotateRoot() error { return s.roots.rotate() }

// RootKeyIDs returns the ids of all root keys that open.
func (s *Sealer) RootKeyIDs() []string { return s.roots.ids() }

// Rotate gives an owner a new key. Its data keys stay with the one before until Rewrap,
// new content is sealed with new data keys.
func (s *Sealer) Rotate(ctx context.Context, in Rotations, owner string) (OwnerKey, error) {
	present, err := s.ring.present(ctx, owner)
	if err != nil {
		return OwnerKey{}, err
	}
	next, err := s.ring.newOwnerKey(ctx, owner)
	if err != nil {
		return next, err
	}
	if err := in.Replace(ctx, present.ID, next); err != nil {
		return next, err
	}
	s.ring.store.AfterCommit(ctx, func() { s.ring.forgetOwner(owner) })
	return next, nil
}

// Forget drops what this process knows of an owner's keys.
func (s *Sealer) Forget(owner string) { s.ring.forgetOwner(owner) }

// Rewrap wraps a number of keys anew that are not wrapped by the key that is present,
// and reports how many; 0 is the end. It may be cut off at any moment, and done by
// several processes at once.
func (s *Sealer) Rewrap(ctx context.Context, in Rotations) (n int, err error) {
	if n, err = s.shareOwnerKeys(ctx, in); n > 0 || err != nil {
		return n, err
	}
	if n, err = s.rewrapOwnerKeys(ctx, in); n > 0 || err != nil {
		return n, err
	}
	if n, err = s.rewrapDataKeys(ctx, in); n > 0 || err != nil {
		return n, err
	}
	return 0, in.DropRetired(ctx)
}

func (s *Sealer) rewrapOwnerKeys(ctx context.Context, in Rotations) (int, error) {
	keys, err := in.NotUnder(ctx, s.roots.primaryID(), rewrapped)
	if err != nil {
		return 0, err
	}
	for _, k := range keys {
		raw, err := s.roots.unwrap(ctx, k.Root, k.Wrapped)
		if err != nil {
			return 0, err
		}
		root, wrapped, err := s.roots.wrap(ctx, raw)
		clear(raw)
		if err != nil {
			return 0, err
		}
		if err := in.Rewrap(ctx, k, root, wrapped); err != nil {
			return 0, err
		}
	}
	return len(keys), nil
}

func (s *Sealer) rewrapDataKeys(ctx context.Context, in Rotations) (int, error) {
	keys, err := in.Retired(ctx, rewrapped)
	if err != nil || len(keys) == 0 {
		return 0, err
	}
	anew := make([]DataKey, len(keys))
	by, present := map[string]OwnerKey{}, map[string]OwnerKey{}
	for i, k := range keys {
		if _, ok := by[k.By]; !ok {
			if by[k.By], err = in.OwnerKey(ctx, k.By); err != nil {
				return 0, err
			}
		}
		if _, ok := present[k.Owner]; !ok {
			if present[k.Owner], err = s.ring.present(ctx, k.Owner); err != nil {
				return 0, err
			}
		}
		if anew[i], err = s.rewrapDataKey(ctx, k, by[k.By], present[k.Owner]); err != nil {
			return 0, err
		}
	}
	return len(keys), in.RewrapData(ctx, keys, anew)
}

func (s *Sealer) rewrapDataKey(ctx context.Context, k DataKey, by, next OwnerKey) (DataKey, error) {
	before, err := s.ring.owner(ctx, by)
	if err != nil {
		return k, err
	}
	after, err := s.ring.owner(ctx, next)
	if err != nil {
		return k, err
	}
	raw, err := before.Decrypt(k.Wrapped, k.bind())
	if err != nil {
		return k, kernel.Errorf(kernel.Internal, "the data key %s cannot be opened: it was altered", k.ID)
	}
	defer clear(raw)
	k.By = next.ID
	if k.Wrapped, err = after.Encrypt(raw, k.bind()); err != nil {
		return k, kernel.Errorf(kernel.Internal, "seal: %w", err)
	}
	return k, nil
}
