// Package vcsapi serves delivery/vcs over HTTP: repositories, their bindings and
// pull requests, and the address to which providers send their webhooks.
//
// It owns the wire: paths and bodies. It decides nothing about repositories.
package vcsapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves repositories.
type API struct {
	Repositories *vcs.Service
}

// Register adds the operations to api.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "Who hosts a repository.", vcs.Providers()...)
	httpserver.Enum(api, "Where a pull request is.", vcs.Open, vcs.Merged, vcs.Closed)
	httpserver.Enum(api, "What a check does.", vcs.PlanCheck, vcs.ApplyCheck, vcs.ReviewCheck)
	httpserver.Enum(api, "How a check stands.", vcs.Pending, vcs.Succeeded, vcs.Failed, vcs.Superseded)
	a.registerRepositories(api)
	a.registerBindings(api)
	a.registerIdentities(api)
	a.registerPulls(api)
}

func operation(id, method, path, tag, summary string) huma.Operation {
	op := huma.Operation{OperationID: id, Method: method, Path: "/projects/{project}/repositories" + path, Summary: summary, Tags: []string{tag}}
	if method == http.MethodPost {
		op.DefaultStatus = http.StatusOK
	}
	return op
}

func (a API) registerRepositories(api huma.API) {
	const tag = "repositories"
	httpserver.Register(api, operation("create-repository", http.MethodPost, "", tag, "Make a repository that Terrace hosts"), a.create)
	connect := operation("connect-repository", http.MethodPost, "/connections", tag, "Connect a repository on GitHub or Azure DevOps")
	connect.Description = "The token is sealed and never shown. The answer has the secret for the provider's webhooks, this once."
	httpserver.Register(api, connect, a.connect)
	httpserver.Register(api, operation("list-repositories", http.MethodGet, "", tag, "List the repositories of a project"), a.list)
	httpserver.Register(api, operation("get-repository", http.MethodGet, "/{repository}", tag, "Get a repository"), a.get)
	httpserver.Register(api, operation("delete-repository", http.MethodDelete, "/{repository}", tag, "Delete a repository, or forget a connected one"), a.remove)
	httpserver.Register(api, operation("protect-repository", http.MethodPut, "/{repository}/protection", tag, "Say who may change the default branch"), a.protect)
	renew := operation("renew-repository", http.MethodPost, "/{repository}/credentials", tag, "Give a connected repository another token, or another webhook secret")
	renew.Description = "Without a token the webhook secret is made anew, and is in the answer, this once."
	httpserver.Register(api, renew, a.renew)
	httpserver.Register(api, operation("list-webhooks", http.MethodGet, "/{repository}/webhooks", tag, "List the webhooks that came for a repository, the newest first"), a.webhooks)
}

// ProjectPath is the part of every path; huma sees only what is exported.
type ProjectPath struct {
	Project string `path:"project" maxLength:"63" doc:"The project's name."`
}

// RepositoryPath names one repository.
type RepositoryPath struct {
	ProjectPath
	Repository string `path:"repository" maxLength:"63" doc:"The repository's name."`
}

// Repository is a repository on the wire.
type Repository struct {
	vcs.Repository

	CloneURL string `json:"cloneUrl" doc:"What git clones from."`
	HookURL  string `json:"hookUrl,omitempty" doc:"Where the provider sends its webhooks."`
}

func (a API) wire(r vcs.Repository) Repository {
	return Repository{Repository: r, CloneURL: a.Repositories.CloneURL(r), HookURL: a.Repositories.HookURL(r)}
}

type repositoryOutput struct {
	Body Repository
}

func (a API) answer(r vcs.Repository, err error) (*repositoryOutput, error) {
	if err != nil {
		return nil, err
	}
	return &repositoryOutput{Body: a.wire(r)}, nil
}

type createInput struct {
	ProjectPath
	Body struct {
		Name       string         `json:"name" maxLength:"63"`
		Branch     string         `json:"branch,omitempty" maxLength:"200" doc:"The default branch; main by default."`
		Protection vcs.Protection `json:"protection,omitempty" doc:"Who may change the default branch."`
		Quota      int64          `json:"quota,omitempty" minimum:"0" doc:"How large it may be, in bytes; 0 is 1 GiB."`
	}
}

func (a API) create(ctx context.Context, in *createInput) (*repositoryOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	return a.answer(a.Repositories.Create(ctx, scope, vcs.NewRepository{Name: in.Body.Name, Branch: in.Body.Branch, Protection: in.Body.Protection, Quota: in.Body.Quota}))
}

