package apispecvcs

import (
	"context"
	"log/slog"
	"time"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// DefaultFile is where a repository says which APIs it has, unless that is given.
const DefaultFile = "apis.yaml"

// Following is a repository whose documents are followed.
type Following struct {
	Tenant     string    `json:"-"`
	Project    string    `json:"project"`
	Repository string    `json:"repository"`
	Branch     string    `json:"branch"`
	File       string    `json:"file"`
	By         string    `json:"by"`
	At         time.Time `json:"at"`
	// Commit is the one that was looked at last, at LookedAt.
	Commit   string     `json:"commit,omitempty"`
	LookedAt *time.Time `json:"lookedAt,omitempty"`
	// Versions are those that the repository has.
	Versions []Brought `json:"versions"`
	// Problems are what is wrong with its files, or keeps them from being published.
	Problems []kernel.Problem `json:"problems"`
}

// Brought is what a file of the repository has become.
type Brought struct {
	API      string `json:"api"`
	Version  string `json:"version"`
	Document string `json:"document"`
	Revision int64  `json:"revision"`
	// Stage is where it was published, empty where that was not asked for.
	Stage string `json:"stage,omitempty"`
}

func (f Following) scope() kernel.Scope { return kernel.Scope{Tenant: f.Tenant, Project: f.Project} }

// Store keeps which repositories are followed.
type Store interface {
	PutFollowing(ctx context.Context, f Following) error
	Following(ctx context.Context, scope kernel.Scope, repository string) (Following, error)
	// Followings returns those of a project, by name.
	Followings(ctx context.Context, scope kernel.Scope) ([]Following, error)
	RemoveFollowing(ctx context.Context, f Following) error
}

// APIs keeps documents; apispec.Service does.
type APIs interface {
	Upload(ctx context.Context, k apispec.Key, source, origin string) (apispec.Revision, apispec.Report, error)
	Publish(ctx context.Context, k apispec.Key, p apispec.Publishing) (apispec.Standing, error)
	Get(ctx context.Context, k apispec.Key) (apispec.API, error)
	Preview(ctx context.Context, k apispec.Key, source string) (apispec.Preview, error)
}

// Repositories reads repositories; delivery/vcs does.
type Repositories interface {
	Find(ctx context.Context, scope kernel.Scope, name string) (vcs.Repository, error)
	Head(ctx context.Context, r vcs.Repository, branch string) (string, error)
	Tree(ctx context.Context, r vcs.Repository, commit string) (gitexec.Repo, error)
}

// Config is what a Service works with; only Clock and Log may be left out.
type Config struct {
	Store        Store
	APIs         APIs
	Repositories Repositories
	// First is the name of the first stage.
	First      func() string
	Authorizer apispec.Authorizer
	Journal    apispec.Journal
	Tx         apispec.Tx
	Clock      kernel.Clock
	Log        *slog.Logger
}

// Service follows repositories.
type Service struct{ Config }

// New returns a Service.
func New(c Config) *Service {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Config: c}
}

var (
	_ vcs.Listener = (*Service)(nil)
	_ vcs.Reviewer = (*Service)(nil)
)
