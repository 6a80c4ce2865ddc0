package sidecar

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// lookEvery is how often it is looked whether the document has changed.
const lookEvery = 500 * time.Millisecond

// read reads the document. Without a file nobody may call, and nobody is called.
func (s *Sidecar) read() (Document, error) {
	if s.config.Document == "" {
		return Document{}, nil
	}
	src, err := load(s.config.Document)
	if err != nil {
		return Document{}, err
	}
	return Read(s.config.Document, src)
}

func load(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the document of the mesh cannot be read: %w", err).WithFix("name a file that there is")
	}
	defer func() { _ = f.Close() }()
	src, err := io.ReadAll(io.LimitReader(f, yamldoc.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return src, nil
}

// watch takes up the document whenever it has changed. One that is not valid changes nothing.
func (s *Sidecar) watch(ctx context.Context) {
	if s.config.Document == "" {
		return
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var seen []byte
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		src, err := load(s.config.Document)
		if err != nil || bytes.Equal(src, seen) {
			continue // it is being written, or is what it was
		}
		seen = src
		d, err := Read(s.config.Document, src)
		if err != nil {
			s.config.Log.ErrorContext(ctx, "the document of the mesh is not valid: the one before holds", "error", err)
			continue
		}
		s.document.Store(&d)
		s.build(ctx)
	}
}
