// Package usageapi serves what tenants use over HTTP.
//
// It owns paths and wire types. It decides nothing; access/usage does.
package usageapi

import (
	"cmp"
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/access/usage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves a Service.
type API struct{ Usage *usage.Service }

// Register implements the room of the API.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "What is metered.", usage.Metrics()...)
	httpserver.Enum(api, "How long a window is.", usage.Windows()...)
	httpserver.Register(api, huma.Operation{
		OperationID: "list-usage", Method: http.MethodGet, Path: "/usage", Tags: []string{"quotas"},
		Summary: "List what the tenant, or a project, used in a month",
	}, a.list)
}

type listInput struct {
	Tenant string       `query:"tenant" maxLength:"63" doc:"The tenant; the caller's own unless given. Another one is for operators of the platform."`
	Month  string       `query:"month" maxLength:"7" doc:"The month in UTC, such as 2026-11; this one unless given."`
	By     usage.Window `query:"by" doc:"How long the windows are; a month unless given."`
	httpserver.ScopeParam
	httpserver.PageParams
}

type listOutput struct{ Body kernel.Page[usage.Row] }

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	scope := in.Scope(ctx)
	scope.Tenant = cmp.Or(in.Tenant, scope.Tenant)
	page, err := a.Usage.List(ctx, scope, in.Month, cmp.Or(in.By, usage.Month), in.Page())
	return &listOutput{Body: page}, err
}
