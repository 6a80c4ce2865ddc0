package state

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// store seals what raw gives as the content of v, piece by piece, and completes v:
// its serial, lineage, digest and size. What is no state is not stored.
func (s *Service) store(ctx context.Context, v *Version, raw io.Reader) (content, error) {
	parsed, digest, size, err := s.keep(ctx, v.Stack, v.key(), v.associated(), &intake{from: raw})
	v.Serial, v.Lineage, v.Digest, v.Size = parsed.Serial, parsed.Lineage, digest, size
	return parsed, err
}

// keep seals a state of the stack into the blob with the key.
func (s *Service) keep(ctx context.Context, stack, key string, associated []byte, intake *intake) (content, kernel.Digest, int64, error) {
	out, in := io.Pipe()
	sealed := make(chan error, 1)
	go func() {
		err := s.seal(ctx, in, stack, associated, intake)
		_ = in.CloseWithError(err) // never fails; nil is the end
		sealed <- err
	}()
	err := s.Blobs.Put(ctx, key, out)
	_ = out.Close() // never fails, and lets the other side go
	if refused := <-sealed; kernel.KindOf(refused) != kernel.Internal && refused != nil {
		return content{}, "", 0, refused
	}
	if err != nil {
		return content{}, "", 0, fmt.Errorf("store state: %w", err)
	}
	return intake.content, intake.digest, intake.size, nil
}

// seal reads the intake, and writes it sealed to w.
func (s *Service) seal(ctx context.Context, w io.Writer, stack string, associated []byte, in *intake) error {
	scope, _, err := SplitStack(stack)
	if err != nil {
		return err
	}
	out, err := s.Sealer.WriterFor(ctx, scope.Tenant, w, associated)
	if err != nil {
		return fmt.Errorf("seal state: %w", err)
	}
	if _, err := io.WriteString(out, fenceLine(in.fence)); err != nil {
		return err
	}
	if err := in.read(out); err != nil {
		return err
	}
	return out.Close()
}

// intake is a state on its way in.
type intake struct {
	from io.Reader
	// fence goes before it, unless it is 0.
	fence int64

	content content
	digest  kernel.Digest
	size    int64
}

// read checks the state, and copies it to w as it passes.
func (i *intake) read(w io.Writer) (err error) {
	hash := sha256.New()
	if i.content, err = walk(io.TeeReader(i, io.MultiWriter(hash, w)), nil); err != nil {
		return err
	}
	i.digest = kernel.Digest("sha256:" + hex.EncodeToString(hash.Sum(nil)))
	return i.content.check()
}

// Read counts, and refuses what is too large.
func (i *intake) Read(p []byte) (int, error) {
	n, err := i.from.Read(p)
	if i.size += int64(n); i.size > MaxSize {
		return 0, kernel.Errorf(kernel.TooLarge, "the state has more than %d bytes, which is the most that is kept of one", MaxSize)
	}
	return n, err
}
