package gatewayapi

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/accesslog"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/slo"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/tail"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// registerObservation adds what shows how routes are doing.
func (a API) registerObservation(api huma.API) {
	httpserver.Register(api, operation("get-gateway-traffic", http.MethodGet, "/traffic", "Tell the rate, the errors and the durations of routes, and of who calls them"), a.traffic)
	a.registerTail(api)
	httpserver.Register(api, operation("list-gateway-slos", http.MethodGet, "/slos", "Tell how objectives of routes are doing"), a.objectives)
}

type objectivesInput struct {
	Where
	Route string `query:"route" maxLength:"253" doc:"Only those of this route."`
}

type objectivesOutput struct{ Body kernel.Page[slo.Status] }

func (a API) objectives(ctx context.Context, in *objectivesInput) (*objectivesOutput, error) {
	all, err := a.SLOs.List(ctx, in.Scope(ctx), in.Route)
	return &objectivesOutput{Body: kernel.Page[slo.Status]{Items: all}}, err
}

// registerTail adds what shows requests as they are answered.
func (a API) registerTail(api huma.API) {
	op := operation("tail-gateway", http.MethodGet, "/tail", "Watch the requests that routes answer")
	op.Description = "A stream of server-sent events: each is a line of the access log, on whichever replica it was answered; an event of the type left tells how many lines there was no room for. " +
		"It ends after ten minutes, to be begun again."
	op.Responses = map[string]*huma.Response{"200": {
		Description: "A stream.", Content: map[string]*huma.MediaType{eventStream: {Schema: api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[accesslog.Line](), true, "GatewayLine")}},
	}}
	httpserver.Register(api, op, a.tail)
}

const eventStream = "text/event-stream"

type tailInput struct {
	Where
	Route      string `query:"route" maxLength:"253" doc:"Only this route."`
	Consumer   string `query:"consumer" maxLength:"1024" doc:"Only requests of this consumer."`
	Method     string `query:"method" maxLength:"32" doc:"Only requests with this method."`
	Path       string `query:"path" maxLength:"1024" doc:"Only requests for this path; a star stands for anything."`
	Status     string `query:"status" maxLength:"3" doc:"Only answers with this status, such as 404, or of a class such as 5xx."`
	Unrouted   bool   `query:"unrouted" doc:"What no route was found for, and connections that ended before a request, in place of the requests of routes; for operators of the platform."`
	SlowerThan string `query:"slowerThan" maxLength:"20" doc:"Only requests that took this long or longer, such as 250ms."`
}

func (a API) tail(ctx context.Context, in *tailInput) (*huma.StreamResponse, error) {
	at := in.Scope(ctx)
	f := tail.Filter{
		Tenant: at.Tenant, Project: at.Project, Stage: at.Stage, Route: in.Route, Consumer: in.Consumer, Method: in.Method, Path: in.Path, Status: in.Status, Unrouted: in.Unrouted,
	}
	if in.SlowerThan != "" {
		var err error
		if f.SlowerThan, err = time.ParseDuration(in.SlowerThan); err != nil {
			return nil, kernel.Errorf(kernel.Invalid, "slowerThan: %q is no length of time", in.SlowerThan).WithFix("write it as 250ms or 2s")
		}
	}
	stream, err := a.Tail.Watch(ctx, f)
	if err != nil {
		return nil, err
	}
	return httpserver.SSE(ctx, func(w io.Writer) error {
		return stream.Run(ctx, func(told tail.Told) error { return write(w, told) })
	}), nil
}

// write writes one server-sent event.
func write(w io.Writer, told tail.Told) (err error) {
	switch {
	case told.Line != nil:
		_, err = w.Write(append(told.Line.AppendJSON([]byte("data: ")), "\n\n"...))
	case told.Left > 0:
		_, err = fmt.Fprintf(w, "event: left\ndata: {\"lines\":%d}\n\n", told.Left)
	default:
		_, err = io.WriteString(w, ": alive\n\n")
	}
	return err //nolint:wrapcheck // who watches has left
}

type trafficInput struct {
	Where
	Route     string `query:"route" maxLength:"253" doc:"Only this route."`
	Consumer  string `query:"consumer" maxLength:"1024" doc:"Only what this consumer calls."`
	Consumers bool   `query:"consumers" doc:"Tell each consumer apart, besides the whole of each route."`
	Since     string `query:"since" maxLength:"20" doc:"How far back, such as 15m or 24h; 1h unless given. Beyond 6h it begins with a whole hour, else with a whole minute."`
}

type trafficOutput struct{ Body traffic.Report }

func (a API) traffic(ctx context.Context, in *trafficInput) (*trafficOutput, error) {
	since := time.Hour
	if in.Since != "" {
		var err error
		if since, err = time.ParseDuration(in.Since); err != nil {
			return nil, kernel.Errorf(kernel.Invalid, "since: %q is no length of time", in.Since).WithFix("write it as 15m or 24h")
		}
	}
	at := in.Scope(ctx)
	r, err := a.Traffic.Look(ctx, traffic.Question{
		Tenant: at.Tenant, Project: at.Project, Stage: at.Stage, Route: in.Route, Consumer: in.Consumer, Consumers: in.Consumers,
	}, since)
	return &trafficOutput{Body: r}, err
}
