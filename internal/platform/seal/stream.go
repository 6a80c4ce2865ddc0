package seal

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// maxWhole bounds what Reader takes into memory of an envelope that was sealed
	// whole, in bytes.
	maxWhole = 257 << 20
	// small is up to what size Writer seals whole, in bytes.
	small = 64 << 10
	// peeked is what Reader reads ahead of heads; segments pass it by.
	peeked = 4 << 10
)

// Writer encrypts, for the platform itself, what is written to it and writes it to w, of which it holds a
// segment at a time; Close ends it, and leaves w open. Only Reader with the same
// associated data gets it back.
func (s *Sealer) Writer(ctx context.Context, w io.Writer, associated []byte) (io.WriteCloser, error) {
	key, err := s.keyFor(ctx, platform)
	if err != nil {
		return nil, err
	}
	return &sealing{w: w, key: key, associated: associated}, nil
}

// WriterFor is Writer with a key of the tenant.
func (s *Sealer) WriterFor(ctx context.Context, tenant string, w io.Writer, associated []byte) (io.WriteCloser, error) {
	key, err := s.keyOf(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return &sealing{w: w, key: key, associated: associated}, nil
}

// sealing is content on its way into an envelope: sealed whole where it is small, so
// that a small one does not take the memory of segments, else as a stream.
type sealing struct {
	w          io.Writer
	key        dataKey
	associated []byte
	// start is what came while it may still be small.
	start  []byte
	stream io.WriteCloser
}

// Write takes more of the content.
func (s *sealing) Write(p []byte) (int, error) {
	if s.stream == nil && len(s.start)+len(p) <= small {
		s.start = append(s.start, p...)
		return len(p), nil
	}
	if s.stream == nil {
		if err := s.open(); err != nil {
			return 0, err
		}
	}
	return s.stream.Write(p)
}

// open goes on as a stream.
func (s *sealing) open() (err error) {
	head := s.key.head(true)
	if _, err := s.w.Write(head); err != nil {
		return err
	}
	if s.stream, err = s.key.stream.NewEncryptingWriter(s.w, bind(head, s.associated)); err != nil {
		return kernel.Errorf(kernel.Internal, "seal: %w", err)
	}
	_, err = s.stream.Write(s.start)
	s.start = nil
	return err
}

// Close writes the rest.
func (s *sealing) Close() error {
	if s.stream != nil {
		return s.stream.Close()
	}
	sealed, err := s.key.seal(s.start, s.associated)
	if err != nil {
		return err
	}
	_, err = s.w.Write(sealed)
	return err
}

// Reader decrypts what Writer or Seal made. Nothing that was altered, cut or
// sealed with other associated data is ever returned: the error comes in the place
// of the segment, so what was read before it may be the beginning of something cut.
func (s *Sealer) Reader(ctx context.Context, r io.Reader, associated []byte) (io.Reader, error) {
	in := &input{from: bufio.NewReaderSize(r, peeked)}
	start, err := in.from.Peek(len(magicStream))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	read := readHead
	switch string(start) {
	case magicStream:
	case magicKeyedStream:
		read = readKeyedHead
	default:
		return s.wholeReader(ctx, in, associated)
	}
	e, err := read(in)
	if err != nil {
		return nil, in.failure()
	}
	key, err := s.unwrap(ctx, e)
	if err != nil {
		return nil, err
	}
	plain, err := key.stream.NewDecryptingReader(in, bind(e.head, associated))
	if err != nil {
		return nil, in.failure()
	}
	return &opening{plain: plain, in: in}, nil
}

func (s *Sealer) wholeReader(ctx context.Context, in io.Reader, associated []byte) (io.Reader, error) {
	sealed, err := io.ReadAll(io.LimitReader(in, maxWhole))
	if err != nil {
		return nil, err
	}
	plain, err := s.Open(ctx, sealed, associated)
	if err != nil {
		return nil, err
	}
	return bytes.NewReader(plain), nil
}

// readHead reads the head of a stream.
func readHead(r io.Reader) (envelope, error) {
	head := make([]byte, len(magicStream)+1)
	more := func(n int) error {
		from := len(head)
		head = append(head, make([]byte, n)...)
		_, err := io.ReadFull(r, head[from:])
		return err
	}
	if _, err := io.ReadFull(r, head); err != nil {
		return envelope{}, err
	}
	if err := more(int(head[len(head)-1]) + 2); err != nil {
		return envelope{}, err
	}
	if err := more(int(binary.BigEndian.Uint16(head[len(head)-2:]))); err != nil {
		return envelope{}, err
	}
	return parse(head, magicStream)
}

// readKeyedHead reads the head of a stream of a keyring.
func readKeyedHead(r io.Reader) (envelope, error) {
	head := make([]byte, len(magicKeyedStream)+1)
	if _, err := io.ReadFull(r, head); err != nil {
		return envelope{}, err
	}
	head = append(head, make([]byte, int(head[len(head)-1]))...)
	if _, err := io.ReadFull(r, head[len(magicKeyedStream)+1:]); err != nil {
		return envelope{}, err
	}
	return parseKeyed(head, magicKeyedStream)
}

// input remembers why no more could be read.
type input struct {
	from *bufio.Reader
	err  error
}

// Read reads on.
func (i *input) Read(p []byte) (int, error) {
	n, err := i.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		i.err = err
	}
	return n, err
}

// failure tells what could not be read from what is damaged.
func (i *input) failure() error {
	if i.err != nil {
		return i.err
	}
	return damaged()
}

// opening is a stream that is being decrypted.
type opening struct {
	plain io.Reader
	in    *input
}

// Read returns what is proven to be what was sealed.
func (o *opening) Read(p []byte) (int, error) {
	n, err := o.plain.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, o.in.failure()
	}
	return n, err
}
