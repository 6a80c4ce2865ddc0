// Package lifetimeapi serves lifetimes over HTTP.
//
// It owns paths and wire types. It decides nothing; governance/lifetime does.
package lifetimeapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/governance/lifetime"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves a lifetime service.
type API struct{ Lifetimes *lifetime.Service }

// Register implements the room of the API.
func (a API) Register(api huma.API) {
	httpserver.Register(api, operation("list-lifetimes", http.MethodGet, "", "List what expires in a project, the first to expire first"), a.list)
	extend := operation("extend-lifetime", http.MethodPost, "/extensions", "Have a workload on a stage expire later")
	extend.DefaultStatus = http.StatusOK
	httpserver.Register(api, extend, a.extend)
}

func operation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: "/projects/{project}/lifetimes" + path, Summary: summary, Tags: []string{"lifetimes"}}
}

// ProjectPath is the path of a project.
type ProjectPath struct {
	Project string `path:"project" maxLength:"63" doc:"The project's name."`
}

type listInput struct {
	ProjectPath
	Stage    string `query:"stage" maxLength:"63" doc:"Of one stage; of all unless given."`
	Workload string `query:"workload" maxLength:"63" doc:"Of one workload; of all unless given."`
	httpserver.PageParams
}

type listOutput struct {
	Body kernel.Page[lifetime.Lifetime]
}

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	page, err := a.Lifetimes.List(ctx, scope.InStage(in.Stage), in.Workload, in.Page())
	return &listOutput{Body: page}, err
}

type extendInput struct {
	ProjectPath
	Body struct {
		Workload string `json:"workload" maxLength:"63"`
		Stage    string `json:"stage" maxLength:"63"`
		By       string `json:"by" maxLength:"40" doc:"By how much, as Go writes durations." example:"48h"`
		Reason   string `json:"reason" minLength:"1" maxLength:"2000"`
	}
}

type lifetimeOutput struct{ Body lifetime.Lifetime }

func (a API) extend(ctx context.Context, in *extendInput) (*lifetimeOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	by, err := parse(in.Body.By)
	if err != nil {
		return nil, err
	}
	l, err := a.Lifetimes.Extend(ctx, kernel.Scope{Tenant: scope.Tenant, Project: scope.Project, Stage: in.Body.Stage}, in.Body.Workload, by, in.Body.Reason)
	return &lifetimeOutput{Body: l}, err
}
