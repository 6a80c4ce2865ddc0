// Package impactapi serves blast radii over HTTP. It owns their wire form;
// delivery/impact finds them.
package impactapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/impact"
	"github.com/terrace-idp/terrace/internal/delivery/module"
	"github.com/terrace-idp/terrace/internal/delivery/module/archive"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves blast radii.
type API struct {
	Impact *impact.Service
}

// Register adds the operations to api.
func (a API) Register(api huma.API) {
	httpserver.Register(api, httpserver.UploadOperation(huma.Operation{
		OperationID: "module-blast-radius", Method: http.MethodPost, Path: "/modules/{namespace}/{name}/{system}/{version}/blast-radius",
		Summary: "Tell what publishing a version of a module would touch", Tags: []string{"modules"}, DefaultStatus: http.StatusOK,
		Description: "The body is a gzipped tar of the module's folder. Nothing is published, but for plans: terraform fetches the version as a pre-release, which nothing chooses by itself.",
	}, "application/gzip", archive.MaxPacked), a.module)
	httpserver.Register(api, huma.Operation{
		OperationID: "definition-blast-radius", Method: http.MethodPost, Path: "/definitions/blast-radius",
		Summary: "Tell what applying definitions would touch", Tags: []string{"definitions"}, DefaultStatus: http.StatusOK,
	}, a.definitions)
}

// Query narrows a radius.
type Query struct {
	Project  string `query:"project" maxLength:"63" doc:"Only this project."`
	Workload string `query:"workload" maxLength:"63" doc:"Only workloads of this name."`
	Stage    string `query:"stage" maxLength:"63" doc:"Only this stage."`
	Plan     bool   `query:"plan" doc:"Queue a dry run of everything touched, at most 50."`
}

func (q Query) query() impact.Query {
	return impact.Query{Project: q.Project, Workload: q.Workload, Stage: q.Stage, Plan: q.Plan}
}

type radiusOutput struct {
	Body impact.Radius
}

type moduleInput struct {
	httpserver.Upload
	Query
	Namespace string `path:"namespace" maxLength:"64" doc:"The module's namespace."`
	Name      string `path:"name" maxLength:"64" doc:"The module's name: what it makes."`
	System    string `path:"system" maxLength:"64" doc:"The target that the module is for, such as local."`
	Version   string `path:"version" maxLength:"128" doc:"The semantic version that it would be published as."`
}

func (a API) module(ctx context.Context, in *moduleInput) (*radiusOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	address := module.Address{Namespace: in.Namespace, Name: in.Name, System: in.System}
	r, err := a.Impact.OfModule(ctx, scope, address, in.Version, in.Reader(), in.Query.query())
	return &radiusOutput{Body: r}, err
}

type definitionsInput struct {
	Query
	Body struct {
		Sources map[string]string `json:"sources" minProperties:"1" maxProperties:"100" doc:"Definitions in YAML, by their names."`
	}
}

func (a API) definitions(ctx context.Context, in *definitionsInput) (*radiusOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	r, err := a.Impact.OfDefinitions(ctx, scope, in.Body.Sources, in.Query.query())
	return &radiusOutput{Body: r}, err
}
