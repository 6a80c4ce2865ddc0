// Package exportapi serves the archive of a tenant.
//
// It owns the path and the wire types. It decides nothing: export does.
package exportapi

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/access/tenant/export"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves a Service.
type API struct{ Exports *export.Service }

// Register adds the operation.
func (a API) Register(api huma.API) {
	op := httpserver.FileOperation(huma.Operation{
		OperationID: "export-tenant", Method: http.MethodPost, Path: "/tenants/{tenant}/export",
		Summary: "Export all that a tenant has", Tags: []string{"tenants"},
		Description: "Secrets, states, repositories, artifacts, archives of modules and logs are in it only where there are recipients, encrypted for them.",
	}, "application/zip", "A zip whose last file, manifest.json, names each other one with its SHA-256. One without it was cut off.")
	httpserver.Register(api, op, a.export)
}

type exportInput struct {
	Tenant string `path:"tenant" maxLength:"63" example:"default" doc:"The name of the tenant."`
	Body   struct {
		Recipients []string `json:"recipients,omitempty" maxItems:"20" doc:"Public keys of age, beginning with age1, for whom what is secret is encrypted; without one it is left out."`
		Without    []string `json:"without,omitempty" enum:"artifacts,logs" maxItems:"2" doc:"What is left out though there are recipients: the artifacts of workloads with the archives of modules, and the logs of runs."`
	}
}

func (a API) export(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
	x, err := a.Exports.Begin(ctx, kernel.Scope{Tenant: in.Tenant}, export.Wanted{Recipients: in.Body.Recipients, Without: in.Body.Without})
	if err != nil {
		return nil, err
	}
	return httpserver.File(ctx, "application/zip", func(w io.Writer) error {
		_, err := x.Write(ctx, w)
		return err
	}), nil
}
