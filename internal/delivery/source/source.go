package source

import (
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
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

// Kind is what an object is.
type Kind string

// The kinds, in the order in which they are brought about.
const (
	StageKind      Kind = "stage"
	DefinitionKind Kind = "definition"
	WorkloadKind   Kind = "workload"
)

// Key names an object of a tenant.
type Key struct {
	Kind Kind `json:"kind"`
	// Project is empty for stages and definitions.
	Project string `json:"project,omitempty"`
	Name    string `json:"name"`
}

// String returns the key for people.
func (k Key) String() string {
	if k.Project != "" {
		return string(k.Kind) + " " + k.Project + "/" + k.Name
	}
	return string(k.Kind) + " " + k.Name
}

// State is how an object stands.
type State string

// The states.
const (
	// Synced: it is as its file says.
	Synced State = "synced"
	// Progressing: a run brings it about, or removes it.
	Progressing State = "progressing"
	// Broken: it could not be brought about or removed.
	Broken State = "failed"
	// Drifted: it was changed by hand, and the source does not put it back.
	Drifted State = "drifted"
	// Orphaned: its file is gone, and the source does not prune.
	Orphaned State = "orphaned"
	// Stopped: its file is gone, and the guard has stopped the prune.
	Stopped State = "held"
)

// Object belongs to a source.
type Object struct {
	Key

	Source string `json:"-"`
	File   string `json:"file"`
	// Digest is that of the content that was brought about last; empty is none yet.
	Digest   kernel.Digest    `json:"digest,omitempty"`
	State    State            `json:"state"`
	Message  string           `json:"message,omitempty"`
	Problems []kernel.Problem `json:"problems,omitempty"`
	// Release and Run are those of a workload's deployment to the first stage.
	Release string `json:"release,omitempty"`
	Run     string `json:"run,omitempty"`
	// Images are those of a workload that are built.
	Images []Image `json:"images,omitempty"`
	// Removing tells that its removal has begun.
	Removing bool `json:"removing,omitempty"`
	// Destroys are the runs that remove a workload, by stage.
	Destroys map[string]string `json:"destroys,omitempty"`
	Commit   string            `json:"commit,omitempty"`
	At       time.Time         `json:"at"`
}

// unmade reports whether the object never came about, for a file that was wrong
// from the beginning: to forget it removes nothing. Of a workload a run may have
// been asked for.
func (o *Object) unmade() bool { return o.Digest == "" && o.Kind != WorkloadKind }

func (s Source) scope() kernel.Scope { return kernel.Scope{Tenant: s.Tenant, Project: s.Project} }

// origin is how delivery/stage knows the source.
func (s Source) origin() string { return "source " + s.Name }

// where names the repository for people.
func (s Source) where() string { return s.RepositoryProject + "/" + s.Repository }

var namePattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// check refuses a source that cannot be, and fills in what is usual.
func (s *Source) check() error {
	var problems []kernel.Problem
	add := func(path, message, fix string) {
		problems = append(problems, kernel.Problem{Path: path, Message: message, Fix: fix})
	}
	if !namePattern.MatchString(s.Name) {
		add("name", "it cannot be the name of a source", "use up to 63 of a-z, 0-9 and -, with a letter or digit at both ends")
	}
	if s.Repository == "" || s.RepositoryProject == "" {
		add("repository", "there is none", "name a repository of a project: see terrace repo list")
	}
	if !gitexec.IsBranch(s.Branch) {
		add("branch", "it cannot be the name of a branch", "use letters, digits, dots, dashes, underscores and slashes")
	}
	if s.Path = strings.Trim(s.Path, "/"); s.Path == "." {
		s.Path = ""
	}
	if s.Path != "" && (s.Path != path.Clean(s.Path) || strings.HasPrefix(s.Path, "..") || strings.ContainsAny(s.Path, "\\\x00\n")) {
		add("path", "it is no folder of a repository", "write it as platform/terrace")
	}
	if i := time.Duration(s.Interval); i < minInterval || i > maxInterval {
		add("interval", i.String()+" is not possible", "use a time from 10s to 24h")
	}
	if s.Guard.Count < 1 || s.Guard.Percent < 1 || s.Guard.Percent > 100 {
		add("guard", "it would let nothing or anything through", "use a count from 1 and a percentage from 1 to 100")
	}
	if b := time.Duration(s.BuildTime); b != 0 && (b < minBuildTime || b > maxBuildTime) {
		add("buildTime", b.String()+" is not possible", "use a time from 1s to 24h, or none for what the configuration says")
	}
	if len(s.Signers) > maxKeys {
		add("signers", "the file has more than 64 KiB", "name fewer signers")
	}
	if len(problems) > 0 {
		return kernel.Errorf(kernel.Invalid, "the source cannot be used").WithProblems(problems...)
	}
	return nil
}
