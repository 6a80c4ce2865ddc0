package command

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// Open opens a file that the command line names, and says what is wrong with it.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, kernel.Errorf(kernel.NotFound, "there is no file %s", path).WithFix("name one that there is, from the folder that you are in")
	case errors.Is(err, fs.ErrPermission):
		return nil, kernel.Errorf(kernel.Invalid, "the file %s may not be read", path).WithFix("see its permissions, or name another")
	case err == nil && info.IsDir():
		return nil, kernel.Errorf(kernel.Invalid, "%s is a folder, and a file is expected", path).WithFix("name a file in it")
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil, kernel.Errorf(kernel.Invalid, "the file %s may not be read", path).WithFix("see its permissions, or name another")
	}
	if err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "the file %s cannot be read: %w", path, err)
	}
	return f, nil
}

// Read reads a file that the command line names and that has up to so many bytes.
func Read(path string, most int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return ReadAll(path, f, most)
}

// ReadSource is Read of a text in UTF-8, and - is the input.
func (e *Env) ReadSource(path string, most int64) ([]byte, error) {
	b, err := e.ReadBytes(path, most)
	if err != nil {
		return nil, err
	}
	name := path
	if path == "-" {
		name = "the input"
	}
	return b, Text(name, b)
}

// Text refuses what is no text, as ReadSource does.
func Text(name string, b []byte) error { return yamldoc.Text(name, b) }

// ReadBytes is ReadSource for what need not be text.
func (e *Env) ReadBytes(path string, most int64) ([]byte, error) {
	if path == "-" {
		return ReadAll("the input", e.In, most)
	}
	return Read(path, most)
}

// ReadAll reads what has up to so many bytes, and which messages call by the name.
func ReadAll(name string, from io.Reader, most int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(from, most+1))
	if err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", name, err)
	}
	if int64(len(b)) > most {
		return nil, kernel.Errorf(kernel.TooLarge, "%s has more than %d KiB", name, most>>10).WithFix("name another file, or take out what it needs not have")
	}
	return b, nil
}

// Of tells of a refusal of what a file has, that it is in the file.
func Of(path string, err error) error {
	if e, ok := errors.AsType[*kernel.Error](err); ok {
		e.Problems = slices.Clone(e.Problems)
		for i := range e.Problems {
			e.Problems[i].File = cmp.Or(e.Problems[i].File, path)
		}
	}
	return err
}

// InFile is a mistake inside a file that the command line names rightly.
func InFile(path, fix, format string, args ...any) error {
	return kernel.Errorf(kernel.Invalid, "%s cannot be used", path).
		WithProblems(kernel.Problem{File: path, Message: fmt.Sprintf(format, args...), Fix: fix})
}
