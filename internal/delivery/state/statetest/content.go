package statetest

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Folder keeps blobs as files.
type Folder string

// Put writes a blob.
func (f Folder) Put(_ context.Context, key string, r io.Reader) error {
	path := filepath.Join(string(f), key)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o600)
}

// Get opens a blob.
func (f Folder) Get(_ context.Context, key string) (io.ReadCloser, error) {
	file, err := os.Open(filepath.Join(string(f), key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, kernel.Errorf(kernel.NotFound, "blob %s does not exist", key)
	}
	return file, err
}

// Delete removes a blob.
func (f Folder) Delete(_ context.Context, key string) error {
	return os.Remove(filepath.Join(string(f), key))
}

// Count returns how many blobs there are.
func (f Folder) Count(t testing.TB) (n int) {
	t.Helper()
	err := filepath.WalkDir(string(f), func(_ string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			n++
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return n
}

// sealer encrypts with AES-256-GCM under a key of its own.
type sealer struct{ aead cipher.AEAD }

func newSealer(t testing.TB) sealer {
	t.Helper()
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	return sealer{aead: aead}
}

// Seal encrypts plain.
func (s sealer) Seal(_ context.Context, plain, associated []byte) ([]byte, error) {
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return s.aead.Seal(nonce, nonce, plain, associated), nil
}

// Open decrypts what Seal returned.
func (s sealer) Open(_ context.Context, sealed, associated []byte) ([]byte, error) {
	if len(sealed) < s.aead.NonceSize() {
		return nil, errors.New("sealed content is too short")
	}
	return s.aead.Open(nil, sealed[:s.aead.NonceSize()], sealed[s.aead.NonceSize():], associated)
}
