// Package release makes releases: what is deployed and promoted, fixed for ever.
//
// It owns the release (workload, artifacts, and the definitions, modules and
// provider lock that serve it at every stage), its content address, and the
// artifacts of containers. It does not decide what may go where: delivery/run does.
package release

import (
	"encoding/json"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Release is one immutable version of a workload.
type Release struct {
	// ID is rel_ and the first 20 hex digits of the digest.
	ID string
	// Digest is that of everything the release fixes.
	Digest kernel.Digest
	// Number counts the releases of the workload from 1.
	Number            int
	Scope             kernel.Scope
	Workload, Version string
	// Spec is the workload's canonical form.
	Spec json.RawMessage
	// Artifacts are what the containers run, by container.
	Artifacts map[string]Artifact
	// Images are the references with digests of the containers whose registry
	// told them when the release was made.
	Images map[string]string
	// Definitions and Modules are those that serve the workload at any stage.
	Definitions []graph.Definition
	Modules     []PinnedModule
	// Lock is the provider lock file, empty where there is none.
	Lock      []byte
	CreatedBy string
	CreatedAt time.Time
}

// Artifact is the content of a container: a gzip-compressed tar archive.
type Artifact struct {
	Digest kernel.Digest `json:"digest"`
	// Size is in bytes, packed.
	Size int64 `json:"size"`
}

// PinnedModule is the version of a module that a release uses.
type PinnedModule struct {
	Ref graph.ModuleRef `json:"ref"`
	Pin graph.ModulePin `json:"pin"`
}

// New is what a release is made from.
type New struct {
	Workload *workload.Workload
	// Version is a label for people; empty takes the workload's annotation
	// terrace.dev/version, else one made from the content.
	Version string
	// Artifacts name uploaded artifacts by container.
	Artifacts map[string]kernel.Digest
	// Images are references with digests by container, as far as they are known.
	Images map[string]string
}
