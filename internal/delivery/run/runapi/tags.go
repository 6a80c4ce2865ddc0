package runapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerTags(api huma.API) {
	httpserver.Register(api, operation("get-given-tags", http.MethodGet, "/tags", "workloads",
		"Tell which tags resources have, where each comes from, and which they must have"), a.tags)
}

type tagsInput struct {
	ProjectPath

	Workload string `query:"workload" maxLength:"63" doc:"With the tags that this workload gives itself."`
	Stage    string `query:"stage" maxLength:"63" doc:"With what this stage demands."`
}

type tagsOutput struct{ Body run.GivenTags }

func (a API) tags(ctx context.Context, in *tagsInput) (*tagsOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	given, err := a.Runs.GivenTags(ctx, scope.InStage(in.Stage), in.Workload)
	return &tagsOutput{Body: given}, err
}
