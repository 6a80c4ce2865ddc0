package apiclient_test

import (
	"context"

	"github.com/terrace-idp/terrace/internal/apiclient"
)

// meshCalls are those about the mesh.
func meshCalls(ctx context.Context, c *apiclient.Client) map[string]func() error {
	e := func(_ any, err error) error { return err }
	at := apiclient.MeshScope{Project: "shop", Stage: "dev"}
	return map[string]func() error{
		"ApplyMesh": func() error {
			return e(c.ApplyMesh(ctx, apiclient.ApplyMeshDocumentsParams{Project: "shop", Stage: "dev", DryRun: true}, apiclient.ApplyMeshDocumentsRequest{}))
		},
		"MeshDocuments": func() error { return e(c.MeshDocuments(ctx, at, "Mesh")) },
		"MeshDocument":  func() error { return e(c.MeshDocument(ctx, at, "Mesh", "default")) },
		"DeleteMeshDocument": func() error {
			return e(c.DeleteMeshDocument(ctx, "Mesh", "default", apiclient.DeleteMeshDocumentParams{Project: "shop", Stage: "dev", DryRun: true}))
		},
		"MeshGraph": func() error {
			return e(c.MeshGraph(ctx, apiclient.GetMeshGraphParams{Project: "shop", Stage: "dev", Since: "1h"}))
		},
		"MeshSidecars": func() error { return e(c.MeshSidecars(ctx, at)) },
		"ExplainMeshCall": func() error {
			return e(c.ExplainMeshCall(ctx, apiclient.ExplainMeshCallParams{Project: "shop", Stage: "dev", From: "web", To: "orders", Method: "GET", Path: "/a", Header: []string{"X-Team: blue"}}))
		},
	}
}
