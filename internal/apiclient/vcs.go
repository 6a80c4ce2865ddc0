package apiclient

import (
	"context"
	"net/http"
	"strconv"
)

func repositories(project string, segments ...string) string {
	return escape(append([]string{"projects", project, "repositories"}, segments...)...)
}

func pullRequest(project, repository string, number int, segments ...string) string {
	return repositories(project, append([]string{repository, "pull-requests", strconv.Itoa(number)}, segments...)...)
}

// Repositories returns the repositories of a project.
func (c *Client) Repositories(ctx context.Context, project string) ([]Repository, error) {
	return all[Repository](ctx, c, repositories(project))
}

// Repository returns one repository.
func (c *Client) Repository(ctx context.Context, project, name string) (Repository, error) {
	var r Repository
	return r, c.call(ctx, http.MethodGet, repositories(project, name), nil, &r)
}

// CreateRepository makes a repository that Terrace hosts.
func (c *Client) CreateRepository(ctx context.Context, project string, in CreateRepositoryRequest) (Repository, error) {
	var r Repository
	return r, c.call(ctx, http.MethodPost, repositories(project), in, &r)
}

// ConnectRepository connects a repository of a provider.
func (c *Client) ConnectRepository(ctx context.Context, project string, in ConnectRepositoryRequest) (ConnectedRepository, error) {
	var r ConnectedRepository
	return r, c.call(ctx, http.MethodPost, repositories(project, "connections"), in, &r)
}

// RenewRepository gives a connected repository another token, or without one
// another webhook secret: that of a reference, or one that is made.
func (c *Client) RenewRepository(ctx context.Context, project, name string, in RenewRepositoryRequest) (ConnectedRepository, error) {
	var r ConnectedRepository
	return r, c.call(ctx, http.MethodPost, repositories(project, name, "credentials"), in, &r)
}

// DeleteRepository removes a repository.
func (c *Client) DeleteRepository(ctx context.Context, project, name string) error {
	return c.call(ctx, http.MethodDelete, repositories(project, name), nil, nil)
}

// ProtectRepository says who may change the default branch.
func (c *Client) ProtectRepository(ctx context.Context, project, name string, p VcsProtection) (Repository, error) {
	var r Repository
	return r, c.call(ctx, http.MethodPut, repositories(project, name, "protection"), p, &r)
}

// Webhooks returns the newest webhooks that came for a repository.
func (c *Client) Webhooks(ctx context.Context, project, name string, limit int64) ([]VcsDelivery, error) {
	var page PageVcsDelivery
	path := query(repositories(project, name, "webhooks"), ListWebhooksParams{Limit: limit})
	return page.Items, c.call(ctx, http.MethodGet, path, nil, &page)
}

// Bind says which part of a repository holds a workload.
func (c *Client) Bind(ctx context.Context, project, repository, name string, in BindRepositoryRequest) (VcsBinding, error) {
	var b VcsBinding
	return b, c.call(ctx, http.MethodPut, repositories(project, repository, "bindings", name), in, &b)
}

// Unbind removes a binding.
func (c *Client) Unbind(ctx context.Context, project, repository, name string) error {
	return c.call(ctx, http.MethodDelete, repositories(project, repository, "bindings", name), nil, nil)
}

// Bindings returns the bindings of a repository.
func (c *Client) Bindings(ctx context.Context, project, repository string) ([]VcsBinding, error) {
	return all[VcsBinding](ctx, c, repositories(project, repository, "bindings"))
}

// Identify says which user a login of the provider is.
func (c *Client) Identify(ctx context.Context, project, repository, login string, in IdentifyLoginRequest) (VcsIdentity, error) {
	var i VcsIdentity
	return i, c.call(ctx, http.MethodPut, repositories(project, repository, "identities", login), in, &i)
}

// Unidentify makes a login an identity of its own again.
func (c *Client) Unidentify(ctx context.Context, project, repository, login string) error {
	return c.call(ctx, http.MethodDelete, repositories(project, repository, "identities", login), nil, nil)
}

// Identities returns who of the provider is which user.
func (c *Client) Identities(ctx context.Context, project, repository string) ([]VcsIdentity, error) {
	return all[VcsIdentity](ctx, c, repositories(project, repository, "identities"))
}

// PullRequests returns the pull requests of a repository, the newest first.
func (c *Client) PullRequests(ctx context.Context, project, repository string, state VcsPullState) ([]VcsListedPull, error) {
	return all[VcsListedPull](ctx, c, query(repositories(project, repository, "pull-requests"), ListPullRequestsParams{State: state}))
}

// PullRequest returns a pull request with all that is said of it.
func (c *Client) PullRequest(ctx context.Context, project, repository string, number int) (PullRequestDetail, error) {
	var p PullRequestDetail
	return p, c.call(ctx, http.MethodGet, pullRequest(project, repository, number), nil, &p)
}

// CreatePullRequest asks for a branch to be merged.
func (c *Client) CreatePullRequest(ctx context.Context, project, repository string, in CreatePullRequestRequest) (VcsPullRequest, error) {
	var p VcsPullRequest
	return p, c.call(ctx, http.MethodPost, repositories(project, repository, "pull-requests"), in, &p)
}

// MergePullRequest merges a pull request, at the commit where one is given.
func (c *Client) MergePullRequest(ctx context.Context, project, repository string, number int, head string) (VcsPullRequest, error) {
	var p VcsPullRequest
	return p, c.call(ctx, http.MethodPost, pullRequest(project, repository, number, "merge"), MergePullRequestRequest{Head: head}, &p)
}

// ApprovePullRequest lets a fork's pull request be planned at the commit.
func (c *Client) ApprovePullRequest(ctx context.Context, project, repository string, number int, commit string) (VcsPullRequest, error) {
	var p VcsPullRequest
	return p, c.call(ctx, http.MethodPost, pullRequest(project, repository, number, "approve"), ApprovePullRequestRequest{Commit: commit}, &p)
}

// ClosePullRequest closes a pull request without merging it.
func (c *Client) ClosePullRequest(ctx context.Context, project, repository string, number int) (VcsPullRequest, error) {
	return c.stepPullRequest(ctx, project, repository, number, "close")
}

// PlanPullRequest plans a pull request again.
func (c *Client) PlanPullRequest(ctx context.Context, project, repository string, number int) (VcsPullRequest, error) {
	return c.stepPullRequest(ctx, project, repository, number, "plan")
}

// ApplyPullRequest applies a pull request before its merge, or again after it.
func (c *Client) ApplyPullRequest(ctx context.Context, project, repository string, number int) (VcsPullRequest, error) {
	return c.stepPullRequest(ctx, project, repository, number, "apply")
}

func (c *Client) stepPullRequest(ctx context.Context, project, repository string, number int, step string) (VcsPullRequest, error) {
	var p VcsPullRequest
	return p, c.call(ctx, http.MethodPost, pullRequest(project, repository, number, step), nil, &p)
}

// CommentPullRequest comments on a pull request.
func (c *Client) CommentPullRequest(ctx context.Context, project, repository string, number int, text string) (VcsComment, error) {
	var n VcsComment
	return n, c.call(ctx, http.MethodPost, pullRequest(project, repository, number, "comments"), CommentPullRequestRequest{Text: text}, &n)
}
