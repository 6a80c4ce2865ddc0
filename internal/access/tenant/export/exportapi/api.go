// Package exportapi serves the archive of a tenant.
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
		Description: "What is secret, and the states, are in it only where there are recipients, encrypted for them.",
	}, "application/zip", "A zip whose last file, manifest.json, names each other one with its SHA-256. One without it was cut off.")
	httpserver.Register(api, op, a.export)
}

type exportInput struct {
	Tenant string `path:"tenant" maxLength:"63" example:"default" doc:"The name of the tenant."`
	Body   struct {
		Recipients []string `json:"recipients,omitempty" maxItems:"20" doc:"Public keys of age, beginning with age1, for whom secrets and states are encrypted."`
	}
}

func (a API) export(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
	x, err := a.Exports.Begin(ctx, kernel.Scope{Tenant: in.Tenant}, in.Body.Recipients)
	if err != nil {
		return nil, err
	}
	return httpserver.File(ctx, "application/zip", func(w io.Writer) error {
		_, err := x.Write(ctx, w)
		return err
	}), nil
}
