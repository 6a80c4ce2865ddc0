package command

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Documents returns a file, or the documents of YAML and JSON in a folder and those below it.
func Documents(path string) ([]string, error) {
	var found []string
	err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		hidden := name != path && strings.HasPrefix(d.Name(), ".")
		switch {
		case err != nil:
			return err
		case d.IsDir() && hidden:
			return fs.SkipDir
		case !d.IsDir() && !hidden && (name == path || slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name))):
			found = append(found, name)
		}
		return nil
	})
	switch {
	case path == "-", errors.Is(err, fs.ErrNotExist):
		return []string{path}, nil // reading it says what is wrong
	case err != nil:
		return nil, kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", path, err)
	case len(found) == 0:
		return nil, kernel.Errorf(kernel.NotFound, "there is no document in %s", path).WithFix("name a folder with files that end in .yaml, .yml or .json")
	}
	return found, nil
}
