package vcsapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerBindings(api huma.API) {
	const tag = "repositories"
	httpserver.Register(api, operation("bind-repository", http.MethodPut, "/{repository}/bindings/{binding}", tag, "Say which part of a repository holds a workload"), a.bind)
	httpserver.Register(api, operation("unbind-repository", http.MethodDelete, "/{repository}/bindings/{binding}", tag, "Remove a binding"), a.unbind)
	httpserver.Register(api, operation("list-bindings", http.MethodGet, "/{repository}/bindings", tag, "List the bindings of a repository"), a.bindings)
}

// BindingPath names one binding.
type BindingPath struct {
	RepositoryPath
	Binding string `path:"binding" maxLength:"63" doc:"The binding's name."`
}

type bindInput struct {
	BindingPath
	Body struct {
		Branch string   `json:"branch,omitempty" maxLength:"200" doc:"The branch that pull requests go to; empty is the default branch."`
		Score  string   `json:"score" maxLength:"512" doc:"The path of the workload's file."`
		Paths  []string `json:"paths,omitempty" maxItems:"50" doc:"Globs of the files that are the workload's; ! in front excludes. Empty is the folder of the file."`
		Build  bool     `json:"build,omitempty" doc:"Let Terrace build a container whose image is a folder."`
		Plan   []string `json:"plan" maxItems:"20" doc:"The stages that a pull request is planned on."`
		Apply  string   `json:"apply,omitempty" enum:"merge,before-merge,never" doc:"When it is applied; merge by default."`
		Stages []string `json:"stages,omitempty" maxItems:"20" doc:"The stages that it is applied to; the first of plan by default."`
	}
}

type bindingOutput struct {
	Body vcs.Binding
}

func (a API) bind(ctx context.Context, in *bindInput) (*bindingOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	b, err := a.Repositories.Bind(ctx, scope, in.Repository, vcs.Binding{
		Name: in.Binding, Branch: in.Body.Branch, Score: in.Body.Score, Paths: in.Body.Paths, Build: in.Body.Build, Plan: in.Body.Plan, Apply: in.Body.Apply, Stages: in.Body.Stages,
	})
	if err != nil {
		return nil, err
	}
	return &bindingOutput{Body: b}, nil
}

func (a API) unbind(ctx context.Context, in *BindingPath) (*struct{}, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	return nil, a.Repositories.Unbind(ctx, scope, in.Repository, in.Binding)
}

type bindingsOutput struct {
	Body struct {
		Items []vcs.Binding `json:"items"`
	}
}

func (a API) bindings(ctx context.Context, in *RepositoryPath) (*bindingsOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	all, err := a.Repositories.Bindings(ctx, scope, in.Repository)
	if err != nil {
		return nil, err
	}
	out := &bindingsOutput{}
	out.Body.Items = append([]vcs.Binding{}, all...)
	return out, nil
}
