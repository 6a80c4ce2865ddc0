package apiclient

import (
	"context"
	"net/http"
)

// APIs returns the versions of a project's APIs.
func (c *Client) APIs(ctx context.Context, project string) ([]ApispecAPI, error) {
	return all[ApispecAPI](ctx, c, escape("projects", project, "apis"))
}

// API returns a version with where it stands.
func (c *Client) API(ctx context.Context, project, api, version string) (GetAPIResponse, error) {
	var a GetAPIResponse
	return a, c.call(ctx, http.MethodGet, escape("projects", project, "apis", api, version), nil, &a)
}

// UploadAPI keeps a document as the newest revision of a version.
func (c *Client) UploadAPI(ctx context.Context, project, api, version string, in UploadAPIRequest) (UploadAPIResponse, error) {
	var r UploadAPIResponse
	return r, c.callWithin(ctx, stateTimeout, http.MethodPost, escape("projects", project, "apis", api, version, "revisions"), in, &r)
}

// APIRevisions returns the revisions of a version, the newest first.
func (c *Client) APIRevisions(ctx context.Context, project, api, version string) ([]ApispecRevision, error) {
	return all[ApispecRevision](ctx, c, escape("projects", project, "apis", api, version, "revisions"))
}

// APIDocument returns the document of a revision, of the newest for 0.
func (c *Client) APIDocument(ctx context.Context, project, api, version string, revision int64) (GetAPIDocumentResponse, error) {
	var d GetAPIDocumentResponse
	return d, c.call(ctx, http.MethodGet, query(escape("projects", project, "apis", api, version, "document"), GetAPIDocumentParams{Revision: revision}), nil, &d)
}

// APIChanges compares two revisions.
func (c *Client) APIChanges(ctx context.Context, project, api, version string, p GetAPIChangesParams) (GetAPIChangesResponse, error) {
	var r GetAPIChangesResponse
	return r, c.callWithin(ctx, stateTimeout, http.MethodGet, query(escape("projects", project, "apis", api, version, "changes"), p), nil, &r)
}

// APIConsumers returns who called which operation.
func (c *Client) APIConsumers(ctx context.Context, project, api, version string, p GetAPIConsumersParams) (GetAPIConsumersResponse, error) {
	var r GetAPIConsumersResponse
	return r, c.call(ctx, http.MethodGet, query(escape("projects", project, "apis", api, version, "consumers"), p), nil, &r)
}

// PublishAPI has a stage serve a revision.
func (c *Client) PublishAPI(ctx context.Context, project, api, version string, in PublishAPIRequest) (ApispecStanding, error) {
	var s ApispecStanding
	return s, c.callWithin(ctx, stateTimeout, http.MethodPost, escape("projects", project, "apis", api, version, "publications"), in, &s)
}

// DeprecateAPI has clients told to leave a version.
func (c *Client) DeprecateAPI(ctx context.Context, project, api, version string, in DeprecateAPIRequest) (ApispecStanding, error) {
	var s ApispecStanding
	return s, c.call(ctx, http.MethodPost, escape("projects", project, "apis", api, version, "deprecation"), in, &s)
}

// UndeprecateAPI takes a deprecation back.
func (c *Client) UndeprecateAPI(ctx context.Context, project, api, version string, in UndeprecateAPIRequest) (ApispecStanding, error) {
	var s ApispecStanding
	return s, c.call(ctx, http.MethodPost, escape("projects", project, "apis", api, version, "undeprecation"), in, &s)
}

// RetireAPI has clients told that a version is gone.
func (c *Client) RetireAPI(ctx context.Context, project, api, version string, in RetireAPIRequest) (ApispecStanding, error) {
	var s ApispecStanding
	return s, c.call(ctx, http.MethodPost, escape("projects", project, "apis", api, version, "retirement"), in, &s)
}

// RequestAPIOverride asks for a revision that breaks clients to be published.
func (c *Client) RequestAPIOverride(ctx context.Context, project, api, version string, in RequestAPIOverrideRequest) (ApispecOverride, error) {
	var o ApispecOverride
	return o, c.call(ctx, http.MethodPost, escape("projects", project, "apis", api, version, "overrides"), in, &o)
}

// APIOverrides returns the overrides of a project, the newest first.
func (c *Client) APIOverrides(ctx context.Context, project string) ([]ApispecOverride, error) {
	return all[ApispecOverride](ctx, c, escape("projects", project, "api-overrides"))
}

// ApproveAPIOverride approves what somebody else asked for.
func (c *Client) ApproveAPIOverride(ctx context.Context, project, id, reason string) (ApispecOverride, error) {
	var o ApispecOverride
	return o, c.call(ctx, http.MethodPost, escape("projects", project, "api-overrides", id, "approve"), ApproveAPIOverrideRequest{Reason: reason}, &o)
}

// LintAPI holds a document against the tenant's style guide.
func (c *Client) LintAPI(ctx context.Context, project, source string) (ApispecReport, error) {
	var r ApispecReport
	return r, c.call(ctx, http.MethodPost, escape("projects", project, "api-lint"), LintAPIRequest{Source: source}, &r)
}

// APIGuide returns the tenant's style guide.
func (c *Client) APIGuide(ctx context.Context) (Guide, error) {
	var g Guide
	return g, c.call(ctx, http.MethodGet, escape("api-guide"), nil, &g)
}

// SetAPIGuide sets it.
func (c *Client) SetAPIGuide(ctx context.Context, source string) (Guide, error) {
	var g Guide
	return g, c.call(ctx, http.MethodPut, escape("api-guide"), SetAPIGuideRequest{Source: source}, &g)
}

// FollowAPIs has the documents of a repository followed, and takes what it has now.
func (c *Client) FollowAPIs(ctx context.Context, project, repository string, in FollowAPIRepositoryRequest) (ApispecvcsFollowing, error) {
	var f ApispecvcsFollowing
	return f, c.call(ctx, http.MethodPut, escape("projects", project, "api-repositories", repository), in, &f)
}

// FollowedAPIs returns the repositories whose documents are followed.
func (c *Client) FollowedAPIs(ctx context.Context, project string) ([]ApispecvcsFollowing, error) {
	var r ListAPIRepositoriesResponse
	return r.Repositories, c.call(ctx, http.MethodGet, escape("projects", project, "api-repositories"), nil, &r)
}

// UnfollowAPIs ends it.
func (c *Client) UnfollowAPIs(ctx context.Context, project, repository string) error {
	return c.call(ctx, http.MethodDelete, escape("projects", project, "api-repositories", repository), nil, nil)
}
