package state

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Content is a state that is being read; whoever asked for it closes it. Reading
// ends with an error, and not with io.EOF, where it is not what was written.
type Content struct {
	io.ReadCloser

	Version Version
}

// Read returns the stack's state, or kernel.NotFound where there is none.
func (s *Service) Read(ctx context.Context, c Caller, stack string) (Content, error) {
	return s.ReadUnless(ctx, c, stack, "")
}

// ReadUnless is Read for somebody who knows a version already: where it is that one, the
// content has nothing to read or to close.
func (s *Service) ReadUnless(ctx context.Context, c Caller, stack, known string) (Content, error) {
	if err := c.serves(stack); err != nil {
		return Content{}, err
	}
	v, ok, err := s.Current(ctx, stack)
	if err != nil {
		return Content{}, err
	}
	if !ok {
		return Content{}, noState(stack)
	}
	if v.ID == known {
		return Content{Version: v}, nil
	}
	raw, err := s.load(ctx, v)
	return Content{ReadCloser: raw, Version: v}, err
}

// load fails loudly where content is missing or is not what was written: to
// answer "no state" would have everything created a second time.
func (s *Service) load(ctx context.Context, v Version) (io.ReadCloser, error) {
	sealed, err := s.Blobs.Get(ctx, v.key())
	if err != nil {
		return nil, kernel.Errorf(kernel.Internal, "the content of state version %s of %s: %w", v.ID, v.Stack, err)
	}
	raw, err := s.unseal(ctx, sealed, v.associated())
	if err != nil {
		return nil, fmt.Errorf("open state: %w", err)
	}
	return &loaded{ReadCloser: raw, version: v, hash: sha256.New()}, nil
}

// unsealed is the plain text of something sealed that is open.
type unsealed struct {
	io.Reader
	io.Closer
}

// unseal opens what is sealed, of which it has read the beginning already: what is
// damaged altogether is an error at once.
func (s *Service) unseal(ctx context.Context, sealed io.ReadCloser, associated []byte) (io.ReadCloser, error) {
	plain, err := s.Sealer.Reader(ctx, sealed, associated)
	if err != nil {
		return nil, errors.Join(err, sealed.Close())
	}
	ahead := bufio.NewReaderSize(plain, readAtOnce)
	if _, err := ahead.Peek(1); err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(err, sealed.Close())
	}
	return unsealed{ahead, sealed}, nil
}

// loaded compares what is read with what was written.
type loaded struct {
	io.ReadCloser

	version Version
	hash    hash.Hash
}

// Read reads on.
func (l *loaded) Read(p []byte) (int, error) {
	n, err := l.ReadCloser.Read(p)
	_, _ = l.hash.Write(p[:n]) // a hash takes everything
	if errors.Is(err, io.EOF) && l.version.Digest.Hex() != hex.EncodeToString(l.hash.Sum(nil)) {
		return n, kernel.Errorf(kernel.Internal, "state version %s of %s is not what was written", l.version.ID, l.version.Stack)
	}
	return n, err
}
