// Package fleetapi serves delivery/fleet over HTTP: the administration of runners
// for people, and the protocol that runners speak.
//
// It owns the wire: paths, bodies and their bounds. It decides nothing.
package fleetapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/fleet"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves a fleet.
type API struct {
	Fleet *fleet.Service
	// Provider is the path of Terrace's provider, ProviderVersion its version.
	Provider, ProviderVersion string
}

// Register adds the operations for people.
func (a API) Register(api huma.API) {
	tags := []string{"runners"}
	httpserver.Register(api, huma.Operation{
		OperationID: "list-runners", Method: http.MethodGet, Path: "/runners", Tags: tags, Summary: "List the remote runners of the tenant",
	}, a.list)
	httpserver.Register(api, huma.Operation{
		OperationID: "create-runner", Method: http.MethodPost, Path: "/runners", Tags: tags, DefaultStatus: http.StatusCreated,
		Summary: "Create a remote runner and its token, which is shown only here",
	}, a.create)
	httpserver.Register(api, huma.Operation{
		OperationID: "remove-runner", Method: http.MethodDelete, Path: "/runners/{name}", Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Make a runner's token void; what it executes is lost",
	}, a.remove)
}

type listOutput struct {
	Body kernel.Page[fleet.Status]
}

func (a API) list(ctx context.Context, _ *struct{}) (*listOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	all, err := a.Fleet.List(ctx, scope)
	if err != nil {
		return nil, err
	}
	return &listOutput{Body: kernel.Page[fleet.Status]{Items: all}}, nil
}

// CreateRunnerRequest asks for a runner.
type CreateRunnerRequest struct {
	Name   string            `json:"name" minLength:"1" maxLength:"63"`
	Labels map[string]string `json:"labels" doc:"What stages name under runners, such as pool: prod."`
}

type createInput struct{ Body CreateRunnerRequest }

// CreatedRunner is a new runner with its token.
type CreatedRunner struct {
	Runner fleet.Runner `json:"runner"`
	Token  string       `json:"token" doc:"What the runner signs in with; it is shown only here."`
}

type createOutput struct{ Body CreatedRunner }

func (a API) create(ctx context.Context, in *createInput) (*createOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	r, token, err := a.Fleet.Create(ctx, scope, in.Body.Name, in.Body.Labels)
	if err != nil {
		return nil, err
	}
	return &createOutput{Body: CreatedRunner{Runner: r, Token: token}}, nil
}

type removeInput struct {
	Name   string `path:"name" maxLength:"63" doc:"The runner's name."`
	Reason string `query:"reason" maxLength:"1000" doc:"Why; it is kept in the audit log."`
}

func (a API) remove(ctx context.Context, in *removeInput) (*struct{}, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return nil, a.Fleet.Remove(ctx, scope, in.Name, in.Reason)
}
