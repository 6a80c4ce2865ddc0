package policy

import (
	"io/fs"
	"path"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a folder of policies.
const (
	MaxFile  = 1 << 20
	MaxBytes = 32 << 20
	MaxFiles = 5_000
)

// File is one file of a folder.
type File struct {
	// Path is relative to the folder; its folders are where data goes.
	Path string
	// Name is how errors call the file.
	Name    string
	Content []byte
}

// Folder is a tree of policies with the data beside them.
type Folder struct {
	// Name is the source of its policies.
	Name string
	// Modules are the files *.rego without tests; Tests are *_test.rego.
	Modules, Tests []File
	// Data are files of JSON and YAML. What is in a/b.yaml is data.a in Rego.
	Data []File
}

// ReadFolder reads a tree. Errors call its files prefix/path. Hidden folders and
// testdata are left out.
func ReadFolder(name string, tree fs.FS, prefix string) (Folder, error) {
	r := reader{folder: Folder{Name: name}, tree: tree, prefix: prefix}
	if err := fs.WalkDir(tree, ".", r.visit); err != nil {
		if _, ok := err.(*kernel.Error); ok { //nolint:errorlint // visit returns it unwrapped
			return Folder{}, err
		}
		return Folder{}, kernel.Errorf(kernel.Unavailable, "the policies in %s cannot be read: %w", prefix, err)
	}
	return r.folder, nil
}

type reader struct {
	folder       Folder
	tree         fs.FS
	prefix       string
	files, bytes int
}

func (r *reader) visit(p string, d fs.DirEntry, err error) error {
	switch {
	case err != nil:
		return err
	case d.IsDir() && p != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
		return fs.SkipDir
	case d.IsDir(), strings.HasPrefix(d.Name(), "."):
		return nil
	}
	switch list := r.list(p); list {
	case nil:
		return nil
	default:
		f, err := r.read(p)
		*list = append(*list, f)
		return err
	}
}

// list is where a file goes; nil where it is none of the folder's.
func (r *reader) list(p string) *[]File {
	switch {
	case strings.HasSuffix(p, "_test.rego"):
		return &r.folder.Tests
	case path.Ext(p) == ".rego":
		return &r.folder.Modules
	case path.Ext(p) == ".json", path.Ext(p) == ".yaml", path.Ext(p) == ".yml":
		return &r.folder.Data
	default:
		return nil
	}
}

func (r *reader) read(p string) (File, error) {
	name := path.Join(r.prefix, p)
	info, err := fs.Stat(r.tree, p)
	if err != nil {
		return File{}, err
	}
	r.files++
	r.bytes += int(info.Size())
	switch {
	case info.Size() > MaxFile:
		return File{}, kernel.Errorf(kernel.TooLarge, "%s is larger than %d MiB", name, MaxFile>>20).WithFix("split it, or keep what is no policy elsewhere")
	case r.files > MaxFiles || r.bytes > MaxBytes:
		return File{}, kernel.Errorf(kernel.TooLarge, "%s has more than %d files or %d MiB of policies", r.prefix, MaxFiles, MaxBytes>>20).WithFix("name a folder that holds policies alone")
	}
	content, err := fs.ReadFile(r.tree, p)
	return File{Path: p, Name: name, Content: content}, err
}
