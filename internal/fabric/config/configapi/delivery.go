package configapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/config"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// registerDelivery adds what workloads ask for, with a token of their own.
func (a API) registerDelivery(api huma.API) {
	delivery := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[config.Delivery](), true, "")
	httpserver.Register(api, huma.Operation{
		OperationID: "get-effective-config", Method: http.MethodGet, Path: "/config/effective", Tags: []string{"configuration"},
		Summary:     "Get the configuration of the workload that asks, by its own token, with the values of its secrets",
		Description: "With If-None-Match and the ETag of the last answer it is 304 while nothing has changed.",
		Responses: map[string]*huma.Response{
			"200": {Description: "The configuration.", Content: map[string]*huma.MediaType{"application/json": {Schema: delivery}}},
		},
	}, a.deliver)
	httpserver.Register(api, huma.Operation{
		OperationID: "watch-config", Method: http.MethodGet, Path: "/config/watch", Tags: []string{"configuration"},
		Summary: "Watch the configuration of the workload that asks, by its own token",
		Description: "Server-sent events, each the whole configuration with its ETag as the id: the first at once, or, with Last-Event-ID, " +
			"as soon as it is another one. A comment every 15 seconds says that the stream is alive.",
		Responses: map[string]*huma.Response{"200": {
			Description: "A stream.", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}},
		}},
	}, a.watch)
}

type deliverInput struct {
	IfNoneMatch string `header:"If-None-Match" maxLength:"1000" hidden:"true" doc:"The ETag of the last answer."`
}

func (a API) deliver(ctx context.Context, in *deliverInput) (*huma.StreamResponse, error) {
	knows := func(tag string) bool { return matches(in.IfNoneMatch, tag) }
	d, err := a.Configs.Deliver(ctx, knows)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("ETag", quoted(d.ETag))
		hc.SetHeader("Cache-Control", "private, no-cache")
		if knows(d.ETag) {
			hc.SetStatus(http.StatusNotModified)
			return
		}
		hc.SetHeader("Content-Type", "application/json")
		_ = json.NewEncoder(hc.BodyWriter()).Encode(d) // who left gets nothing
	}}, nil
}

func quoted(tag string) string { return `"` + tag + `"` }

// matches compares as RFC 9110 §13.1.2 has it for GET: weakly.
func matches(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimPrefix(strings.TrimSpace(part), "W/")
		if part == "*" || part == quoted(tag) {
			return true
		}
	}
	return false
}

type watchInput struct {
	LastEventID string `header:"Last-Event-ID" maxLength:"64" hidden:"true" doc:"The id of the last event that was received."`
}

func (a API) watch(ctx context.Context, in *watchInput) (*huma.StreamResponse, error) {
	w, err := a.Configs.Follow(ctx, in.LastEventID)
	if err != nil {
		return nil, err
	}
	return httpserver.SSE(ctx, func(out io.Writer) error {
		return w.Run(ctx, func(d *config.Delivery) error { return write(out, d) })
	}), nil
}

func write(out io.Writer, d *config.Delivery) error {
	if d == nil {
		_, err := io.WriteString(out, ": alive\n\n")
		return err
	}
	data, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("encode a configuration: %w", err)
	}
	_, err = fmt.Fprintf(out, "id: %s\nevent: config\ndata: %s\n\n", d.ETag, data)
	return err
}
