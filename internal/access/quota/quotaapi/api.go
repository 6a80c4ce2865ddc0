// Package quotaapi serves quotas over HTTP.
//
// It owns paths and wire types. It decides nothing; access/quota does.
package quotaapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/access/quota"
	"github.com/terrace-idp/terrace/internal/access/quota/bound"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves a Service.
type API struct{ Quotas *quota.Service }

// Register implements the room of the API.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "What a quota bounds.", bound.Names()...)
	httpserver.Register(api, operation("get-quotas", http.MethodGet, "Show what the tenant, or a project, may have, and has"), a.get)
	httpserver.Register(api, operation("set-quotas", http.MethodPut, "Set what a tenant, or a project of it, may have"), a.set)
}

func operation(id, method, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: "/quotas", Summary: summary, Tags: []string{"quotas"}}
}

// Of says whose quotas are meant.
type Of struct {
	Tenant string `query:"tenant" maxLength:"63" doc:"The tenant; the caller's own unless given. Another one is for operators of the platform."`
	httpserver.ScopeParam
}

// scope is that of the caller's tenant, unless another one is named.
func (o Of) scope(ctx context.Context) kernel.Scope {
	scope := o.Scope(ctx)
	if o.Tenant != "" {
		scope.Tenant = o.Tenant
	}
	return scope
}

// Quotas are all of a tenant, or of a project.
type Quotas struct {
	Tenant  string        `json:"tenant"`
	Project string        `json:"project,omitempty"`
	Quotas  []quota.Quota `json:"quotas"`
}

type quotasOutput struct{ Body Quotas }

func (a API) get(ctx context.Context, in *Of) (*quotasOutput, error) {
	return a.show(ctx, in.scope(ctx))
}

func (a API) show(ctx context.Context, scope kernel.Scope) (*quotasOutput, error) {
	all, err := a.Quotas.Show(ctx, scope)
	return &quotasOutput{Body: Quotas{Tenant: scope.Tenant, Project: scope.Project, Quotas: all}}, err
}

type setInput struct {
	Of
	Body struct {
		Limits map[string]int64 `json:"limits,omitempty" doc:"Limits by name; -1 is no limit. What is not named stays."`
		Unset  []quota.Name     `json:"unset,omitempty" maxItems:"50" doc:"What is inherited again."`
		Reason string           `json:"reason,omitempty" maxLength:"2000" doc:"Why; it is kept in the audit log."`
	}
}

func (a API) set(ctx context.Context, in *setInput) (*quotasOutput, error) {
	change := quota.Change{Set: quota.Limits{}, Unset: in.Body.Unset, Reason: in.Body.Reason}
	for name, limit := range in.Body.Limits {
		change.Set[quota.Name(name)] = limit
	}
	scope := in.scope(ctx)
	if err := a.Quotas.Set(ctx, scope, change); err != nil {
		return nil, err
	}
	return a.show(ctx, scope)
}
