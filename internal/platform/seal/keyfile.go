package seal

import (
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"gocloud.dev/secrets/localsecrets"

	"github.com/terrace-idp/terrace/internal/platform/wholefile"
)

// makeKeyFile makes the key file where it is missing, whole or not at all and
// readable by its owner alone. Of several processes the first wins.
func makeKeyFile(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
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
