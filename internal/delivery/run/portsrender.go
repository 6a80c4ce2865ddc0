package run

import (
	"context"
	"maps"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// RenderInput is what a root module is made from.
type RenderInput struct {
	Stack    string
	Scope    kernel.Scope
	Stage    stage.Stage
	Release  release.Release
	Graph    *graph.Graph
	Workload *workload.Workload
	Tags     map[string]string
	// LandingZone are the outputs of the stage's landing zone.
	LandingZone map[string]any
	// Taken are outputs of other stacks, by resource and output.
	Taken map[string]map[string]StateOutput
}

// Root is a rendered root module.
type Root struct {
	Files map[string][]byte
	// Secret are files that people do not see, and that the digest is not of.
	Secret map[string][]byte
	// Secrets are the variables that want the value of a secret of the stage, with the
	// reference to it without its braces.
	Secrets map[string]string
	Digest  kernel.Digest
	// LandingZone is the digest of what it takes from the landing zone, empty for nothing.
	LandingZone kernel.Digest
}

// all are the files that the tool gets.
func (r Root) all() map[string][]byte {
	files := maps.Clone(r.Files)
	maps.Copy(files, r.Secret)
	return files
}

// Renderer makes the root module of a stack.
type Renderer interface {
	Render(ctx context.Context, in RenderInput) (Root, error)
}
