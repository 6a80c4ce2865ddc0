package gitrepo

import (
	"errors"
	"io"
	"maps"
	"path"
	"slices"
	"sort"
	"strings"
	"time"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// maxFile bounds a file that is read, in bytes.
const maxFile = 8 << 20

// Tree is the files of one commit.
type Tree struct {
	repo *git.Repository
	head plumbing.Hash
}

// Files returns the files beneath a folder, by their whole paths.
func (t Tree) Files(folder string) (map[string][]byte, error) {
	files := map[string][]byte{}
	return files, t.read(folder, files)
}

// Names returns the names of the files and folders in a folder, sorted.
func (t Tree) Names(folder string) ([]string, error) {
	tree, err := t.folder(folder)
	if tree == nil || err != nil {
		return nil, err
	}
	var names []string
	for _, e := range tree.Entries {
		names = append(names, e.Name)
	}
	slices.Sort(names)
	return names, nil
}

// folder returns the tree of a folder, nil where there is none.
func (t Tree) folder(folder string) (*object.Tree, error) {
	root, err := t.root()
	if root == nil || err != nil || folder == "" {
		return root, err
	}
	tree, err := root.Tree(folder)
	if errors.Is(err, object.ErrDirectoryNotFound) || errors.Is(err, object.ErrEntryNotFound) {
		return nil, nil //nolint:nilnil // none is an answer
	}
	return tree, err
}

func (t Tree) root() (*object.Tree, error) {
	if t.head.IsZero() {
		return nil, nil //nolint:nilnil // an empty repository has none
	}
	commit, err := t.repo.CommitObject(t.head)
	if err != nil {
		return nil, unexpected("read the commit "+t.head.String(), err)
	}
	return commit.Tree()
}

func (t Tree) read(folder string, into map[string][]byte) error {
	tree, err := t.folder(folder)
	if tree == nil || err != nil {
		return err
	}
	return tree.Files().ForEach(func(f *object.File) error {
		content, err := contentOf(f)
		into[path.Join(folder, f.Name)] = content
		return err
	})
}

func contentOf(f *object.File) ([]byte, error) {
	reader, err := f.Reader()
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(reader, maxFile))
	return content, errors.Join(err, reader.Close())
}

// commit writes the change as a commit on top of the tree's; changed is false
// when it changes nothing.
func (t Tree) commit(who Author, at time.Time, e Edit) (next plumbing.Hash, changed bool, err error) {
	root, err := t.root()
	if err != nil {
		return next, false, err
	}
	hash, err := t.write(root, e.Files)
	if err != nil {
		return next, false, err
	}
	before := plumbing.ZeroHash
	if root != nil {
		before = root.Hash
	}
	if hash == before {
		return t.head, false, nil
	}
	if hash.IsZero() { // the last file is gone
		if hash, err = t.store(&object.Tree{}); err != nil {
			return next, false, err
		}
	}
	c := &object.Commit{Author: signature(who, at), Committer: signature(who, at), Message: e.Message, TreeHash: hash}
	if !t.head.IsZero() {
		c.ParentHashes = []plumbing.Hash{t.head}
	}
	next, err = t.store(c)
	return next, true, err
}

// write stores the tree with the files changed, and returns its hash; zero when
// nothing is left in it.
func (t Tree) write(tree *object.Tree, files map[string][]byte) (plumbing.Hash, error) {
	entries := map[string]object.TreeEntry{}
	if tree != nil {
		for _, e := range tree.Entries {
			entries[e.Name] = e
		}
	}
	inside := map[string]map[string][]byte{}
	for name, content := range files {
		first, rest, deeper := strings.Cut(name, "/")
		if deeper {
			if inside[first] == nil {
				inside[first] = map[string][]byte{}
			}
			inside[first][rest] = content
			continue
		}
		if err := t.put(entries, first, content); err != nil {
			return plumbing.ZeroHash, err
		}
	}
	for name, below := range inside {
		if err := t.descend(entries, name, below); err != nil {
			return plumbing.ZeroHash, err
		}
	}
	if len(entries) == 0 {
		return plumbing.ZeroHash, nil
	}
	next := &object.Tree{Entries: slices.Collect(maps.Values(entries))}
	sort.Sort(object.TreeEntrySorter(next.Entries))
	return t.store(next)
}

func (t Tree) put(entries map[string]object.TreeEntry, name string, content []byte) error {
	if content == nil {
		delete(entries, name)
		return nil
	}
	blob := t.repo.Storer.NewEncodedObject()
	blob.SetType(plumbing.BlobObject)
	w, err := blob.Writer()
	if err != nil {
		return err
	}
	if _, err = w.Write(content); err == nil {
		err = w.Close()
	}
	if err != nil {
		return unexpected("write "+name, err)
	}
	hash, err := t.repo.Storer.SetEncodedObject(blob)
	entries[name] = object.TreeEntry{Name: name, Mode: filemode.Regular, Hash: hash}
	return err
}

func (t Tree) descend(entries map[string]object.TreeEntry, name string, files map[string][]byte) error {
	var below *object.Tree
	if e, ok := entries[name]; ok && e.Mode == filemode.Dir {
		tree, err := t.repo.TreeObject(e.Hash)
		if err != nil {
			return err
		}
		below = tree
	}
	hash, err := t.write(below, files)
	if err != nil {
		return err
	}
	if hash.IsZero() {
		delete(entries, name)
		return nil
	}
	entries[name] = object.TreeEntry{Name: name, Mode: filemode.Dir, Hash: hash}
	return nil
}

type encoder interface {
	Encode(o plumbing.EncodedObject) error
}

func (t Tree) store(e encoder) (plumbing.Hash, error) {
	o := t.repo.Storer.NewEncodedObject()
	if err := e.Encode(o); err != nil {
		return plumbing.ZeroHash, err
	}
	return t.repo.Storer.SetEncodedObject(o)
}
