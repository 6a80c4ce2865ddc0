package topicapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerSchemas(api huma.API) {
	httpserver.Register(api, operation("list-topic-schemas", http.MethodGet, "/{topic}/schemas", "List the schemas of the events of a topic, by type and version"), a.schemas)
	register := operation("register-topic-schema", http.MethodPost, "/{topic}/schemas", "Register a version of the schema of an event type")
	register.Description = "It is refused where it is not compatible with the newest version by the topic's rule. The schema of the newest version is no new one. With check nothing is kept, and what breaks is told."
	httpserver.Register(api, register, a.register)
	httpserver.Register(api, operation("get-topic-schema", http.MethodGet, "/{topic}/schemas/{type}/{number}", "Get a version of the schema of an event type; 0 is the newest"), a.schema)
}

// EventSchema is a version of what events of a type carry.
type EventSchema struct {
	topic.EventSchema

	Schema any `json:"schema" doc:"The JSON Schema, draft 2020-12."`
}

func schemaOf(e topic.EventSchema) (EventSchema, error) {
	out := EventSchema{EventSchema: e}
	err := json.Unmarshal(e.Schema, &out.Schema)
	return out, err
}

type schemasInput struct {
	Path
	httpserver.PageParams
}

type schemasOutput struct{ Body kernel.Page[EventSchema] }

func (a API) schemas(ctx context.Context, in *schemasInput) (*schemasOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	page, err := a.Topics.ListSchemas(ctx, scope, in.Topic, in.Page())
	out := kernel.Page[EventSchema]{Items: []EventSchema{}, Next: page.Next}
	for _, e := range page.Items {
		one, err := schemaOf(e)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, one)
	}
	return &schemasOutput{out}, err
}

type registerInput struct {
	Path
	Body struct {
		Type        string `json:"type" minLength:"1" maxLength:"200" doc:"The event type, such as shop.order.placed."`
		Description string `json:"description,omitempty" maxLength:"1000"`
		Schema      any    `json:"schema" doc:"The JSON Schema of the data, draft 2020-12."`
		Check       bool   `json:"check,omitempty" doc:"Only tell what would break."`
	}
}

type registeredOutput struct{ Body topic.Registered }

func (a API) register(ctx context.Context, in *registerInput) (*registeredOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(in.Body.Schema)
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the schema cannot be read: %w", err)
	}
	done, err := a.Topics.Register(ctx, scope, in.Topic, topic.EventSchema{Type: in.Body.Type, Description: in.Body.Description, Schema: text}, in.Body.Check)
	return &registeredOutput{done}, err
}

type schemaInput struct {
	Path
	Type    string `path:"type" maxLength:"200" doc:"The event type."`
	Version int    `path:"number" minimum:"0" doc:"The version of the schema; 0 is the newest."`
}

type schemaOutput struct{ Body EventSchema }

func (a API) schema(ctx context.Context, in *schemaInput) (*schemaOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	e, err := a.Topics.Schema(ctx, scope, in.Topic, in.Type, in.Version)
	if err != nil {
		return nil, err
	}
	out, err := schemaOf(e)
	return &schemaOutput{out}, err
}
