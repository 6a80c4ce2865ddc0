package gitexec

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Zero is the object id that stands for none.
const Zero = "0000000000000000000000000000000000000000"

var (
	objectID = regexp.MustCompile(`^[0-9a-f]{40}$`)
	branch   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/+@=-]{0,199}$`)
)

// IsObject reports whether s is the whole id of an object.
func IsObject(s string) bool { return objectID.MatchString(s) }

// IsBranch reports whether s can be the name of a branch, by git's rules and
// with letters that need no quoting anywhere.
func IsBranch(s string) bool {
	if !branch.MatchString(s) || strings.Contains(s, "..") || strings.Contains(s, "//") || strings.Contains(s, "@{") {
		return false
	}
	for part := range strings.SplitSeq(s, "/") {
		if part == "" || part[0] == '.' || strings.HasSuffix(part, ".lock") || strings.HasSuffix(part, ".") {
			return false
		}
	}
	return true
}

// Repo is a bare repository.
type Repo struct {
	Git Git
	Dir string
}

// Exists reports whether the repository is there.
func (r Repo) Exists() bool {
	_, err := os.Stat(filepath.Join(r.Dir, "HEAD"))
	return err == nil
}

// Init makes the repository whole or not at all, with branch as its default.
// One that is there already stays.
func (r Repo) Init(ctx context.Context, branch string) error {
	if r.Exists() {
		return nil
	}
	parent := filepath.Dir(r.Dir)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return fmt.Errorf("make a repository: %w", err)
	}
	half, err := os.MkdirTemp(parent, ".new-*")
	if err != nil {
		return fmt.Errorf("make a repository: %w", err)
	}
	defer func() { _ = os.RemoveAll(half) }() // nothing is left of it after the rename
	if _, err := r.Git.Run(ctx, Command{Args: []string{"init", "--quiet", "--bare", "--template=", "--initial-branch", branch, half}}); err != nil {
		return err
	}
	if err := os.Rename(half, r.Dir); err != nil && !r.Exists() {
		return fmt.Errorf("make a repository: %w", err)
	}
	return nil
}

// Remove removes the repository: at once for everybody, then its files.
func (r Repo) Remove() error {
	gone := filepath.Join(filepath.Dir(r.Dir), ".gone-"+kernel.NewID("git"))
	if err := os.Rename(r.Dir, gone); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return fmt.Errorf("remove a repository: %w", err)
	}
	return os.RemoveAll(gone)
}

// Size returns the bytes that the repository takes.
func (r Repo) Size() (int64, error) {
	var size int64
	err := filepath.WalkDir(r.Dir, func(_ string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a file that git has moved meanwhile
		}
		if err != nil || d.IsDir() {
			return err
		}
		if info, err := d.Info(); err == nil {
			size += info.Size()
		}
		return nil
	})
	return size, err
}

func (r Repo) run(ctx context.Context, args ...string) ([]byte, error) {
	return r.Git.Run(ctx, Command{Dir: r.Dir, Args: args})
}

// Refs returns the object of every ref below the prefixes.
func (r Repo) Refs(ctx context.Context, prefixes ...string) (map[string]string, error) {
	out, err := r.run(ctx, append([]string{"for-each-ref", "--format=%(objectname) %(refname)", "--"}, prefixes...)...)
	if err != nil {
		return nil, err
	}
	refs := map[string]string{}
	for line := range strings.Lines(string(out)) {
		id, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		refs[name] = id
	}
	return refs, nil
}

// Ref returns the object of a ref, Zero where there is no such ref.
func (r Repo) Ref(ctx context.Context, name string) (string, error) {
	refs, err := r.Refs(ctx, name)
	if err != nil {
		return "", err
	}
	if id, ok := refs[name]; ok {
		return id, nil
	}
	return Zero, nil
}

// Has reports whether the commit is there.
func (r Repo) Has(ctx context.Context, commit string) bool {
	if !IsObject(commit) {
		return false
	}
	_, err := r.run(ctx, "cat-file", "-e", commit+"^{commit}")
	return err == nil
}

// SetRef moves a ref from an object to another; Zero is none. It is Stale when
// the ref is somewhere else.
func (r Repo) SetRef(ctx context.Context, name, to, from string) error {
	args := []string{"update-ref", "--end-of-options", name, to, from}
	if to == Zero {
		args = []string{"update-ref", "-d", "--end-of-options", name, from}
	}
	if _, err := r.run(ctx, args...); err != nil {
		if now, e := r.Ref(ctx, name); e == nil && now != from {
			return kernel.Errorf(kernel.Stale, "%s is at %s by now", name, now)
		}
		return err
	}
	return nil
}

// Parents returns the parents of a commit.
func (r Repo) Parents(ctx context.Context, commit string) ([]string, error) {
	out, err := r.run(ctx, "rev-parse", commit+"^@")
	return strings.Fields(string(out)), err
}

// MergeBase returns the newest commit that both have; ok is false without one.
func (r Repo) MergeBase(ctx context.Context, a, b string) (base string, ok bool, err error) {
	out, err := r.run(ctx, "merge-base", a, b)
	if failed, is := errors.AsType[*Failed](err); is && failed.Status == 1 {
		return "", false, nil
	}
	return strings.TrimSpace(string(out)), err == nil, err
}

// Contains reports whether the commit has the ancestor.
func (r Repo) Contains(ctx context.Context, commit, ancestor string) (bool, error) {
	_, err := r.run(ctx, "merge-base", "--is-ancestor", ancestor, commit)
	if failed, is := errors.AsType[*Failed](err); is && failed.Status == 1 {
		return false, nil
	}
	return err == nil, err
}

// Changed returns the paths that differ between two commits, those of both ends
// of a move.
func (r Repo) Changed(ctx context.Context, from, to string) ([]string, error) {
	out, err := r.run(ctx, "diff-tree", "-r", "-z", "--no-renames", "--name-only", from, to)
	return fields(out), err
}

// Files returns the paths of the files of a commit below a folder, "" for all.
func (r Repo) Files(ctx context.Context, commit, folder string) ([]string, error) {
	args := []string{"ls-tree", "-r", "-z", "--name-only", "--full-tree", commit}
	if folder != "" {
		args = append(args, "--", strings.Trim(folder, "/")+"/")
	}
	out, err := r.run(ctx, args...)
	return fields(out), err
}

// Folder returns the id of the tree of a folder of a commit, "." for the root;
// NotFound where it has none.
func (r Repo) Folder(ctx context.Context, commit, path string) (string, error) {
	if !IsObject(commit) || strings.ContainsAny(path, "\n\x00") {
		return "", kernel.Errorf(kernel.Invalid, "%q is no path in a commit", path)
	}
	if path == "." || path == "" {
		return r.Tree(ctx, commit)
	}
	out, err := r.run(ctx, "ls-tree", "-z", "--full-tree", commit, "--", path)
	if err != nil {
		return "", err
	}
	entry, _, _ := strings.Cut(string(out), "\t")
	if f := strings.Fields(entry); len(f) == 3 && f[1] == "tree" {
		return f[2], nil
	}
	return "", kernel.Errorf(kernel.NotFound, "there is no folder %s at %s", path, commit[:12])
}

func fields(out []byte) []string {
	var names []string
	for name := range bytes.SplitSeq(out, []byte{0}) {
		if len(name) > 0 {
			names = append(names, string(name))
		}
	}
	return names
}

// Read returns a file of a commit; NotFound where it has none, TooLarge beyond
// limit bytes. Links are not followed.
func (r Repo) Read(ctx context.Context, commit, path string, limit int) ([]byte, error) {
	if !IsObject(commit) || strings.ContainsAny(path, "\n\x00") {
		return nil, kernel.Errorf(kernel.Invalid, "%q is no path in a commit", path)
	}
	out, err := r.Git.Run(ctx, Command{Dir: r.Dir, Args: []string{"--literal-pathspecs", "ls-tree", "-z", "--full-tree", commit, "--", path}})
	if err != nil {
		return nil, err
	}
	entry, _, _ := strings.Cut(string(out), "\t")
	f := strings.Fields(entry)
	switch {
	case len(f) != 3:
		return nil, kernel.Errorf(kernel.NotFound, "there is no file %s at %s", path, commit[:12])
	case f[1] != "blob" || f[0] == "120000":
		return nil, kernel.Errorf(kernel.Invalid, "%s is not a file at %s", path, commit[:12])
	}
	content, err := r.Git.Run(ctx, Command{Dir: r.Dir, Args: []string{"cat-file", "blob", f[2]}, Output: limit})
	if kernel.Is(err, kernel.TooLarge) {
		return nil, kernel.Errorf(kernel.TooLarge, "%s has more than %d bytes at %s", path, limit, commit[:12])
	}
	return content, err
}
