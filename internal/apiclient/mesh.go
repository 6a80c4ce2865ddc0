package apiclient

import (
	"context"
	"net/http"
	"net/url"
)

// MeshScope says whose mesh a call is about.
type MeshScope struct{ Project, Stage string }

// ApplyMesh makes documents of the mesh be as files say, all of them or none.
func (c *Client) ApplyMesh(ctx context.Context, p ApplyMeshDocumentsParams, in ApplyMeshDocumentsRequest) (MeshApplied, error) {
	var a MeshApplied
	return a, c.call(ctx, http.MethodPost, query(escape("mesh", "apply"), p), in, &a)
}

// MeshDocuments returns those of a stage, of one kind unless it is "".
func (c *Client) MeshDocuments(ctx context.Context, at MeshScope, kind string) ([]MeshDocument, error) {
	return all[MeshDocument](ctx, c, query(escape("mesh", "documents"), ListMeshDocumentsParams{Project: at.Project, Stage: at.Stage, Kind: kind}))
}

// MeshDocument returns a document of a stage.
func (c *Client) MeshDocument(ctx context.Context, at MeshScope, kind, name string) (MeshDocument, error) {
	var d MeshDocument
	return d, c.call(ctx, http.MethodGet, query(escape("mesh", "documents", kind, name), GetMeshDocumentParams(at)), nil, &d)
}

// DeleteMeshDocument deletes a document of a stage.
func (c *Client) DeleteMeshDocument(ctx context.Context, kind, name string, p DeleteMeshDocumentParams) (MeshChange, error) {
	var g MeshChange
	return g, c.call(ctx, http.MethodDelete, query(escape("mesh", "documents", kind, name), p), nil, &g)
}

// MeshGraph says who called whom on a stage.
func (c *Client) MeshGraph(ctx context.Context, p GetMeshGraphParams) (MeshGraph, error) {
	var g MeshGraph
	return g, c.call(ctx, http.MethodGet, query(escape("mesh", "graph"), p), nil, &g)
}

// MeshSidecars returns the sidecars and Envoys that stand beside the workloads of a stage.
func (c *Client) MeshSidecars(ctx context.Context, at MeshScope) ([]MeshSidecar, error) {
	return all[MeshSidecar](ctx, c, query(escape("mesh", "sidecars"), ListMeshSidecarsParams{Project: at.Project, Stage: at.Stage}))
}

// ExplainMeshCall says whether a workload may call another, why, and who answers.
func (c *Client) ExplainMeshCall(ctx context.Context, p ExplainMeshCallParams) (MeshAnswer, error) {
	var a MeshAnswer
	headers := p.Header
	p.Header = nil
	path := query(escape("mesh", "why"), p)
	for _, h := range headers {
		path += "&header=" + url.QueryEscape(h) // a comma is part of a header
	}
	return a, c.call(ctx, http.MethodGet, path, nil, &a)
}
