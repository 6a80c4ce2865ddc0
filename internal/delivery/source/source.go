package source

import (
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// What a source does unless it is told otherwise.
const (
	DefaultInterval = time.Minute
	DefaultCount    = 5
	DefaultPercent  = 20

	minInterval = 10 * time.Second
	maxInterval = 24 * time.Hour
	// A build may take from minBuildTime to maxBuildTime.
	minBuildTime = time.Second
	maxBuildTime = 24 * time.Hour
	// maxKeys bounds the file of allowed signers.
	maxKeys = 64 << 10
)

// Source is a repository that is the truth.
type Source struct {
	ID     string `json:"id"`
	Tenant string `json:"-"`
	// Name is unique in the tenant.
	Name string `json:"name"`
	// Project is the one whose workloads it has; empty for stages, definitions and
	// the workloads of all projects.
	Project string `json:"project,omitempty"`
	// RepositoryProject and Repository name the repository.
	RepositoryProject string `json:"repositoryProject"`
	Repository        string `json:"repository"`
	Branch            string `json:"branch"`
	// Path is the folder in which the layout begins; empty is the root.
	Path string `json:"path,omitempty"`
	// Prune removes objects whose files are gone.
	Prune bool `json:"prune"`
	// NoHeal only tells of objects that were changed by hand, and leaves them.
	NoHeal bool `json:"noHeal"`
	// Interval is how often it is reconciled when nothing is pushed.
	Interval stage.Duration `json:"interval"`
	Guard    Guard          `json:"guard"`
	// Signers are the allowed signers of commits, as ssh-keygen(1) reads them; empty
	// takes commits without a signature.
	Signers string `json:"signers,omitempty"`
	// DaemonRights lets its stages have what is done with the rights of the daemon,
	// such as commands that verify: see stage.Stage.DaemonRights.
	DaemonRights bool `json:"daemonRights,omitempty"`
	// Builds lets Terrace build the folders that its workloads have as images.
	Builds bool `json:"builds,omitempty"`
	// BuildTime is how long one of them may be built; 0 is what the configuration says.
	BuildTime stage.Duration `json:"buildTime,omitempty"`
	// Allowed lets a prune through that the guard has stopped.
	Allowed   *Allowance `json:"allowed,omitempty"`
	CreatedBy string     `json:"createdBy"`
	CreatedAt time.Time  `json:"createdAt"`
	Status    Status     `json:"status"`
	// Again is the newest request to try again what failed, empty where it is followed.
	Again string `json:"-"`
	// Cause is the id of the event that told of the last push, or of the source
	// itself; empty once all is as the repository says.
	Cause string `json:"-"`
}

// Guard says how much a prune may remove without a person's word: at least one
// object, and else up to each of both.
type Guard struct {
	Count   int `json:"count"`
	Percent int `json:"percent"`
}

// Allowance is a person's word for what one commit removes.
type Allowance struct {
	Commit string       `json:"commit"`
	By     kernel.Actor `json:"by"`
	Reason string       `json:"reason"`
	At     time.Time    `json:"at"`
}

// Phase is how a source stands.
type Phase string

// The phases.
const (
	// Waiting: it was not reconciled yet.
	Waiting Phase = "waiting"
	// Ready: all is as the repository says.
	Ready Phase = "ready"
	// Running: runs or builds are under way.
	Running Phase = "running"
	// Failed: something could not be brought about.
	Failed Phase = "failed"
	// Held: the guard has stopped a prune.
	Held Phase = "held"
)

// Status is what the last reconciliation came to.
type Status struct {
	Phase Phase `json:"phase"`
	// Commit is the one that was reconciled.
	Commit  string     `json:"commit,omitempty"`
	At      *time.Time `json:"at,omitempty"`
	Message string     `json:"message,omitempty"`
	// Problems are those of files that are no object, and of the repository.
	Problems []kernel.Problem `json:"problems,omitempty"`
	// Held are the objects that a stopped prune would remove.
	Held []Key `json:"held,omitempty"`
	// PushedBy is who pushed last, and so asks for what is brought about.
	PushedBy *kernel.Actor `json:"-"`
}

// Pusher is who pushed, and the event that tells of it.
type Pusher struct {
	// By is nil where that is not known.
	By    *kernel.Actor
	Cause string
}

func (s Source) scope() kernel.Scope { return kernel.Scope{Tenant: s.Tenant, Project: s.Project} }

// origin is how delivery/stage knows the source.
func (s Source) origin() string { return "source " + s.Name }

// where names the repository for people.
func (s Source) where() string { return s.RepositoryProject + "/" + s.Repository }
