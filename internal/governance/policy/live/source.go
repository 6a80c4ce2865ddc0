package live

import (
	"context"
	"io/fs"
	"os"

	"github.com/terrace-idp/terrace/internal/governance/policy"
)

// Source is a tree of policies.
type Source struct {
	Name string
	// Tree returns the files as they are now.
	Tree func(context.Context) (fs.FS, error)
	// Settings says that its rules read the data of the other sources, too.
	Settings bool
	// Index tells of its policies, where they are compiled once a document needs
	// them; without, all are compiled when they change.
	Index policy.Index
}

// Folder is a source on this machine.
func Folder(dir string) Source {
	return Source{Name: dir, Tree: func(context.Context) (fs.FS, error) {
		if _, err := os.Stat(dir); err != nil {
			return nil, err
		}
		return os.DirFS(dir), nil
	}}
}

// Embedded is a source that never changes; the others' data are its settings.
func Embedded(name string, tree fs.FS, index policy.Index) Source {
	return Source{Name: name, Settings: true, Index: index.From(name), Tree: func(context.Context) (fs.FS, error) { return tree, nil }}
}
