package state

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/sealedblob"
)

// movedAtOnce is how many contents are looked at between two marks.
const movedAtOnce = 50

// Sealed are the contents of all versions, which Move seals anew.
type Sealed struct{ *Service }

// Name is what people call them.
func (Sealed) Name() string { return "states" }

// Rescanned says that they are not looked through in every round.
func (Sealed) Rescanned() bool { return false }

// Move seals the contents anew, with a key of their tenant, that come after a key and are
// sealed under a root key. It tells where it has got to, and at how many it has looked
// and how many it has moved since it told before. What cannot be opened is passed by, and
// is the error in the end.
func (s Sealed) Move(ctx context.Context, after string, at func(after string, looked, moved int) error) error {
	var looked, moved int
	var failed error
	for content, err := range s.Blobs.List(ctx, contents) {
		if err != nil {
			return fmt.Errorf("move the states: %w", err)
		}
		if content.Key <= after {
			continue
		}
		done, err := s.move(ctx, content.Key)
		if err != nil && (ctx.Err() != nil || kernel.Is(err, kernel.Unavailable)) {
			return fmt.Errorf("move the states: %w", err)
		}
		if err != nil && failed == nil {
			failed = fmt.Errorf("move the states: %s: %w", content.Key, err)
		}
		after = content.Key
		if looked++; done {
			moved++
		}
		if looked < movedAtOnce {
			continue
		}
		if err := at(after, looked, moved); err != nil {
			return err
		}
		looked, moved = 0, 0
	}
	return errors.Join(at(after, looked, moved), failed)
}

// move seals one content anew. One whose version is gone meanwhile goes as well.
func (s Sealed) move(ctx context.Context, key string) (bool, error) {
	parts := strings.Split(strings.TrimPrefix(key, contents), "/")
	if len(parts) != 5 {
		return false, nil
	}
	v := Version{Stack: strings.Join(parts[:4], "/"), ID: parts[4]}
	store := sealedblob.Store{Sealer: s.Sealer, Blobs: s.Blobs}
	moved, err := store.Move(ctx, sealedblob.Content{
		Name: "state version " + v.ID, Tenant: parts[0], Key: key, Associated: v.associated(), Max: MaxSize,
	})
	if err != nil || !moved {
		return false, err
	}
	_, err = s.Store.Version(ctx, v.Stack, v.ID)
	if kernel.Is(err, kernel.NotFound) {
		return true, s.discard(ctx, v)
	}
	return true, err
}
