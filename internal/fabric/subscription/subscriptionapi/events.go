package subscriptionapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

const eventStream = "text/event-stream"

// registerEvents adds what shows events to who asks.
func (a API) registerEvents(api huma.API) {
	page := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[subscription.History](), true, "")
	httpserver.Register(api, huma.Operation{
		OperationID: "list-events", Method: http.MethodGet, Path: "/events", Tags: []string{"events"},
		Summary: "List what happened, the newest first, or watch it happen",
		Description: "Events that are about what the caller may read. With Accept: text/event-stream the answer is a stream of server-sent events " +
			"from now on, or after Last-Event-ID; it ends after ten minutes, to be resumed. An event of the type lost says that events before it are no longer kept.",
		Responses: map[string]*huma.Response{"200": {
			Description: "A page, or a stream.",
			Content: map[string]*huma.MediaType{
				"application/json": {Schema: page},
				eventStream:        {Schema: &huma.Schema{Type: huma.TypeString}},
			},
		}},
	}, a.events)
}

type eventsInput struct {
	httpserver.ScopeParam
	httpserver.PageParams
	Types       []string `query:"type" maxItems:"64" doc:"Only events of these types, such as run.failed, or run.* with a star at the end or the beginning."`
	Subjects    []string `query:"subject" maxItems:"64" doc:"Only what happened to these, with the same stars."`
	Stage       string   `query:"stage" maxLength:"63" doc:"Only what happened in this stage."`
	Filters     string   `query:"filters" maxLength:"16384" doc:"A JSON list of filters as subscriptions have them; all must hold."`
	Accept      string   `header:"Accept" hidden:"true" doc:"text/event-stream to watch."`
	LastEventID string   `header:"Last-Event-ID" maxLength:"20" hidden:"true" doc:"Watch after this event: the id of the last one that was received."`
	After       string   `query:"after" maxLength:"20" doc:"As Last-Event-ID, for the first time: the last of a page, or 0 for all that is kept."`
}

// filters puts what was asked for into filters that must all hold.
func (in *eventsInput) filters() ([]subscription.Filter, error) {
	var all []subscription.Filter
	if in.Filters != "" {
		decoder := json.NewDecoder(strings.NewReader(in.Filters))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&all); err != nil {
			return nil, kernel.Errorf(kernel.Invalid, "the filters cannot be read: %w", err).WithFix(`write them as [{"prefix": {"type": "dev.terrace.run."}}]`)
		}
	}
	all = append(all, subscription.AnyOf("type", subscription.WholeTypes(in.Types))...)
	all = append(all, subscription.AnyOf("subject", in.Subjects)...)
	if in.Stage != "" {
		all = append(all, subscription.AnyOf("stage", []string{in.Stage})...)
	}
	return all, nil
}

// after returns where to watch from, nil for now.
func (in *eventsInput) after() (*uint64, error) {
	text := in.LastEventID
	if text == "" {
		text = in.After
	}
	if text == "" {
		return nil, nil //nolint:nilnil // from now on
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "%q is no place in the log of events", text).WithFix("give the id of the last event that was received, or 0")
	}
	return &n, nil
}

func (a API) events(ctx context.Context, in *eventsInput) (*huma.StreamResponse, error) {
	filters, err := in.filters()
	if err != nil {
		return nil, err
	}
	if strings.Contains(in.Accept, eventStream) {
		return a.watch(ctx, in, filters)
	}
	page, err := a.Subscriptions.ListEvents(ctx, in.Scope(ctx), filters, in.Page())
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "application/json")
		_ = json.NewEncoder(hc.BodyWriter()).Encode(page) // who left gets nothing
	}}, nil
}

func (a API) watch(ctx context.Context, in *eventsInput, filters []subscription.Filter) (*huma.StreamResponse, error) {
	after, err := in.after()
	if err != nil {
		return nil, err
	}
	stream, err := a.Subscriptions.WatchEvents(ctx, in.Scope(ctx), filters, after)
	if err != nil {
		return nil, err
	}
	return httpserver.SSE(ctx, func(w io.Writer) error {
		return stream.Run(ctx, func(s subscription.Sighting) error { return write(w, s) })
	}), nil
}

// write writes one server-sent event. One without data moves Last-Event-ID on, so
// that who resumes does not look at the same again.
func write(w io.Writer, s subscription.Sighting) (err error) {
	switch {
	case s.Event != nil:
		data, failed := json.Marshal(s.Event)
		if failed != nil {
			return fmt.Errorf("encode event: %w", failed)
		}
		_, err = fmt.Fprintf(w, "id: %d\ndata: %s\n\n", s.Through, data)
	case s.Lost:
		_, err = fmt.Fprintf(w, "id: %d\nevent: lost\ndata: {}\n\n", s.Through)
	default:
		_, err = fmt.Fprintf(w, ": alive\nid: %d\n\n", s.Through)
	}
	return err
}
