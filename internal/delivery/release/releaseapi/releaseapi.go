// Package releaseapi serves releases and artifacts over HTTP. It owns their wire
// form; delivery/release decides.
package releaseapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves releases.
type API struct {
	Releases *release.Service
}

// Register adds the operations to api.
func (a API) Register(api huma.API) {
	httpserver.Register(api, operation("list-releases", http.MethodGet, "/projects/{project}/workloads/{workload}/releases",
		"List the releases of a workload, the newest first"), a.list)
	httpserver.Register(api, operation("get-release", http.MethodGet, "/projects/{project}/releases/{release}",
		"Get a release with all that it fixes"), a.get)
	upload := operation("upload-artifact", http.MethodPost, "/projects/{project}/artifacts",
		"Upload what a container runs, as a gzip-compressed tar archive")
	httpserver.Register(api, httpserver.UploadOperation(upload, "application/gzip", release.MaxPacked), a.upload)
	httpserver.Register(api, operation("get-artifact", http.MethodGet, "/projects/{project}/artifacts/{digest}",
		"Tell whether the project has an artifact"), a.artifact)
	httpserver.Register(api, operation("head-artifact", http.MethodHead, "/projects/{project}/artifacts/{digest}",
		"Tell by the status whether the project has an artifact"), a.headArtifact)
}

func operation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"releases"}}
}

type listInput struct {
	httpserver.PageParams

	Project  string `path:"project" maxLength:"63" doc:"The project's name."`
	Workload string `path:"workload" maxLength:"63" doc:"The workload's name."`
}

type listOutput struct {
	Body kernel.Page[Release]
}

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	page, err := a.Releases.List(ctx, scope, in.Workload, in.Page())
	if err != nil {
		return nil, err
	}
	out := &listOutput{Body: kernel.Page[Release]{Items: []Release{}, Next: page.Next}}
	for _, r := range page.Items {
		out.Body.Items = append(out.Body.Items, Wire(r))
	}
	return out, nil
}

type getInput struct {
	Project string `path:"project" maxLength:"63" doc:"The project's name."`
	Release string `path:"release" maxLength:"64" example:"rel_0123456789abcdef0123" doc:"The release's id, or its number or version where no other of the project has it."`
}

type getOutput struct {
	Body ReleaseDetail
}

func (a API) get(ctx context.Context, in *getInput) (*getOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	r, err := a.Releases.Find(ctx, scope, "", in.Release)
	if err != nil {
		return nil, err
	}
	return &getOutput{Body: detail(r)}, nil
}

type uploadInput struct {
	httpserver.Upload

	Project string `path:"project" maxLength:"63" doc:"The project's name."`
}

type artifactOutput struct {
	Body release.Artifact
}

func (a API) upload(ctx context.Context, in *uploadInput) (*artifactOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	artifact, err := a.Releases.PutArtifact(ctx, scope, in.Reader())
	return &artifactOutput{Body: artifact}, err
}

type artifactInput struct {
	Project string        `path:"project" maxLength:"63" doc:"The project's name."`
	Digest  kernel.Digest `path:"digest" maxLength:"80" doc:"The artifact's digest."`
}

func (a API) artifact(ctx context.Context, in *artifactInput) (*artifactOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	artifact, err := a.Releases.Artifact(ctx, scope, in.Digest)
	return &artifactOutput{Body: artifact}, err
}

func (a API) headArtifact(ctx context.Context, in *artifactInput) (*struct{}, error) {
	_, err := a.artifact(ctx, in)
	return nil, err
}
