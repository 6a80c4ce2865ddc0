package kubernetes

import (
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"sync"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/gitrepo"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/manifest"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/schema"
)

// Stage is how the workloads of one stage are kept.
type Stage struct {
	Repository Repository
	Gateway    manifest.Gateway
	// PrivateNetworks are the ranges that pods may call without saying so.
	PrivateNetworks []string
	Mesh            Mesh
}

// Repository is the Git repository of a stage.
type Repository struct {
	// URL is empty for a bare repository that Terrace makes itself.
	URL    string
	Branch string
	// Folder is where the layout begins; "" is the root.
	Folder   string
	Username string
	// Token returns what signs in, nil for nothing.
	Token  func() (string, error)
	Author gitrepo.Author
}

// Requesters knows who asked for a run.
type Requesters interface {
	Requester(ctx context.Context, scope kernel.Scope, run string) (string, error)
}

// Config is what a Service needs.
type Config struct {
	// Dir is the folder of its own repositories, and of copies of others.
	Dir string
	// Stage finds a stage whose runtime is kubernetes; what it says may change.
	Stage func(name string) (Stage, bool)
	// Requesters may be nil: commits then do not name who asked.
	Requesters Requesters
	// Policies may be nil where no stage has a mesh.
	Policies Policies
	Clock    kernel.Clock
	Log      *slog.Logger
}

// Service keeps workloads in Git.
type Service struct {
	config  Config
	schemas *schema.Set

	mu    sync.Mutex
	repos map[string]*gitrepo.Repo
}

// New returns a Service; nothing is reached or made yet.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{config: c, schemas: schema.New(), repos: map[string]*gitrepo.Repo{}}
}

// home is where a workload is kept.
type home struct {
	stage Stage
	place manifest.Place
	repo  *gitrepo.Repo
	// address is the repository's, without what signs in.
	address string
}

func (s *Service) home(scope kernel.Scope, workload string) (home, error) {
	st, ok := s.config.Stage(scope.Stage)
	if !ok {
		return home{}, kernel.Errorf(kernel.Refused, "the runtime of stage %s is not kubernetes", scope.Stage).
			WithFix("set the stage's runtime, and deploy again")
	}
	h := home{stage: st, place: manifest.Place{
		Tenant: scope.Tenant, Project: scope.Project, Stage: scope.Stage, Workload: workload,
		Gateway: st.Gateway, PrivateNetworks: st.PrivateNetworks,
	}}
	var err error
	h.repo, h.address, err = s.repo(scope, st.Repository)
	return h, err
}

// repo returns the repository, the same one for all that share it.
func (s *Service) repo(scope kernel.Scope, r Repository) (*gitrepo.Repo, string, error) {
	c := gitrepo.Config{
		URL: r.URL, Branch: r.Branch, Username: r.Username, Token: r.Token, Dir: filepath.Join(s.config.Dir, "copies"),
	}
	if c.URL == "" {
		path, err := filepath.Abs(filepath.Join(s.config.Dir, scope.Tenant, scope.Stage+".git"))
		if err != nil {
			return nil, "", err
		}
		c.URL, c.Create = "file://"+path, true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := c.URL + "#" + c.Branch
	if known, ok := s.repos[key]; ok {
		return known, gitrepo.Redacted(c.URL), nil
	}
	made, err := gitrepo.New(c)
	if err == nil {
		s.repos[key] = made
	}
	return made, gitrepo.Redacted(c.URL), err
}

// decode reads a declaration strictly.
func decode(raw json.RawMessage) (manifest.Spec, error) {
	spec, err := manifest.Decode(raw)
	if err == nil && spec.Manifests != manifest.AsRendered {
		err = kernel.Errorf(kernel.Invalid, "a workload's manifests are declared as %q", manifest.AsRendered)
	}
	return spec, err
}

// Check refuses a declaration that cannot be rendered, or whose objects do not
// fit their schemas.
func (s *Service) Check(scope kernel.Scope, workload string, raw json.RawMessage) error {
	spec, err := decode(raw)
	if err != nil {
		return err
	}
	h, err := s.home(scope, workload)
	if err != nil {
		return err
	}
	_, err = s.render(h, spec)
	return err
}

// render makes the objects and checks them.
func (s *Service) render(h home, spec manifest.Spec) ([]manifest.Object, error) {
	objects, err := manifest.Render(h.place, spec)
	if err != nil {
		return nil, err
	}
	var problems []kernel.Problem
	for _, o := range objects {
		found, err := s.schemas.Check(o.Value)
		if err != nil {
			return nil, err
		}
		problems = append(problems, found...)
	}
	if len(problems) > 0 {
		return nil, kernel.Errorf(kernel.Invalid, "the manifests of %s do not fit the schemas of Kubernetes", h.place.Workload).WithProblems(problems...)
	}
	return objects, nil
}
