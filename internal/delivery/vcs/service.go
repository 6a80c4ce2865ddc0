package vcs

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The actions that the service asks permission for.
const (
	ActionRead    = "repo.read"
	ActionPush    = "repo.push"
	ActionCreate  = "repo.create"
	ActionConnect = "repo.connect"
	ActionBind    = "repo.bind"
	ActionDelete  = "repo.delete"
	ActionPropose = "pr.create"
	ActionMerge   = "pr.merge"
	ActionApprove = "pr.approve"
)

// Webhooks bounds how many webhooks are taken.
type Webhooks interface {
	// Webhook takes one of a repository of the tenant, which is Limited where too many came.
	Webhook(tenant string) error
}

// Tenants knows which tenants nobody works in at present.
type Tenants interface {
	Resting(ctx context.Context) (map[string]bool, error)
}

// Config is what a Service works with; only Clock, Log, Listeners, Reviewers, Bound, Webhooks, Tenants and Secrets may be left out.
type Config struct {
	Store      Store
	Tx         Tx
	Authorizer Authorizer
	Roles      Roles
	Users      Users
	Journal    Journal
	Sealer     Sealer
	Secrets    Secrets
	Stages     Stages
	Runs       Runs
	Builder    Builder
	Git        gitexec.Git
	// Hosts are the providers; the hosted one is added.
	Hosts map[Provider]Host
	// Dir holds hosted repositories and copies of connected ones.
	Dir string
	// Address is where others reach this platform, without a slash at its end.
	Address   string
	Listeners []Listener
	// Webhooks bound those of a tenant; nil bounds none.
	Webhooks Webhooks
	// Tenants says for whom nothing is done for the time being; nil for nobody.
	Tenants Tenants
	// Rest is how long what is theirs is left alone before it is asked again whether
	// somebody works there; half a minute unless it is said.
	Rest time.Duration
	// Reviewers say what they think of the files of pull requests.
	Reviewers []Reviewer
	// Bound is told of a binding, in the transaction that keeps it; nil is not told.
	Bound func(ctx context.Context, r Repository, branch string) error
	// Node names this daemon: only one process at a time may use it.
	Node  string
	Clock kernel.Clock
	Log   *slog.Logger
}

// Service knows repositories and what happens to them.
type Service struct {
	Config
	locks   locks
	wake    chan struct{}
	waiting waiting
	busy    busy
	tokens  tokens
	// held is when what is left alone is looked at again; the loop alone knows.
	held time.Time
}

// New returns a service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Node, c.Rest = cmp.Or(c.Node, kernel.NewID("node")), cmp.Or(c.Rest, restFor)
	hosts := map[Provider]Host{Hosted: hosted{store: c.Store, clock: c.Clock}}
	for p, h := range c.Hosts {
		hosts[p] = h
	}
	c.Hosts = hosts
	return &Service{Config: c, locks: locks{held: map[string]*sync.Mutex{}}, wake: make(chan struct{}, 1), busy: busy{repositories: map[string]bool{}}, tokens: tokens{of: map[string]readToken{}}}
}

// locks lets one work on a repository's files at a time.
type locks struct {
	mu   sync.Mutex
	held map[string]*sync.Mutex
}

func (l *locks) of(id string) *sync.Mutex {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[id] == nil {
		l.held[id] = &sync.Mutex{}
	}
	return l.held[id]
}

// Files returns the repository's files on this machine: those of a hosted one,
// or the copy of a connected one, which has what was fetched.
func (s *Service) Files(r Repository) gitexec.Repo {
	folder := "hosted"
	if r.Provider != Hosted {
		folder = "copies"
	}
	return gitexec.Repo{Git: s.Git, Dir: filepath.Join(s.Dir, folder, r.ID+".git")}
}

// CloneURL returns the address that git clones a repository from.
func (s *Service) CloneURL(r Repository) string {
	if r.Provider != Hosted {
		return r.Remote.Clone
	}
	return fmt.Sprintf("%s/git/%s/%s/%s.git", s.Address, r.Scope.Tenant, r.Scope.Project, r.Name)
}

// HookURL returns the address for the provider's webhooks, empty for a hosted
// repository.
func (s *Service) HookURL(r Repository) string {
	if r.Provider == Hosted {
		return ""
	}
	return fmt.Sprintf("%s/hooks/v1/%s/%s", s.Address, r.Provider, r.ID)
}

// access returns what Terrace signs in to the repository's provider with.
func (s *Service) access(ctx context.Context, r Repository) (Access, Host, error) {
	a, host, err := s.kept(ctx, r)
	if err != nil {
		return a, host, err
	}
	a.Credentials, err = s.signingIn(ctx, r, a.Credentials)
	return a, host, err
}

// kept returns the credentials as they are sealed: the token may be a reference.
func (s *Service) kept(ctx context.Context, r Repository) (Access, Host, error) {
	host, ok := s.Hosts[r.Provider]
	if !ok {
		return Access{}, nil, kernel.Errorf(kernel.Unavailable, "there is nothing here that speaks to %s", r.Provider)
	}
	a := Access{Repository: r}
	if len(r.Sealed) == 0 {
		return a, host, nil
	}
	plain, err := s.Sealer.Open(ctx, r.Sealed, Associated(r))
	if err != nil {
		return a, host, fmt.Errorf("credentials of repository %s: %w", r.Name, err)
	}
	return a, host, json.Unmarshal(plain, &a.Credentials)
}

func (s *Service) seal(ctx context.Context, r *Repository, c Credentials) error {
	plain, err := json.Marshal(c)
	if err != nil {
		return err
	}
	r.Sealed, err = s.Sealer.SealFor(ctx, r.Scope.Tenant, plain, Associated(*r))
	return err
}

// Associated binds sealed credentials to their repository.
func Associated(r Repository) []byte {
	return []byte(strings.Join([]string{"repository", r.Scope.Tenant, r.Scope.Project, r.ID}, "/"))
}

// nudge has the loop look for work.
func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// allowed finds a repository for who may do the action with it.
func (s *Service) allowed(ctx context.Context, action string, scope kernel.Scope, name string) (Repository, error) {
	scope = scope.InProject(scope.Project)
	if err := s.Authorizer.Authorize(ctx, action, scope); err != nil {
		return Repository{}, err
	}
	if checkRepositoryName(name) != nil {
		name = "?" // no repository has such a name
	}
	r, err := s.Store.Repository(ctx, scope, name)
	if kernel.Is(err, kernel.NotFound) {
		return r, kernel.Errorf(kernel.NotFound, "there is no repository %s in %s", name, scope.Project).WithFix("see those there are with: terrace repo list")
	}
	return r, err
}
