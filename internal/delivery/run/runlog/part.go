package runlog

import (
	"bufio"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// A part is a file or a blob with a stretch of a run's log: its magic; the length of the
// tenant (1 byte) and the tenant; the length of its key (2 bytes, big endian) and the key,
// which is sealed for the tenant; and frames. A frame is what was written at once: the
// length of what follows (4 bytes), when it was written (8 bytes, in microseconds since
// 1970), and lines of NDJSON, encrypted with the key and bound to the frame's number and time.
//
// The key is the part's own, so that a line is sealed without the database, and whoever
// has no key of the tenant opens none of them.
const (
	magic     = "TRL1"
	keySize   = 32
	frameHead = 12
	// maxFrame bounds what is taken into memory of a frame.
	maxFrame = 64 << 20
)

// Sealer seals the keys of parts.
type Sealer interface {
	SealFor(ctx context.Context, tenant string, plain, associated []byte) ([]byte, error)
	Open(ctx context.Context, sealed, associated []byte) ([]byte, error)
}

// frame is what was written at once.
type frame struct {
	at    time.Time
	lines []byte
}

// headOf is the beginning of a part, with a new key.
func headOf(ctx context.Context, s Sealer, tenant, run, id string) (head []byte, key cipher.AEAD, err error) {
	raw := make([]byte, keySize)
	_, _ = rand.Read(raw) // never fails, see crypto/rand
	defer clear(raw)
	sealed, err := s.SealFor(ctx, tenant, raw, associated(run, id))
	if err != nil {
		return nil, nil, err
	}
	if len(tenant) > math.MaxUint8 || len(sealed) > math.MaxUint16 {
		return nil, nil, kernel.Errorf(kernel.Internal, "the key of a log of %s is too long", tenant)
	}
	head = append([]byte(magic), byte(len(tenant)))
	head = append(head, tenant...)
	head = binary.BigEndian.AppendUint16(head, uint16(len(sealed)))
	key, err = keyOf(raw)
	return append(head, sealed...), key, err
}

func associated(run, id string) []byte { return []byte("log of " + run + " " + id) }

func keyOf(raw []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// sealFrame appends a frame to what is to be written.
func sealFrame(to []byte, key cipher.AEAD, n uint64, f frame) []byte {
	at := f.at.UnixMicro()
	to = binary.BigEndian.AppendUint32(to, uint32(len(f.lines)+key.Overhead()))
	to = binary.BigEndian.AppendUint64(to, uint64(at))
	return key.Seal(to, nil, f.lines, bound(n, at)) //nolint:gosec // the cipher makes a nonce itself
}

// bound is what a frame is bound to.
func bound(n uint64, at int64) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(make([]byte, 0, 16), n), uint64(at))
}

// reader reads the frames of a part, one after the other.
type reader struct {
	in     *bufio.Reader
	closer io.Closer
	// file is what may still grow, or end in the middle of a frame; nil for a blob.
	file   *os.File
	offset int64
	tenant string
	key    cipher.AEAD
	// next is the number of the next frame.
	next uint64
}

// errCut says that a part ends in the middle of its beginning, as a crash leaves it.
var errCut = errors.New("the log has no beginning")

// openPart reads the beginning of a part.
func openPart(ctx context.Context, s Sealer, run, id string, from io.ReadCloser) (*reader, error) {
	r := &reader{in: bufio.NewReaderSize(from, 32<<10), closer: from}
	r.file, _ = from.(*os.File)
	if err := r.begin(ctx, s, run, id); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errCut
		}
		return nil, errors.Join(err, from.Close())
	}
	return r, nil
}

func (r *reader) begin(ctx context.Context, s Sealer, run, id string) error {
	start, err := r.read(len(magic) + 1)
	if err != nil {
		return err
	}
	if string(start[:len(magic)]) != magic {
		return damaged(run)
	}
	tenant, err := r.read(int(start[len(magic)]))
	if err != nil {
		return err
	}
	length, err := r.read(2)
	if err != nil {
		return err
	}
	sealed, err := r.read(int(binary.BigEndian.Uint16(length)))
	if err != nil {
		return err
	}
	raw, err := s.Open(ctx, sealed, associated(run, id))
	if err != nil {
		return err
	}
	defer clear(raw)
	r.tenant = string(tenant)
	r.key, err = keyOf(raw)
	return err
}

// read reads so many bytes.
func (r *reader) read(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(r.in, b)
	r.offset += int64(n)
	return b, err
}

// frame reads the next frame, io.EOF where there is none: of a file that is still written
// there may be one later.
func (r *reader) frame() (frame, error) {
	before := r.offset
	f, err := r.take()
	if err == nil {
		r.next++
		return f, nil
	}
	if r.file == nil {
		return frame{}, err
	}
	r.offset = before
	r.in.Reset(io.NewSectionReader(r.file, before, math.MaxInt64-before))
	return frame{}, io.EOF
}

func (r *reader) take() (frame, error) {
	head, err := r.read(frameHead)
	if err != nil {
		return frame{}, err
	}
	length, at := binary.BigEndian.Uint32(head), int64(binary.BigEndian.Uint64(head[4:]))
	if length > maxFrame || int(length) < r.key.Overhead() {
		return frame{}, damaged("a run")
	}
	sealed, err := r.read(int(length))
	if err != nil {
		return frame{}, err
	}
	lines, err := r.key.Open(sealed[:0], nil, sealed, bound(r.next, at))
	if err != nil {
		return frame{}, damaged("a run")
	}
	return frame{at: time.UnixMicro(at).UTC(), lines: lines}, nil
}

// skip passes over the frames before n.
func (r *reader) skip(n uint64) error {
	for r.next < n {
		if _, err := r.frame(); err != nil {
			return fmt.Errorf("the log is shorter than it was: %w", err)
		}
	}
	return nil
}

func (r *reader) close() {
	if r != nil {
		_ = r.closer.Close() // it was only read
	}
}

func damaged(of string) error {
	return kernel.Errorf(kernel.Internal, "the log of %s cannot be opened: it was altered, or is another one's", of)
}
