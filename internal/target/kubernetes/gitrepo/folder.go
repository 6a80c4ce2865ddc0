package gitrepo

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/wholefile"
)

// folder is a bare repository on this machine. Its branch moves as git itself
// moves it, through a lock file that is renamed, so that pushes of others at
// the same time are safe.
type folder struct {
	path, branch string
	create       bool
}

func (f *folder) fetch(context.Context) (*git.Repository, plumbing.Hash, error) {
	repo, err := f.open()
	if err != nil {
		return nil, plumbing.ZeroHash, err
	}
	head, err := f.head(repo)
	return repo, head, err
}

func (f *folder) open() (*git.Repository, error) {
	repo, err := git.PlainOpen(f.path)
	if errors.Is(err, git.ErrRepositoryNotExists) && f.create {
		return f.init()
	}
	if err != nil {
		return nil, err
	}
	config, err := repo.Config()
	if err == nil && !config.Core.IsBare {
		return nil, kernel.Errorf(kernel.Refused, "the repository %s has a working copy, which a commit would leave behind", f.path).
			WithFix("use a bare repository: git clone --bare")
	}
	return repo, err
}

// init makes the repository beside its place and moves it there, whole.
func (f *folder) init() (*git.Repository, error) {
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return nil, err
	}
	made, err := os.MkdirTemp(filepath.Dir(f.path), ".new-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(made) }() // gone after the rename
	_, err = git.PlainInitWithOptions(made, &git.PlainInitOptions{
		Bare: true, InitOptions: git.InitOptions{DefaultBranch: plumbing.NewBranchReferenceName(f.branch)},
	})
	if err == nil {
		err = os.Rename(made, f.path)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) && !errors.Is(err, syscall.ENOTEMPTY) {
		return nil, err
	}
	return git.PlainOpen(f.path)
}

func (f *folder) ref() plumbing.ReferenceName { return plumbing.NewBranchReferenceName(f.branch) }

func (f *folder) head(repo *git.Repository) (plumbing.Hash, error) {
	ref, err := repo.Storer.Reference(f.ref())
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return plumbing.ZeroHash, nil
	}
	if err != nil {
		return plumbing.ZeroHash, err
	}
	return ref.Hash(), nil
}

// publish takes git's lock of the branch, looks whether it still is where it
// was, and renames the lock over it.
func (f *folder) publish(_ context.Context, from, to plumbing.Hash) error {
	unlock, err := f.alone()
	if err != nil {
		return err
	}
	defer unlock()
	path := filepath.Join(f.path, filepath.FromSlash(string(f.ref())))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := f.lock(path+".lock", to); err != nil {
		return err
	}
	defer func() { _ = os.Remove(path + ".lock") }() // gone after the rename
	repo, err := git.PlainOpen(f.path)
	if err != nil {
		return err
	}
	head, err := f.head(repo)
	if err != nil {
		return err
	}
	if head != from {
		return errMoved
	}
	return os.Rename(path+".lock", path)
}

// alone keeps other processes of Terrace out, for as long as this one lives.
func (f *folder) alone() (unlock func(), err error) {
	file, err := os.OpenFile(filepath.Join(f.path, "terrace.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return func() { _ = file.Close() }, nil // which unlocks it
}

// lock makes git's lock file with the commit in it. One that a killed process
// of Terrace left has the commit that its note names, and is taken away.
func (f *folder) lock(path string, to plumbing.Hash) error {
	note := filepath.Join(f.path, "terrace.pending")
	if left, err := os.ReadFile(path); err == nil {
		if noted, err := os.ReadFile(note); err == nil && strings.TrimSpace(string(noted)) == strings.TrimSpace(string(left)) {
			_ = os.Remove(path)
		}
	}
	content := []byte(to.String() + "\n")
	if err := wholefile.Replace(note, content, 0o600); err != nil {
		return err
	}
	err := wholefile.Create(path, content)
	if errors.Is(err, fs.ErrExist) {
		return errMoved // another has it for a moment
	}
	return err
}