type connectInput struct {
	ProjectPath
	Body struct {
		Name       string       `json:"name" maxLength:"63" doc:"What it is called here."`
		Provider   vcs.Provider `json:"provider"`
		API        string       `json:"api,omitempty" maxLength:"500" doc:"The address of the provider's API; empty is its public one."`
		Owner      string       `json:"owner" maxLength:"200" doc:"The owner on GitHub, ORGANIZATION/PROJECT on Azure DevOps."`
		Repository string       `json:"repository" maxLength:"200" doc:"The repository's name there."`
		Branch     string       `json:"branch,omitempty" maxLength:"200" doc:"The default branch; empty asks the provider."`
		Username   string       `json:"username,omitempty" maxLength:"200" doc:"The name that goes with the token, where the provider wants one."`
		Token      string       `json:"token" maxLength:"4096" doc:"What Terrace signs in with, or a reference to a secret of the project that is: ${secret:STAGE/NAME}. It may read the code, and write statuses and comments."`
		Webhook    string       `json:"webhookSecret,omitempty" maxLength:"1100" doc:"A reference to the secret of the project that webhooks are signed with, ${secret:STAGE/NAME}; one is made unless given."`
	}
}

type connectedOutput struct {
	Body ConnectedRepository
}

// ConnectedRepository is a repository with its webhook secret.
type ConnectedRepository struct {
	Repository Repository `json:"repository"`
	Secret     string     `json:"secret,omitempty" doc:"What webhooks are signed with; it is shown this once."`
}

func (a API) connected(c vcs.Connected, err error) (*connectedOutput, error) {
	if err != nil {
		return nil, err
	}
	return &connectedOutput{Body: ConnectedRepository{Repository: a.wire(c.Repository), Secret: c.Secret}}, nil
}

func (a API) connect(ctx context.Context, in *connectInput) (*connectedOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	b := in.Body
	return a.connected(a.Repositories.Connect(ctx, scope, vcs.Connection{
		Name: b.Name, Provider: b.Provider, API: b.API, Owner: b.Owner, Repository: b.Repository, Branch: b.Branch, Username: b.Username, Token: b.Token, WebhookSecret: b.Webhook,
	}))
}

type renewInput struct {
	RepositoryPath
	Body struct {
		Token   string `json:"token,omitempty" maxLength:"4096" doc:"The new token, or a reference to it; empty makes a new webhook secret."`
		Webhook string `json:"webhookSecret,omitempty" maxLength:"1100" doc:"A reference to the new secret that webhooks are signed with."`
	}
}

func (a API) renew(ctx context.Context, in *renewInput) (*connectedOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	return a.connected(a.Repositories.Renew(ctx, scope, in.Repository, in.Body.Token, in.Body.Webhook))
}

type listInput struct {
	ProjectPath
	httpserver.PageParams
}

type listOutput struct {
	Body kernel.Page[Repository]
}

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	page, err := a.Repositories.List(ctx, scope, in.Page())
	if err != nil {
		return nil, err
	}
	out := &listOutput{Body: kernel.Page[Repository]{Items: []Repository{}, Next: page.Next}}
	for _, r := range page.Items {
		out.Body.Items = append(out.Body.Items, a.wire(r))
	}
	return out, nil
}

func (a API) get(ctx context.Context, in *RepositoryPath) (*repositoryOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	return a.answer(a.Repositories.Get(ctx, scope, in.Repository))
}

func (a API) remove(ctx context.Context, in *RepositoryPath) (*struct{}, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	return nil, a.Repositories.Delete(ctx, scope, in.Repository)
}

type protectInput struct {
	RepositoryPath
	Body vcs.Protection
}

func (a API) protect(ctx context.Context, in *protectInput) (*repositoryOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	return a.answer(a.Repositories.Protect(ctx, scope, in.Repository, in.Body))
}

type webhooksInput struct {
	RepositoryPath
	httpserver.PageParams
}

type webhooksOutput struct {
	Body kernel.Page[vcs.Delivery]
}

func (a API) webhooks(ctx context.Context, in *webhooksInput) (*webhooksOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	page, err := a.Repositories.Deliveries(ctx, scope, in.Repository, in.Page())
	if err != nil {
		return nil, err
	}
	return &webhooksOutput{Body: page}, nil
}
