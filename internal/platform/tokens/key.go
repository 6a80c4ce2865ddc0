package tokens

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/terrace-idp/terrace/internal/platform/wholefile"
)

// LoadKey returns the key in the file at path. Where the file is missing it is
// made, readable by its owner alone; of several processes that start at once,
// all get the key of the first.
func LoadKey(path string) ([]byte, error) {
	key, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := writeKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make token key: %w", err)
	}
	return readKey(path)
}

func readKey(path string) ([]byte, error) {
	key, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read token key: %w", err)
	}
	if len(key) != minKey {
		return nil, fmt.Errorf("read token key: %s has %d bytes instead of %d: restore it, or remove it to have a new one made", path, len(key), minKey)
	}
	return key, nil
}

// writeKey makes the file where there is none.
func writeKey(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	key := make([]byte, minKey)
	_, _ = rand.Read(key) // never fails, see crypto/rand
	return wholefile.Create(path, key)
}
