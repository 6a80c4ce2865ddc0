// Package tenantapi serves tenants and projects over HTTP.
//
// It owns the wire types. It decides nothing: tenant does.
package tenantapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/access/tenant"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves a Service.
type API struct{ Service *tenant.Service }

// Register adds the operations.
func (a API) Register(api huma.API) {
	httpserver.Register(api, operation("list-projects", http.MethodGet, "/projects", "List the projects that the caller may read"), a.list)
	create := operation("create-project", http.MethodPost, "/projects", "Add a project")
	create.DefaultStatus = http.StatusCreated
	httpserver.Register(api, create, a.create)
	httpserver.Register(api, operation("get-project", http.MethodGet, "/projects/{project}", "Show a project"), a.get)
	httpserver.Register(api, operation("set-project-tags", http.MethodPut, "/projects/{project}/tags", "Set who pays and who answers for a project"), a.setTags)
	a.registerTenants(api)
	httpserver.Register(api, operation("get-tags", http.MethodGet, "/tags", "Show the tags that a project, or the tenant, gives to its resources and demands of them"), a.tags)
	httpserver.Register(api, operation("set-tags", http.MethodPut, "/tags", "Set the tags that a project, or the tenant, gives to its resources and demands of them"), a.putTags)
}

type tagsOutput struct{ Body tenant.TagSettings }

func (a API) tags(ctx context.Context, in *httpserver.ScopeParam) (*tagsOutput, error) {
	s, err := a.Service.TagSettings(ctx, in.Scope(ctx))
	return &tagsOutput{Body: s}, err
}

type putTagsInput struct {
	httpserver.ScopeParam
	Body struct {
		Tags     map[string]string `json:"tags" doc:"Values by key."`
		Required []tenant.TagRule  `json:"required" maxItems:"50" doc:"What every resource that carries tags must have."`
		Revision int64             `json:"revision" minimum:"0" doc:"The revision that was seen; 0 where none were set."`
	}
}

func (a API) putTags(ctx context.Context, in *putTagsInput) (*tagsOutput, error) {
	s, err := a.Service.SetTagSettings(ctx, in.Scope(ctx), tenant.TagSettings{Tags: in.Body.Tags, Required: in.Body.Required, Revision: in.Body.Revision})
	return &tagsOutput{Body: s}, err
}

func operation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"projects"}}
}

// Project is where the workloads of one team live.
type Project struct {
	Name       string    `json:"name"`
	CostCenter string    `json:"costcenter" doc:"Who pays: the tag costcenter of every resource."`
	Owner      string    `json:"owner" doc:"Who answers for it: the tag owner of every resource."`
	CreatedBy  string    `json:"createdBy,omitempty"`
	CreatedAt  time.Time `json:"createdAt"`
}

func projectOf(p tenant.Project) Project {
	return Project{Name: p.Name, CostCenter: p.CostCenter, Owner: p.Owner, CreatedBy: p.CreatedBy, CreatedAt: p.CreatedAt}
}

type projectOutput struct{ Body Project }

type projectsOutput struct{ Body kernel.Page[Project] }

func (a API) list(ctx context.Context, in *struct{ httpserver.PageParams }) (*projectsOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	page, err := a.Service.List(ctx, scope, in.Page())
	if err != nil {
		return nil, err
	}
	out := &projectsOutput{Body: kernel.Page[Project]{Items: []Project{}, Next: page.Next}}
	for _, p := range page.Items {
		out.Body.Items = append(out.Body.Items, projectOf(p))
	}
	return out, nil
}

type createInput struct {
	Body struct {
		Name       string `json:"name" doc:"A DNS label of at most 40 characters."`
		CostCenter string `json:"costcenter"`
		Owner      string `json:"owner"`
	}
}

func (a API) create(ctx context.Context, in *createInput) (*projectOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	p, err := a.Service.Create(ctx, scope, tenant.Project{Name: in.Body.Name, CostCenter: in.Body.CostCenter, Owner: in.Body.Owner})
	if err != nil {
		return nil, err
	}
	return &projectOutput{Body: projectOf(p)}, nil
}

// ProjectPath is the path of a project.
type ProjectPath struct {
	Project string `path:"project" maxLength:"63" doc:"The project's name."`
}

func (a API) get(ctx context.Context, in *ProjectPath) (*projectOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	p, err := a.Service.Get(ctx, scope)
	if err != nil {
		return nil, err
	}
	return &projectOutput{Body: projectOf(p)}, nil
}

func (a API) setTags(ctx context.Context, in *struct {
	ProjectPath
	Body struct {
		CostCenter string `json:"costcenter"`
		Owner      string `json:"owner"`
	}
},
) (*projectOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	p, err := a.Service.SetTags(ctx, scope, in.Body.CostCenter, in.Body.Owner)
	if err != nil {
		return nil, err
	}
	return &projectOutput{Body: projectOf(p)}, nil
}
