package runners

import (
	"errors"
	"io/fs"
	"os"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// tokenFile is where a token is going to be. It is opened before there is one, so that
// no runner is made whose token is lost.
type tokenFile struct {
	*os.File

	// made says that it was not there before.
	made bool
}

func openToken(path string) (tokenFile, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	made := err == nil
	if errors.Is(err, fs.ErrExist) {
		f, err = os.OpenFile(path, os.O_WRONLY, 0)
	}
	if err != nil {
		return tokenFile{}, kernel.Errorf(kernel.Invalid, "no token can be written to the file %s, and no runner was created: %w", path, reason(err)).
			WithFix("name a file that can be written with --token-file")
	}
	return tokenFile{f, made}, nil
}

// reason is err without the name of the file, which the message has.
func reason(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	return err
}

// keep writes the token in place of what was there, for the owner of the file alone.
func (f tokenFile) keep(token string) error {
	info, err := f.Stat()
	if err == nil && info.Mode().IsRegular() {
		err = errors.Join(f.Chmod(0o600), f.Truncate(0))
	}
	if err == nil {
		_, err = f.WriteString(token + "\n")
	}
	return errors.Join(err, f.Close())
}

// drop leaves no file that was not there before.
func (f tokenFile) drop() {
	_ = f.Close() // no token is in it
	if f.made {
		_ = os.Remove(f.Name()) // likewise
	}
}
