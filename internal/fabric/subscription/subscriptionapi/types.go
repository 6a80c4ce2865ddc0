package subscriptionapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/event/eventtype"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

const schemaType = "application/schema+json"

// registerTypes adds what tells which events there are.
func (a API) registerTypes(api huma.API) {
	httpserver.Register(api, huma.Operation{
		OperationID: "list-event-types", Method: http.MethodGet, Path: "/event-types", Tags: []string{"events"},
		Summary: "List the types of events by name",
	}, a.types)
	httpserver.Register(api, huma.Operation{
		OperationID: "get-event-schema", Method: http.MethodGet, Path: "/schemas/events/{type}/{version}", Tags: []string{"events"},
		Summary: "Get the JSON schema of the data of a type of events", Security: httpserver.Public,
		Description: "The attribute dataschema of an event is this address: whoever receives events may read it.",
		Responses: map[string]*huma.Response{"200": {
			Description: "The schema, in the draft 2020-12.",
			Content:     map[string]*huma.MediaType{schemaType: {Schema: &huma.Schema{Type: huma.TypeObject}}},
		}},
	}, a.schema)
}

// EventType is a type of events.
type EventType struct {
	Type    string `json:"type" doc:"The attribute type of its events."`
	Version int    `json:"version" doc:"The version of its data."`
	Schema  string `json:"schema,omitempty" doc:"Where the JSON schema of its data is; one without has no data."`
}

type typesOutput struct{ Body kernel.Page[EventType] }

func (a API) types(context.Context, *struct{}) (*typesOutput, error) {
	out := &typesOutput{}
	for _, t := range eventtype.All() {
		one := EventType{Type: eventtype.Prefix + t.Name, Version: t.Version}
		if t.Path() != "" {
			one.Schema = a.Address + t.Path()
		}
		out.Body.Items = append(out.Body.Items, one)
	}
	return out, nil
}

type schemaInput struct {
	Type    string `path:"type" maxLength:"63" doc:"The type without its prefix, such as run.failed."`
	Version int    `path:"version" minimum:"1" doc:"The version of the type's data."`
}

func (a API) schema(_ context.Context, in *schemaInput) (*huma.StreamResponse, error) {
	t, ok := eventtype.Find(in.Type)
	if !ok || t.Version != in.Version || t.Path() == "" {
		return nil, kernel.Errorf(kernel.NotFound, "there is no version %d of the data of %s", in.Version, in.Type).WithFix("see the types there are with: terrace events types")
	}
	schema, err := t.Schema(a.Address + t.Path())
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", schemaType)
		_, _ = hc.BodyWriter().Write(schema) // who left gets nothing
	}}, nil
}
