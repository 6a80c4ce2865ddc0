package config

import (
	"context"
	"log/slog"
	"path"
	"strings"
	"sync"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/fabric/config/configfile"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// The actions that the service asks permission for.
const (
	ActionRead    = "config.read"
	ActionWrite   = "config.write"
	ActionConnect = "config.connect"
	ActionToken   = "config.token"
)

// Config is what a Service works with; only Clock and Log may be left out.
type Config struct {
	Store        Store
	Tx           Tx
	Authorizer   Authorizer
	Journal      Journal
	Repositories Repositories
	Secrets      Secrets
	Stages       Stages
	Workloads    Workloads
	Projects     Projects
	// Node names this daemon: only one process at a time may use it.
	Node  string
	Clock kernel.Clock
	Log   *slog.Logger
}

// Service keeps configuration, and delivers it.
type Service struct {
	Config
	bell     *rounds.Bell
	sets     sets
	heard    heard
	watchers watchers
	told     told
}

// New returns a service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{
		Config: c, bell: rounds.NewBell(), sets: sets{kept: map[string]*keptSet{}}, heard: heard{waiting: map[string]chan struct{}{}},
		watchers: watchers{of: map[string]int{}}, told: told{of: map[string]string{}},
	}
}

// Connection says where the configuration of a project is.
type Connection struct {
	// RepositoryProject is the project itself where it is empty.
	RepositoryProject, Repository string
	// Branch is main and Path DefaultFolder where they are empty.
	Branch, Path string
}

// Connect makes a folder of a repository the configuration of a project.
func (s *Service) Connect(ctx context.Context, scope kernel.Scope, c Connection) (Source, error) {
	scope = scope.InProject(scope.Project)
	n := Source{
		ID: kernel.NewID("cfg"), Tenant: scope.Tenant, Project: scope.Project, RepositoryProject: c.RepositoryProject, Repository: c.Repository,
		Branch: c.Branch, Path: strings.Trim(c.Path, "/"), CreatedAt: s.Clock.Now(), Status: Status{Phase: Waiting},
	}
	n.complete()
	if err := s.mayConnect(ctx, n); err != nil {
		return n, err
	}
	actor, _ := kernel.ActorFrom(ctx)
	n.CreatedBy, n.Cause = actor.Name, kernel.NewID("evt")
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.AddSource(ctx, n); err != nil {
			return twice(n, err)
		}
		return s.Journal.Record(ctx, kernel.Fact{ID: n.Cause, Type: "config.connected", Scope: n.scope(), Subject: n.ID, Data: map[string]any{
			"repository": n.RepositoryProject + "/" + n.Repository, "branch": n.Branch, "path": n.Path,
		}})
	})
	if err == nil {
		s.bell.Ring()
	}
	return n, err
}

func (n *Source) complete() {
	if n.RepositoryProject == "" {
		n.RepositoryProject = n.Project
	}
	if n.Branch == "" {
		n.Branch = "main"
	}
	if n.Path == "" {
		n.Path = DefaultFolder(n.Project)
	}
}

func twice(n Source, err error) error {
	if kernel.Is(err, kernel.Conflict) {
		return kernel.Errorf(kernel.Conflict, "the configuration of %s is in a repository already", n.Project).
			WithFix("see it with terrace config status, and let go of it with terrace config disconnect")
	}
	return err
}

func (s *Service) mayConnect(ctx context.Context, n Source) error {
	if err := s.Authorizer.Authorize(ctx, ActionConnect, n.scope()); err != nil {
		return err
	}
	if err := s.Projects.Exists(ctx, n.scope()); err != nil {
		return err
	}
	var problems []kernel.Problem
	if !gitexec.IsBranch(n.Branch) {
		problems = append(problems, kernel.Problem{Path: "branch", Message: "it cannot be the name of a branch", Fix: "use letters, digits, dots, dashes, underscores and slashes"})
	}
	if n.Path != path.Clean(n.Path) || n.Path == "." || strings.HasPrefix(n.Path, "..") || strings.ContainsAny(n.Path, "\\\x00\n") {
		problems = append(problems, kernel.Problem{Path: "path", Message: "it is no folder of a repository", Fix: "write it as config/shop"})
	}
	if len(problems) > 0 {
		return kernel.Errorf(kernel.Invalid, "the configuration cannot be there").WithProblems(problems...)
	}
	where := kernel.Scope{Tenant: n.Tenant, Project: n.RepositoryProject}
	if err := s.Authorizer.Authorize(ctx, "repo.read", where); err != nil {
		return err
	}
	_, err := s.Repositories.Find(ctx, where, n.Repository)
	if kernel.Is(err, kernel.NotFound) {
		return kernel.Errorf(kernel.NotFound, "there is no repository %s in %s", n.Repository, n.RepositoryProject).WithFix("see those there are with: terrace repo list")
	}
	return err
}

