package localapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/target/local"
	"github.com/terrace-idp/terrace/internal/target/local/logs"
)

// Register registers the operations for people.
func (a API) Register(api huma.API) {
	a.registerBackups(api)
	a.registerRollouts(api)
	httpserver.Register(api, huma.Operation{
		OperationID: "list-services", Method: http.MethodGet, Path: "/projects/{project}/services",
		Summary: "List the services that run on the local target", Tags: []string{"services"},
	}, a.list)
	httpserver.Register(api, httpserver.LinesOperation[logs.Line](api, huma.Operation{
		OperationID: "get-service-logs", Method: http.MethodGet, Path: "/projects/{project}/services/{service}/logs",
		Summary: "Read or follow the log of a service", Tags: []string{"services"},
	}), a.logs)
}

type listInput struct {
	httpserver.PageParams

	Project string `path:"project" maxLength:"63" doc:"The project's name."`
	Stage   string `query:"stage" maxLength:"63" doc:"Only the services of this stage."`
}

type listOutput struct {
	Body kernel.Page[local.ServiceInfo]
}

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	page, err := a.Service.Services(ctx, scope.InStage(in.Stage), in.Page())
	if err != nil {
		return nil, err
	}
	return &listOutput{Body: page}, nil
}

type logsInput struct {
	Project string `path:"project" maxLength:"63" doc:"The project's name."`
	Service string `path:"service" maxLength:"63" doc:"The service's name."`
	Stage   string `query:"stage" required:"true" maxLength:"63" doc:"The service's stage."`
	Lines   int    `query:"lines" minimum:"0" maximum:"10000" default:"100" doc:"How many of the last lines to begin with."`
	Follow  bool   `query:"follow" doc:"Go on with every further line."`
}

// logs answers with a JSON object per line. What is wrong with the request
// itself is answered before the stream begins.
func (a API) logs(ctx context.Context, in *logsInput) (*huma.StreamResponse, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	scope = scope.InStage(in.Stage)
	if err := a.Service.Logs(ctx, scope, in.Service, 0, false, func(logs.Line) error { return nil }); err != nil {
		return nil, err
	}
	return httpserver.NDJSON(ctx, func(send func(any) error) error {
		return a.Service.Logs(ctx, scope, in.Service, in.Lines, in.Follow, func(l logs.Line) error { return send(l) })
	}), nil
}
