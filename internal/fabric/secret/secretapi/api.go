// Package secretapi serves the names and versions of secrets, and takes values.
//
// It owns the wire types of secrets. It never answers with a value.
package secretapi

import (
	"context"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves secrets over HTTP.
type API struct {
	Secrets *secret.Service
}

// Register adds the room's operations.
func (a API) Register(api huma.API) {
	httpserver.Register(api, huma.Operation{
		OperationID: "list-secrets", Method: http.MethodGet, Path: "/projects/{project}/secrets",
		Summary: "List the secrets of a project, without their values", Tags: []string{"secrets"},
	}, a.list)
	httpserver.Register(api, huma.Operation{
		OperationID: "put-secret", Method: http.MethodPut, Path: "/projects/{project}/secrets/{name}",
		Summary: "Give a secret a value", Tags: []string{"secrets"}, MaxBodyBytes: 2 * secret.MaxValue,
		Description: "The value becomes the newest version. It is sealed, and never shown again. With a key it is the value of that key, and all others stay as they are.",
	}, a.put)
	httpserver.Register(api, huma.Operation{
		OperationID: "rotate-secret", Method: http.MethodPost, Path: "/projects/{project}/secrets/{name}/rotation",
		Summary: "Give a secret a newly generated value", Tags: []string{"secrets"},
		Description: "The value becomes the newest version. What refers to the secret is started anew with it.",
	}, a.rotate)
	a.registerHistory(api)
	a.registerSettings(api)
	a.registerEnd(api)
}

// SecretName is the place of a secret.
type SecretName struct {
	Project string `path:"project" maxLength:"63" doc:"The project's name."`
	Name    string `path:"name" maxLength:"253" doc:"The secret's name."`
	Stage   string `query:"stage" required:"true" minLength:"1" maxLength:"63" doc:"The stage's name."`
}

// place is whose the secret is, and its name as it was meant: one with slashes comes with
// escapes.
func (n SecretName) place(ctx context.Context) (scope kernel.Scope, name string) {
	name = n.Name
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	return scopeOf(ctx, n.Project, n.Stage), name
}

// scopeOf is within the tenant of who asks.
func scopeOf(ctx context.Context, project, stage string) kernel.Scope {
	return httpserver.ScopeParam{Project: project}.Scope(ctx).InStage(stage)
}

type listInput struct {
	httpserver.PageParams
	Project string `path:"project" maxLength:"63" doc:"The project's name."`
	Stage   string `query:"stage" maxLength:"63" doc:"The stage; all stages unless given."`
}

type listOutput struct {
	Body kernel.Page[secret.Info]
}

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	page, err := a.Secrets.List(ctx, scopeOf(ctx, in.Project, in.Stage), in.Page())
	return &listOutput{Body: page}, err
}

type putInput struct {
	SecretName

	// The value has no rule in the schema: a report of a broken one would show it.
	Body struct {
		Value string `json:"value" writeOnly:"true" doc:"The value, at most 64 KiB."`
		Key   string `json:"key,omitempty" doc:"The key whose value it is; unless given the whole secret has this one value."`
		CAS   *int   `json:"cas,omitempty" doc:"The number of the newest version that was seen, 0 for none: where there is another, nothing is written."`
	}
}

type putOutput struct {
	Body secret.Info
}

func (a API) put(ctx context.Context, in *putInput) (*putOutput, error) {
	given := secret.Given{Value: in.Body.Value, Key: in.Body.Key, Seen: in.Body.CAS}
	where, name := in.place(ctx)
	info, err := a.Secrets.Set(ctx, where, name, given)
	return &putOutput{Body: info}, err
}

func (a API) rotate(ctx context.Context, in *SecretName) (*putOutput, error) {
	where, name := in.place(ctx)
	info, err := a.Secrets.Rotate(ctx, where, name)
	return &putOutput{Body: info}, err
}