// Get returns the source of a project with its status.
func (s *Service) Get(ctx context.Context, scope kernel.Scope) (Source, error) {
	n, err := s.find(ctx, ActionRead, scope)
	if err != nil {
		return n, err
	}
	within, err := s.Authorizer.Allowed(ctx, ActionRead, scope.InProject(scope.Project))
	n.Status.Unavailable = reached(n.Status.Unavailable, within, n.Project)
	return n, err
}

// find returns the source of a project for who may do the action.
func (s *Service) find(ctx context.Context, action string, scope kernel.Scope) (Source, error) {
	scope = scope.InProject(scope.Project)
	if err := s.Authorizer.Authorize(ctx, action, scope); err != nil {
		return Source{}, err
	}
	n, err := s.Store.Source(ctx, scope)
	return n, absent(scope, err)
}

func absent(scope kernel.Scope, err error) error {
	if kernel.Is(err, kernel.NotFound) {
		return kernel.Errorf(kernel.NotFound, "the project %s has no configuration", scope.Project).
			WithFix("put it into a repository, and connect that with: terrace config connect --repo NAME")
	}
	return err
}

// Disconnect forgets where the configuration is, and its history. Workloads get none
// from then on; the repository keeps all of it.
func (s *Service) Disconnect(ctx context.Context, scope kernel.Scope) error {
	n, err := s.find(ctx, ActionConnect, scope)
	if err != nil {
		return err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.RemoveSource(ctx, n); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "config.disconnected", Scope: n.scope(), Subject: n.ID, Data: map[string]any{
			"repository": n.RepositoryProject + "/" + n.Repository,
		}})
	})
	if err == nil {
		s.Heard(n.scope())
	}
	return err
}

// sets keeps what was read of revisions, one of a project.
type sets struct {
	mu   sync.Mutex
	kept map[string]*keptSet
}

type keptSet struct {
	revision string
	set      *configfile.Set
}

// maxSets bounds how many projects' sets are kept in memory.
const maxSets = 500

// current returns the set that counts, with its source.
func (s *Service) current(ctx context.Context, scope kernel.Scope) (Source, *configfile.Set, error) {
	scope = scope.InProject(scope.Project)
	n, err := s.Store.Source(ctx, scope)
	if err != nil {
		return n, nil, absent(scope, err)
	}
	if n.Status.Effective == "" {
		return n, nil, kernel.Errorf(kernel.NotFound, "no revision of the configuration of %s is valid yet", scope.Project).WithFix("see why: terrace config status")
	}
	key := scope.String()
	s.sets.mu.Lock()
	kept := s.sets.kept[key]
	s.sets.mu.Unlock()
	if kept != nil && kept.revision == n.Status.Effective {
		return n, kept.set, nil
	}
	r, err := s.Store.Revision(ctx, scope, n.Status.Effective)
	if err != nil {
		return n, nil, err
	}
	set, err := r.set()
	if err != nil {
		return n, nil, err
	}
	s.sets.mu.Lock()
	defer s.sets.mu.Unlock()
	if len(s.sets.kept) >= maxSets {
		clear(s.sets.kept) // they are read again
	}
	s.sets.kept[key] = &keptSet{revision: n.Status.Effective, set: set}
	return n, set, nil
}

// set reads the files of a valid revision.
func (r Revision) set() (*configfile.Set, error) {
	set, problems := configfile.Read(r.Files, configfile.Options{Tenant: r.Scope.Tenant, Counted: true})
	if len(problems) > 0 {
		return nil, kernel.Errorf(kernel.Internal, "revision %s was valid, and is not any longer", r.ID).WithProblems(problems...)
	}
	return set, nil
}
