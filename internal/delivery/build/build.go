package build

import (
	"cmp"
	"errors"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// State is how a build stands.
type State string

// The states.
const (
	// Queued: nobody builds it yet.
	Queued State = "queued"
	// Building: a daemon does.
	Building State = "building"
	// Succeeded: its artifact is kept.
	Succeeded State = "succeeded"
	// Failed: it is not tried again before somebody asks for that.
	Failed State = "failed"
)

// Ended reports whether nothing more comes.
func (s State) Ended() bool { return s == Succeeded || s == Failed }

// Request names a folder of a commit.
type Request struct {
	// Scope is the project that the artifact is for.
	Scope kernel.Scope `json:"-"`
	// RepositoryProject and Repository name the repository.
	RepositoryProject string `json:"repositoryProject"`
	Repository        string `json:"repository"`
	Commit            string `json:"commit"`
	// Folder is its path in the repository, "." for the root.
	Folder string `json:"folder"`
	// Tree identifies the content: two requests of one project with the same are
	// the same build.
	Tree string `json:"tree"`
	// For is who needs it, for people.
	For string `json:"for"`
	// Limit is how long it may take; what it leaves out is the builder's.
	Limit Limit `json:"limit,omitzero"`
}

// Limit is how long a build may take.
type Limit struct {
	Time time.Duration `json:"time,omitempty"`
	// Of says whose limit it is, Raise how it is raised, for people.
	Of    string `json:"of,omitempty"`
	Raise string `json:"raise,omitempty"`
}

// Or returns the limit with what it leaves out taken from another one.
func (l Limit) Or(other Limit) Limit {
	if l.Time == 0 {
		l.Time, l.Of = other.Time, other.Of
	}
	l.Raise = cmp.Or(l.Raise, other.Raise)
	return l
}

// Exceeded is what a build is told that took longer.
func (l Limit) Exceeded() error {
	return kernel.Errorf(kernel.Refused, "the build took longer than %s, %s", l.Time, l.Of).
		WithFix("%s; or build it elsewhere, and name the image that comes out", l.Raise)
}

// Build is a folder that was built, or is to be.
type Build struct {
	Request

	ID    string `json:"id"`
	State State  `json:"state"`
	// Artifact is what was made.
	Artifact kernel.Digest `json:"artifact,omitempty"`
	// Message says why it failed, Problems where, and Fix what to do.
	Message  string           `json:"message,omitempty"`
	Problems []kernel.Problem `json:"problems,omitempty"`
	Fix      string           `json:"fix,omitempty"`
	// Output is the end of what the compiler said.
	Output    string     `json:"output,omitempty"`
	AskedAt   time.Time  `json:"askedAt"`
	StartedAt *time.Time `json:"startedAt,omitempty"`
	EndedAt   *time.Time `json:"endedAt,omitempty"`
	// By is who asked first, Cause the id of the event that led to it.
	By    kernel.Actor `json:"-"`
	Cause string       `json:"cause,omitempty"`
}

// fail notes why it failed.
func (b *Build) fail(err error) {
	b.State, b.Message = Failed, "it could not be built, for an error of Terrace itself; its log has more"
	if e, ok := errors.AsType[*kernel.Error](err); ok && e.Kind != kernel.Internal {
		b.Message, b.Problems, b.Fix = e.Message, e.Problems, e.Fix
	}
}
