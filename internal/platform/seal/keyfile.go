package seal

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gocloud.dev/secrets/localsecrets"

	"github.com/terrace-idp/terrace/internal/platform/wholefile"
)

// isThere reports whether there is a file, also where it cannot be looked at.
func isThere(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// makeKeyFile makes the key file where it is missing, whole or not at all and
// readable by its owner alone. Of several processes the first wins.
func makeKeyFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	key, err := localsecrets.NewRandomKey()
	if err != nil {
		return err
	}
	err = wholefile.Create(path, []byte(base64.URLEncoding.EncodeToString(key[:])+"\n"))
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// fileKeys returns the keys of a file, one a line: the first seals.
func fileKeys(path string) ([]rootKey, error) {
	lines, err := keyLines(path)
	if err != nil {
		return nil, err
	}
	keys := make([]rootKey, len(lines))
	for i, line := range lines {
		key, err := localsecrets.Base64Key(line)
		if err != nil {
			return nil, fmt.Errorf("line %d of %s does not hold a key: restore it, since what it sealed cannot be opened without it", i+1, path)
		}
		keys[i] = rootKey{localsecrets.NewKeeper(key), idOf(key)}
	}
	return keys, nil
}

func keyLines(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	lines := strings.Fields(string(text))
	if len(lines) == 0 {
		return nil, fmt.Errorf("%s does not hold a key: restore it, since what it sealed cannot be opened without it", path)
	}
	return lines, nil
}

// prependKey writes a new key in front of those of a file.
func prependKey(path string) error {
	lines, err := keyLines(path)
	if err != nil {
		return err
	}
	key, err := localsecrets.NewRandomKey()
	if err != nil {
		return err
	}
	lines = append([]string{base64.URLEncoding.EncodeToString(key[:])}, lines...)
	return wholefile.Replace(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600)
}
