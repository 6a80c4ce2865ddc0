package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const remoteName = "origin"

// server is a repository on a server, with a copy of it here.
type server struct {
	config Config
	dir    string
	auth   func() (transport.AuthMethod, error)
}

// auth returns how to sign in, asked anew each time: tokens are renewed.
func (c Config) auth() (func() (transport.AuthMethod, error), error) {
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Scheme == "" || u.Scheme == "ssh": // user@host:path is no URL
		return func() (transport.AuthMethod, error) { return nil, nil }, nil //nolint:nilnil // the agent, by default
	case u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()):
		return c.basic, nil
	default:
		return nil, kernel.Errorf(kernel.Invalid, "a repository at %s cannot be used", u.Redacted()).
			WithFix("use https://…, ssh://… or file:///… of a bare repository")
	}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (c Config) basic() (transport.AuthMethod, error) {
	if c.Token == nil {
		return nil, nil //nolint:nilnil // nobody signs in
	}
	token, err := c.Token()
	if err != nil {
		return nil, err
	}
	name := c.Username
	if name == "" {
		name = "terrace"
	}
	return &githttp.BasicAuth{Username: name, Password: token}, nil
}

func (s *server) branch() plumbing.ReferenceName {
	return plumbing.NewBranchReferenceName(s.config.Branch)
}

func (s *server) tracked() plumbing.ReferenceName {
	return plumbing.NewRemoteReferenceName(remoteName, s.config.Branch)
}

func (s *server) fetch(ctx context.Context) (*git.Repository, plumbing.Hash, error) {
	repo, err := s.open()
	if err != nil {
		return nil, plumbing.ZeroHash, err
	}
	auth, err := s.auth()
	if err != nil {
		return nil, plumbing.ZeroHash, err
	}
	ctx, cancel := context.WithTimeout(ctx, networkTime)
	defer cancel()
	err = repo.FetchContext(ctx, &git.FetchOptions{
		RemoteName: remoteName, Auth: auth, Tags: git.NoTags, Force: true,
		RefSpecs: []config.RefSpec{config.RefSpec(fmt.Sprintf("+%s:%s", s.branch(), s.tracked()))},
	})
	if errors.Is(err, transport.ErrEmptyRemoteRepository) || isNoBranch(err) {
		return repo, plumbing.ZeroHash, nil
	}
	if err != nil && !errors.Is(err, git.NoErrAlreadyUpToDate) {
		return nil, plumbing.ZeroHash, explain(err)
	}
	ref, err := repo.Storer.Reference(s.tracked())
	if err != nil {
		return nil, plumbing.ZeroHash, err
	}
	return repo, ref.Hash(), nil
}

func isNoBranch(err error) bool {
	var none git.NoMatchingRefSpecError
	return errors.As(err, &none)
}

func (s *server) open() (*git.Repository, error) {
	repo, err := git.PlainOpen(s.dir)
	if err == nil || !errors.Is(err, git.ErrRepositoryNotExists) {
		return repo, err
	}
	repo, err = (&folder{path: s.dir, branch: s.config.Branch}).init()
	if err != nil {
		return nil, err
	}
	_, err = repo.CreateRemote(&config.RemoteConfig{Name: remoteName, URLs: []string{s.config.URL}})
	if errors.Is(err, git.ErrRemoteExists) {
		err = nil
	}
	return repo, err
}

// publish pushes the commit. The server moves the branch from where it said
// that it is, or refuses.
func (s *server) publish(ctx context.Context, from, to plumbing.Hash) error {
	repo, err := s.open()
	if err != nil {
		return err
	}
	auth, err := s.auth()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, networkTime)
	defer cancel()
	err = repo.PushContext(ctx, &git.PushOptions{
		RemoteName: remoteName, Auth: auth,
		RefSpecs: []config.RefSpec{config.RefSpec(fmt.Sprintf("%s:%s", to, s.branch()))},
	})
	if err == nil || errors.Is(err, git.NoErrAlreadyUpToDate) {
		return nil
	}
	if _, now, fetchErr := s.fetch(ctx); fetchErr == nil && now != from {
		if now == to {
			return nil // it arrived, and only the answer was lost
		}
		return errMoved
	}
	return explain(err)
}

// explain puts the errors of signing in into words that name what to do.
func explain(err error) error {
	if errors.Is(err, transport.ErrAuthenticationRequired) || errors.Is(err, transport.ErrAuthorizationFailed) {
		return kernel.Errorf(kernel.Unavailable, "the Git server does not let Terrace in: %w", err).
			WithFix("see that the stage's gitops names the file or the variable of a token that may write")
	}
	if strings.Contains(err.Error(), "SSH_AUTH_SOCK") {
		return kernel.Errorf(kernel.Unavailable, "there is no SSH agent to sign in with: %w", err).WithFix("start one, and set SSH_AUTH_SOCK for terraced")
	}
	return err
}
