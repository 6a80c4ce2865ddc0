package stateapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

type listInput struct {
	httpserver.PageParams
	Target
}

type listOutput struct {
	Body kernel.Page[state.Version]
}

// Register adds the operations for people.
func (a API) Register(api huma.API) {
	httpserver.Register(api, huma.Operation{
		OperationID: "list-state-versions",
		Method:      http.MethodGet,
		Path:        "/projects/{project}/workloads/{workload}/state-versions",
		Summary:     "List the versions of a workload's state on a stage, the newest first",
		Tags:        []string{"state"},
	}, a.list)
	a.registerPeople(api)
}

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	page, err := a.State.Versions(ctx, in.stack(ctx), in.Page())
	if err != nil {
		return nil, err
	}
	return &listOutput{Body: page}, nil
}
