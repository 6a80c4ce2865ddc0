// Package departureapi serves the archives that were kept of tenants that left.
//
// It owns the path. It decides nothing: departure does.
package departureapi

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/access/tenant/departure"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves a Service.
type API struct{ Departures *departure.Service }

// Register adds the operations.
func (a API) Register(api huma.API) {
	get := httpserver.FileOperation(huma.Operation{
		OperationID: "get-tenant-archive", Method: http.MethodGet, Path: "/tenants/{tenant}/archive",
		Summary: "Fetch the archive that was kept of a tenant that left", Tags: []string{"tenants"},
	}, "application/zip", "A zip whose last file, manifest.json, names each other one with its SHA-256.")
	httpserver.Register(api, get, a.open)
	httpserver.Register(api, huma.Operation{
		OperationID: "remove-tenant-archive", Method: http.MethodDelete, Path: "/tenants/{tenant}/archive",
		Summary: "Remove the archive that was kept of a tenant that left", Tags: []string{"tenants"},
	}, a.remove)
}

type path struct {
	Tenant string `path:"tenant" maxLength:"63" doc:"The name of the tenant."`
}

func (a API) open(ctx context.Context, in *path) (*huma.StreamResponse, error) {
	from, err := a.Departures.Open(ctx, in.Tenant)
	if err != nil {
		return nil, err
	}
	return httpserver.File(ctx, "application/zip", func(w io.Writer) error {
		defer func() { _ = from.Close() }() // it was only read
		_, err := io.Copy(w, from)
		return err
	}), nil
}

func (a API) remove(ctx context.Context, in *path) (*struct{}, error) {
	return nil, a.Departures.Remove(ctx, in.Tenant)
}
