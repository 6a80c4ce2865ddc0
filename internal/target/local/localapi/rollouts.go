package localapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/target/local"
)

// registerRollouts registers the operations for rollouts.
func (a API) registerRollouts(api huma.API) {
	operation := func(id, method, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: method, Path: "/projects/{project}/services/{service}/rollout" + path, Summary: summary, Tags: []string{"services"}}
	}
	httpserver.Register(api, operation("get-rollout", http.MethodGet, "", "Show how far a release has taken over from the one before it"), a.rollout)
	httpserver.Register(api, operation("promote-rollout", http.MethodPost, "/promotion", "Have a release take over without the steps that are left"), a.promote)
	httpserver.Register(api, operation("abort-rollout", http.MethodPost, "/abort", "Return all requests to the release before"), a.abort)
}

type rolloutInput struct {
	Project string `path:"project" maxLength:"63" doc:"The project's name."`
	Service string `path:"service" maxLength:"63" doc:"The service's name."`
	Stage   string `query:"stage" required:"true" maxLength:"63" doc:"The service's stage."`
}

type rolloutOutput struct{ Body local.RolloutInfo }

func (a API) rollout(ctx context.Context, in *rolloutInput) (*rolloutOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	r, err := a.Service.Rollout(ctx, scope.InStage(in.Stage), in.Service)
	return &rolloutOutput{r}, err
}

type endRolloutInput struct {
	Project string `path:"project" maxLength:"63" doc:"The project's name."`
	Service string `path:"service" maxLength:"63" doc:"The service's name."`
	Body    EndRolloutRequest
}

// EndRolloutRequest says where a rollout ends.
type EndRolloutRequest struct {
	Stage string `json:"stage" minLength:"1" maxLength:"63" doc:"The service's stage."`
}

func (a API) promote(ctx context.Context, in *endRolloutInput) (*rolloutOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	r, err := a.Service.PromoteRollout(ctx, scope.InStage(in.Body.Stage), in.Service)
	return &rolloutOutput{r}, err
}

func (a API) abort(ctx context.Context, in *endRolloutInput) (*rolloutOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	r, err := a.Service.AbortRollout(ctx, scope.InStage(in.Body.Stage), in.Service)
	return &rolloutOutput{r}, err
}
