package vcsapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerPulls(api huma.API) {
	const tag, one = "pull-requests", "/{repository}/pull-requests/{number}"
	httpserver.Register(api, operation("create-pull-request", http.MethodPost, "/{repository}/pull-requests", tag, "Ask for a branch of a hosted repository to be merged"), a.propose)
	httpserver.Register(api, operation("list-pull-requests", http.MethodGet, "/{repository}/pull-requests", tag, "List pull requests, the newest first"), a.pulls)
	httpserver.Register(api, operation("get-pull-request", http.MethodGet, one, tag, "Get a pull request with its checks, comments and statuses"), a.pull)
	httpserver.Register(api, operation("merge-pull-request", http.MethodPost, one+"/merge", tag, "Merge a pull request of a hosted repository"), a.merge)
	httpserver.Register(api, operation("close-pull-request", http.MethodPost, one+"/close", tag, "Close a pull request of a hosted repository"), a.closePull)
	httpserver.Register(api, operation("approve-pull-request", http.MethodPost, one+"/approve", tag, "Let a fork's pull request be planned at a commit"), a.approve)
	httpserver.Register(api, operation("plan-pull-request", http.MethodPost, one+"/plan", tag, "Plan a pull request again"), a.replan)
	httpserver.Register(api, operation("apply-pull-request", http.MethodPost, one+"/apply", tag, "Apply a pull request before its merge, or again after it"), a.apply)
	httpserver.Register(api, operation("comment-pull-request", http.MethodPost, one+"/comments", tag, "Comment on a pull request of a hosted repository"), a.comment)
}

// PullPath names one pull request.
type PullPath struct {
	RepositoryPath
	Number int `path:"number" minimum:"1" doc:"The pull request's number."`
}

type pullOutput struct {
	Body vcs.PullRequest
}

func pullAnswer(p vcs.PullRequest, err error) (*pullOutput, error) {
	if err != nil {
		return nil, err
	}
	return &pullOutput{Body: p}, nil
}

type proposeInput struct {
	RepositoryPath
	Body struct {
		Title       string `json:"title" maxLength:"256"`
		Description string `json:"description,omitempty" maxLength:"65536"`
		Source      string `json:"source" maxLength:"200" doc:"The branch with the change."`
		Target      string `json:"target,omitempty" maxLength:"200" doc:"The branch to merge into; the default branch by default."`
	}
}

func (a API) propose(ctx context.Context, in *proposeInput) (*pullOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	return pullAnswer(a.Repositories.Propose(ctx, scope, in.Repository, vcs.Proposal{
		Title: in.Body.Title, Description: in.Body.Description, Source: in.Body.Source, Target: in.Body.Target,
	}))
}

type pullsInput struct {
	RepositoryPath
	httpserver.PageParams
	State vcs.PullState `query:"state" doc:"Only with this state."`
}

type pullsOutput struct {
	Body kernel.Page[vcs.ListedPull]
}

func (a API) pulls(ctx context.Context, in *pullsInput) (*pullsOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	page, err := a.Repositories.PullRequests(ctx, scope, in.Repository, in.State, in.Page())
	if err != nil {
		return nil, err
	}
	return &pullsOutput{Body: page}, nil
}

// PullRequestDetail is a pull request with all that is said of it.
type PullRequestDetail struct {
	PullRequest vcs.PullRequest `json:"pullRequest"`
	Checks      []vcs.Check     `json:"checks"`
	Comments    []vcs.Comment   `json:"comments" doc:"Those of a hosted repository."`
	Statuses    []vcs.Status    `json:"statuses" doc:"Those of a hosted repository's commit."`
}

type detailOutput struct {
	Body PullRequestDetail
}

func (a API) pull(ctx context.Context, in *PullPath) (*detailOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	v, err := a.Repositories.PullRequest(ctx, scope, in.Repository, in.Number)
	if err != nil {
		return nil, err
	}
	return &detailOutput{Body: PullRequestDetail{
		PullRequest: v.PullRequest, Checks: append([]vcs.Check{}, v.Checks...),
		Comments: append([]vcs.Comment{}, v.Comments...), Statuses: append([]vcs.Status{}, v.Statuses...),
	}}, nil
}

type mergeInput struct {
	PullPath
	Body struct {
		Head string `json:"head,omitempty" maxLength:"40" doc:"The commit that was looked at; another newest one is not merged."`
	}
}

func (a API) merge(ctx context.Context, in *mergeInput) (*pullOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	return pullAnswer(a.Repositories.Merge(ctx, scope, in.Repository, in.Number, in.Body.Head))
}

func (a API) closePull(ctx context.Context, in *PullPath) (*pullOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	return pullAnswer(a.Repositories.Close(ctx, scope, in.Repository, in.Number))
}

type approveInput struct {
	PullPath
	Body struct {
		Commit string `json:"commit" minLength:"7" maxLength:"40" doc:"The commit that was looked at."`
	}
}

func (a API) approve(ctx context.Context, in *approveInput) (*pullOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	return pullAnswer(a.Repositories.Approve(ctx, scope, in.Repository, in.Number, in.Body.Commit))
}

func (a API) replan(ctx context.Context, in *PullPath) (*pullOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	return pullAnswer(a.Repositories.Replan(ctx, scope, in.Repository, in.Number))
}

func (a API) apply(ctx context.Context, in *PullPath) (*pullOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	return pullAnswer(a.Repositories.Apply(ctx, scope, in.Repository, in.Number))
}

type commentInput struct {
	PullPath
	Body struct {
		Text string `json:"text" maxLength:"65536"`
	}
}

type commentOutput struct {
	Body vcs.Comment
}

func (a API) comment(ctx context.Context, in *commentInput) (*commentOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	c, err := a.Repositories.Comment(ctx, scope, in.Repository, in.Number, in.Body.Text)
	if err != nil {
		return nil, err
	}
	return &commentOutput{Body: c}, nil
}
