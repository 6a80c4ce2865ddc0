package apispecapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerLife(api huma.API) {
	publish := of("publish-api", http.MethodPost, "/publications", "Have a stage serve a revision of a version")
	publish.Description = "It is refused where the style guide has errors, and where the revision breaks clients of the one that stands there, unless an override was approved. On a stage whose changes are approved it takes who may approve."
	httpserver.Register(api, publish, a.publish)
	httpserver.Register(api, of("deprecate-api", http.MethodPost, "/deprecation", "Have clients of a version on a stage told to leave it (RFC 9745, RFC 8594)"), a.deprecate)
	httpserver.Register(api, of("undeprecate-api", http.MethodPost, "/undeprecation", "Take the deprecation of a version on a stage back: its clients may stay"), a.undeprecate)
	httpserver.Register(api, of("retire-api", http.MethodPost, "/retirement", "Have clients of a version on a stage told that it is gone, after its sunset"), a.retire)
	httpserver.Register(api, of("request-api-override", http.MethodPost, "/overrides", "Ask for a revision that breaks clients to be published"), a.request)
	httpserver.Register(api, operation("list-api-overrides", http.MethodGet, "/projects/{project}/api-overrides", "List the overrides of a project, the newest first"), a.overrides)
	httpserver.Register(api, operation("approve-api-override", http.MethodPost, "/projects/{project}/api-overrides/{id}/approve", "Approve an override that somebody else asked for"), a.approve)
}

type publishInput struct {
	VersionPath
	Body struct {
		Stage    string `json:"stage" minLength:"1" maxLength:"63" doc:"The stage that is to serve it."`
		Revision int64  `json:"revision,omitempty" minimum:"0" doc:"The revision's number; the newest unless given."`
		From     string `json:"from,omitempty" maxLength:"63" doc:"Promote what stands on this stage."`
		Reason   string `json:"reason,omitempty" maxLength:"2000"`
	}
}

type standingOutput struct{ Body apispec.Standing }

func (a API) publish(ctx context.Context, in *publishInput) (*standingOutput, error) {
	st, err := a.APIs.Publish(ctx, in.key(ctx), apispec.Publishing{Stage: in.Body.Stage, Revision: in.Body.Revision, From: in.Body.From, Reason: in.Body.Reason})
	return &standingOutput{Body: st}, err
}

type deprecateInput struct {
	VersionPath
	Body struct {
		Stage  string    `json:"stage" minLength:"1" maxLength:"63"`
		Sunset time.Time `json:"sunset" doc:"From when on it may be gone."`
		Link   string    `json:"link,omitempty" maxLength:"500" doc:"Where clients read about it."`
		Reason string    `json:"reason,omitempty" maxLength:"2000"`
	}
}

func (a API) deprecate(ctx context.Context, in *deprecateInput) (*standingOutput, error) {
	st, err := a.APIs.Deprecate(ctx, in.key(ctx), apispec.Deprecation(in.Body))
	return &standingOutput{Body: st}, err
}

type undeprecateInput struct {
	VersionPath
	Body struct {
		Stage  string `json:"stage" minLength:"1" maxLength:"63"`
		Reason string `json:"reason" minLength:"1" maxLength:"2000" doc:"Why clients may stay."`
	}
}

func (a API) undeprecate(ctx context.Context, in *undeprecateInput) (*standingOutput, error) {
	st, err := a.APIs.Undeprecate(ctx, in.key(ctx), in.Body.Stage, in.Body.Reason)
	return &standingOutput{Body: st}, err
}

type retireInput struct {
	VersionPath
	Body struct {
		Stage  string `json:"stage" minLength:"1" maxLength:"63"`
		Reason string `json:"reason,omitempty" maxLength:"2000"`
	}
}

func (a API) retire(ctx context.Context, in *retireInput) (*standingOutput, error) {
	st, err := a.APIs.Retire(ctx, in.key(ctx), in.Body.Stage, in.Body.Reason)
	return &standingOutput{Body: st}, err
}

type requestInput struct {
	VersionPath
	Body struct {
		Stage    string `json:"stage" minLength:"1" maxLength:"63"`
		Revision int64  `json:"revision,omitempty" minimum:"0" doc:"The revision's number; the newest unless given."`
		Reason   string `json:"reason" minLength:"1" maxLength:"2000" doc:"Why clients are to be broken."`
	}
}

type overrideOutput struct{ Body apispec.Override }

func (a API) request(ctx context.Context, in *requestInput) (*overrideOutput, error) {
	o, err := a.APIs.RequestOverride(ctx, in.key(ctx), in.Body.Stage, in.Body.Revision, in.Body.Reason)
	return &overrideOutput{Body: o}, err
}

type overridesOutput struct{ Body kernel.Page[apispec.Override] }

func (a API) overrides(ctx context.Context, in *listInput) (*overridesOutput, error) {
	page, err := a.APIs.Overrides(ctx, in.scope(ctx), in.Page())
	return &overridesOutput{Body: page}, err
}

type approveInput struct {
	ProjectPath
	ID   string `path:"id" maxLength:"63" doc:"The override's id."`
	Body struct {
		Reason string `json:"reason,omitempty" maxLength:"2000"`
	}
}

func (a API) approve(ctx context.Context, in *approveInput) (*overrideOutput, error) {
	o, err := a.APIs.ApproveOverride(ctx, in.scope(ctx), in.ID, in.Body.Reason)
	return &overrideOutput{Body: o}, err
}
