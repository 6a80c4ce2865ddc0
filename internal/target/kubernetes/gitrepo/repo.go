package gitrepo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// attempts bounds how often a change is made again when others were faster.
	attempts = 10
	// networkTime bounds one exchange with a server.
	networkTime = 2 * time.Minute
	// pause is between attempts, longer each time.
	pause = 20 * time.Millisecond
)

// errMoved says that the branch is no longer where the change was made on.
var errMoved = errors.New("the branch has moved")

// Config says which branch of which repository.
type Config struct {
	// URL is https://…, ssh://…, user@host:path or file:///path of a bare
	// repository. It has no password.
	URL    string
	Branch string
	// Create makes a repository of file:// where there is none.
	Create bool
	// Username and Token sign in to a server of https; a nil Token signs in to none.
	Username string
	Token    func() (string, error)
	// Dir is where copies of repositories of servers are kept.
	Dir string
}

// Author is who commits.
type Author struct{ Name, Email string }

// Edit is a change of files, by their paths: new content, or nil to remove.
type Edit struct {
	Files   map[string][]byte
	Message string
}

// Repo is one branch of a repository.
type Repo struct {
	// turn is taken by who reads or changes it: one at a time.
	turn    chan struct{}
	backend backend
	name    string
}

// backend is where the repository is.
type backend interface {
	// fetch brings the branch here; the commit is zero where there is none.
	fetch(ctx context.Context) (*git.Repository, plumbing.Hash, error)
	// publish moves the branch from one commit to the next; errMoved when it is elsewhere.
	publish(ctx context.Context, from, to plumbing.Hash) error
}

// New returns the repository; nothing is reached yet.
func New(c Config) (*Repo, error) {
	if c.Branch == "" {
		c.Branch = "main"
	}
	name := Redacted(c.URL)
	if path, ok := strings.CutPrefix(c.URL, "file://"); ok {
		return newRepo(&folder{path: path, branch: c.Branch, create: c.Create}, name), nil
	}
	sum := sha256.Sum256([]byte(c.URL))
	dir := filepath.Join(c.Dir, hex.EncodeToString(sum[:8])+".git")
	auth, err := c.auth()
	return newRepo(&server{config: c, dir: dir, auth: auth}, name), err
}

func newRepo(b backend, name string) *Repo {
	return &Repo{turn: make(chan struct{}, 1), backend: b, name: name}
}

// take waits for the repository, no longer than ctx; give lets the next one have it.
func (r *Repo) take(ctx context.Context) (give func(), err error) {
	select {
	case r.turn <- struct{}{}:
		return func() { <-r.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Redacted returns a repository's address without what signs in.
func Redacted(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address[strings.LastIndex(address, "@")+1:]
	}
	return u.Redacted()
}

// Read returns the files beneath the folders, by path, and the commit that
// they are of; "" and no files where the branch has none.
func (r *Repo) Read(ctx context.Context, folders ...string) (files map[string][]byte, commit string, err error) {
	give, err := r.take(ctx)
	if err != nil {
		return nil, "", r.failed("read", err)
	}
	defer give()
	repo, head, err := r.backend.fetch(ctx)
	if err != nil {
		return nil, "", r.failed("read", err)
	}
	files = map[string][]byte{}
	if head.IsZero() {
		return files, "", nil
	}
	t := Tree{repo: repo, head: head}
	for _, folder := range folders {
		if err := t.read(folder, files); err != nil {
			return nil, "", r.failed("read", err)
		}
	}
	return files, head.String(), nil
}

// Change makes one commit of what edit asks for, seen the files as they are. It
// may be called again, on a newer commit. Without a difference there is no
// commit; commit then is the one that is there, "" for none.
func (r *Repo) Change(ctx context.Context, who Author, at time.Time, edit func(t Tree) (Edit, error)) (commit string, err error) {
	give, err := r.take(ctx)
	if err != nil {
		return "", r.failed("change", err)
	}
	defer give()
	for n := range attempts {
		commit, err = r.once(ctx, who, at, edit)
		if !errors.Is(err, errMoved) {
			return commit, r.failed("change", err)
		}
		select {
		case <-ctx.Done():
			return "", r.failed("change", ctx.Err())
		case <-time.After(time.Duration(n+1) * pause):
		}
	}
	return "", kernel.Errorf(kernel.Locked, "others change the repository %s all the time: %d attempts were too late", r.name, attempts).WithFix("try again")
}

func (r *Repo) once(ctx context.Context, who Author, at time.Time, edit func(t Tree) (Edit, error)) (string, error) {
	repo, head, err := r.backend.fetch(ctx)
	if err != nil {
		return "", err
	}
	t := Tree{repo: repo, head: head}
	change, err := edit(t)
	if err != nil {
		return "", err
	}
	next, changed, err := t.commit(who, at, change)
	if err != nil || !changed {
		return hashText(head), err
	}
	if err := r.backend.publish(ctx, head, next); err != nil {
		return "", err
	}
	return next.String(), nil
}

func hashText(h plumbing.Hash) string {
	if h.IsZero() {
		return ""
	}
	return h.String()
}

// failed says which repository an error is about. Errors of the transport may
// quote the address, which has no password.
func (r *Repo) failed(doing string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*kernel.Error](err); ok {
		return err
	}
	return kernel.Errorf(kernel.Unavailable, "%s the repository %s: %w", doing, r.name, err).
		WithFix("see that the address, the branch and the token of the stage's gitops are right, and try again")
}

func signature(who Author, at time.Time) object.Signature {
	return object.Signature{Name: who.Name, Email: who.Email, When: at}
}

func unexpected(what string, err error) error { return fmt.Errorf("%s: %w", what, err) }
