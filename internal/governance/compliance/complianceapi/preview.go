package complianceapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/governance/compliance"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerPreviews(api huma.API) {
	offered := operation("preview-policies", http.MethodPost, "/preview", "Tell what policies would find in all that is applied, without enforcing them")
	offered.Description = "The body is a gzipped tar of files *.rego, with their data in JSON or YAML. Policies of the same ids that hold are compared with. Nothing is kept."
	httpserver.Register(api, httpserver.LinesOperation[compliance.Progress](api, httpserver.UploadOperation(offered, "application/gzip", policy.MaxPacked)), a.offered)
	proposed := operation("preview-policy-levels", http.MethodPost, "/preview/levels", "Tell what a level for policies would change in all that is applied, without giving it to them")
	httpserver.Register(api, httpserver.LinesOperation[compliance.Progress](api, proposed), a.proposed)
}

type offeredInput struct {
	httpserver.Upload
	Place

	Name string `query:"name" maxLength:"240" doc:"How problems name the folder."`
}

func (a API) offered(ctx context.Context, in *offeredInput) (*huma.StreamResponse, error) {
	if err := a.Compliance.MayPreview(ctx, in.Scope(ctx)); err != nil {
		return nil, err
	}
	folder, err := policy.Unpack("offered", in.Reader(), in.Name)
	if err != nil {
		return nil, err
	}
	return a.preview(ctx, in.Place, compliance.Preview{Policies: folder})
}

type proposedInput struct {
	Place

	Body struct {
		Assignment string `json:"assignment" maxLength:"500" doc:"POLICIES=LEVEL@KEY=VALUE,…: azure-storage-*=hard-mandatory@stage=prod. Levels are advisory, soft-mandatory, hard-mandatory and off; keys are tenant, project, stage and target."`
	}
}

func (a API) proposed(ctx context.Context, in *proposedInput) (*huma.StreamResponse, error) {
	if err := a.Compliance.MayPreview(ctx, in.Scope(ctx)); err != nil {
		return nil, err
	}
	assignment, err := policy.ParseAssignment(in.Body.Assignment)
	if err != nil {
		return nil, err
	}
	return a.preview(ctx, in.Place, compliance.Preview{Assignment: &assignment})
}

func (a API) preview(ctx context.Context, where Place, p compliance.Preview) (*huma.StreamResponse, error) {
	p.Filter = where.filter()
	ready, err := a.Compliance.Prepare(ctx, where.Scope(ctx), p)
	if err != nil {
		return nil, err
	}
	return httpserver.NDJSON(ctx, func(send func(v any) error) error {
		return ready.Run(ctx, func(line compliance.Progress) error { return send(line) })
	}), nil
}
