package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/governance/policy/live"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// policyAsk is how often a repository of policies is asked for its head.
const policyAsk = time.Minute

// policyRepository is a live.Source of a branch of a repository.
type policyRepository struct {
	git            gitexec.Git
	remote         gitexec.Remote
	branch, folder string
	// dir has a bare copy, and the files of each commit that was looked at.
	dir   string
	clock kernel.Clock
	token func() (string, error)

	asked  time.Time
	commit string
	tree   fs.FS
	err    error
}

// newPolicyRepository reads URL#BRANCH:FOLDER; the branch is main and the folder
// all of it where they are left out.
func newPolicyRepository(p *platform, git gitexec.Git, text string) (live.Source, error) {
	r := policyRepositoryOf(p, git, text)
	return live.Source{Name: text, Tree: r.look}, r.remote.Check()
}

func policyRepositoryOf(p *platform, git gitexec.Git, text string) *policyRepository {
	address, where, _ := strings.Cut(text, "#")
	branch, folder, _ := strings.Cut(where, ":")
	if branch == "" {
		branch = "main"
	}
	sum := sha256.Sum256([]byte(text))
	return &policyRepository{
		git: git, remote: gitexec.Remote{URL: address, Username: "terrace"},
		token:  p.config.PolicySecret,
		branch: branch, folder: path.Clean("/" + folder)[1:], dir: p.path("policies", hex.EncodeToString(sum[:8])), clock: kernel.Clock(nil),
	}
}

// look returns the files of the branch's head, as they were a minute ago at most.
// While the server cannot be reached it is an error, and what was good stays.
func (r *policyRepository) look(ctx context.Context) (fs.FS, error) {
	now := r.clock.Now()
	if !r.asked.IsZero() && now.Sub(r.asked) < policyAsk {
		return r.tree, r.err
	}
	err := r.update(ctx)
	if ctx.Err() != nil {
		return r.tree, err // it tells of who asked, and the next one asks again
	}
	r.asked, r.err = now, err
	return r.tree, r.err
}

func (r *policyRepository) update(ctx context.Context) (err error) {
	if r.remote.Password, err = r.token(); err != nil {
		return err
	}
	head, err := r.git.Head(ctx, r.remote, r.branch)
	if err != nil || head == r.commit {
		return err
	}
	repo := gitexec.Repo{Git: r.git, Dir: filepath.Join(r.dir, "git")}
	if err := repo.Fetch(ctx, r.remote, head); err != nil {
		return err
	}
	files := filepath.Join(r.dir, head)
	if err := os.RemoveAll(files); err != nil {
		return fmt.Errorf("policies of %s: %w", head, err)
	}
	if err := os.MkdirAll(files, 0o700); err != nil {
		return fmt.Errorf("policies of %s: %w", head, err)
	}
	if err := repo.Extract(ctx, head, files); err != nil {
		return errors.Join(err, os.RemoveAll(files))
	}
	below := filepath.Join(files, filepath.FromSlash(r.folder))
	if info, err := os.Stat(below); err != nil || !info.IsDir() {
		return errors.Join(kernel.Errorf(kernel.NotFound, "%s has no folder %s at %s", r.remote.URL, r.folder, head[:12]), os.RemoveAll(files))
	}
	former := r.commit
	r.tree, r.commit = os.DirFS(below), head
	if former != "" {
		_ = os.RemoveAll(filepath.Join(r.dir, former)) // a copy that nobody reads any longer
	}
	return nil
}
