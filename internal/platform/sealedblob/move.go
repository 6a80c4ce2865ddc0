package sealedblob

import (
	"bufio"
	"context"
	"errors"
	"io"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// Move seals content anew, with a key of its tenant, where it is sealed under a root key,
// and reports whether it was. Who reads it meanwhile reads either. Content that is not
// there is left so; content that somebody removes meanwhile may come back, so that the
// caller looks afterwards whether it is to be there.
func (s Store) Move(ctx context.Context, c Content) (bool, error) {
	sealed, err := s.Blobs.Get(ctx, c.Key)
	if kernel.Is(err, kernel.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	in := bufio.NewReader(sealed)
	start, err := in.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) || !seal.IsOld(start) {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return false, errors.Join(err, sealed.Close())
	}
	plain, err := s.Sealer.Reader(ctx, in, c.Associated)
	if err == nil {
		_, err = s.Put(ctx, c, plain)
	}
	return err == nil, errors.Join(err, sealed.Close())
}
