package source

import (
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Kind is what an object is.
type Kind string

// The kinds, in the order in which they are brought about.
const (
	StageKind      Kind = "stage"
	DefinitionKind Kind = "definition"
	WorkloadKind   Kind = "workload"
	// GatewayKind is a folder of routes and policies of the gateway.
	GatewayKind Kind = "gateway"
	// MeshKind is a folder of documents of the mesh.
	MeshKind Kind = "mesh"
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
