package topicapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerDescriptions(api huma.API) {
	one := operation("get-topic-document", http.MethodGet, "/{topic}/asyncapi", "Get a topic as an AsyncAPI 3.0 document")
	one.Description = "It has the newest schemas of its events, and where programs reach its broker."
	httpserver.Register(api, one, a.describe)
	all := operation("get-topics-document", http.MethodGet, "", "Get the topics of a stage as one AsyncAPI 3.0 document")
	all.Path, all.Description = "/projects/{project}/asyncapi", "It has those that the caller sees, without the topics of dead letters."
	httpserver.Register(api, all, a.describeAll)
}

type describeOutput struct{ Body map[string]any }

func described(text []byte, err error) (*describeOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &describeOutput{}
	if err := json.Unmarshal(text, &out.Body); err != nil {
		return nil, fmt.Errorf("asyncapi: %w", err)
	}
	return out, nil
}

func (a API) describe(ctx context.Context, in *Path) (*describeOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	return described(a.Topics.Describe(ctx, scope, in.Topic))
}

type describeAllInput struct {
	Project string `path:"project" maxLength:"63" doc:"The project's name."`
	Stage   string `query:"stage" required:"true" maxLength:"63" doc:"The stage of the topics."`
}

func (a API) describeAll(ctx context.Context, in *describeAllInput) (*describeOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	return described(a.Topics.DescribeAll(ctx, scope.InStage(in.Stage)))
}
