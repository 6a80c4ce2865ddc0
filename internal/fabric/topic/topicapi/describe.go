package topicapi

import (
	"context"
	"encoding/json"
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

// document is an AsyncAPI document as the room has written it.
type document struct{ json.RawMessage }

// Schema implements huma.SchemaProvider.
func (document) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: &huma.Schema{}}
}

type describeOutput struct{ Body document }

func described(text []byte, err error) (*describeOutput, error) {
	return &describeOutput{document{text}}, err
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
