// Package apispecapi serves the APIs of projects over HTTP: their documents, the
// gates of publishing them, their life on stages and their consumers.
//
// It owns paths and wire types. It decides nothing; catalog/apispec does.
package apispecapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/apispecpage"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/apispecvcs"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/change"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/openapi"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/styleguide"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves APIs.
type API struct {
	APIs         *apispec.Service
	Repositories *apispecvcs.Service
	// Address is that of the platform, where the references of APIs are.
	Address string
}

// maxBody is a document as a JSON string, in which characters may be escaped.
const maxBody = 2*openapi.MaxBytes + 64<<10

// Register implements the room of the API.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "Where a version of an API is in its life on a stage.", apispec.States()...)
	httpserver.Register(api, operation("list-apis", http.MethodGet, "/projects/{project}/apis", "List the versions of a project's APIs, and where they stand"), a.list)
	httpserver.Register(api, of("get-api", http.MethodGet, "", "Show a version of an API, and where it stands"), a.get)
	upload := of("upload-api", http.MethodPost, "/revisions", "Upload an OpenAPI document as the newest revision of a version")
	upload.MaxBodyBytes = maxBody
	upload.Description = "What the style guide says is told; it keeps nothing from being uploaded. The same text again is the revision that it was."
	httpserver.Register(api, upload, a.upload)
	httpserver.Register(api, of("list-api-revisions", http.MethodGet, "/revisions", "List the revisions of a version, the newest first"), a.revisions)
	httpserver.Register(api, of("get-api-document", http.MethodGet, "/document", "Read the OpenAPI document of a revision"), a.document)
	httpserver.Register(api, of("get-api-changes", http.MethodGet, "/changes", "Compare two revisions: what is different for clients, what breaks first"), a.changes)
	httpserver.Register(api, of("get-api-consumers", http.MethodGet, "/consumers", "List who called which operation of a version, the most first"), a.consumers)
	lint := operation("lint-api", http.MethodPost, "/projects/{project}/api-lint", "Hold an OpenAPI document against the style guide")
	lint.MaxBodyBytes = maxBody
	httpserver.Register(api, lint, a.lint)
	httpserver.Register(api, operation("get-api-guide", http.MethodGet, "/api-guide", "Show the tenant's style guide and the rules in force"), a.guide)
	guide := operation("set-api-guide", http.MethodPut, "/api-guide", "Set the tenant's style guide")
	guide.MaxBodyBytes = 2*styleguide.MaxBytes + 64<<10
	httpserver.Register(api, guide, a.setGuide)
	a.registerLife(api)
	a.registerFollowed(api)
}

func operation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"apis"}}
}

// of is an operation about one version.
func of(id, method, path, summary string) huma.Operation {
	return operation(id, method, "/projects/{project}/apis/{api}/{version}"+path, summary)
}

// ProjectPath is the path of a project's APIs.
type ProjectPath struct {
	Project string `path:"project" maxLength:"63" doc:"The project's name."`
}

func (p ProjectPath) scope(ctx context.Context) kernel.Scope {
	return httpserver.ScopeParam{Project: p.Project}.Scope(ctx)
}

// VersionPath is the path of a version.
type VersionPath struct {
	ProjectPath
	API     string `path:"api" maxLength:"63" doc:"The API's name."`
	Version string `path:"version" maxLength:"63" doc:"The version's name, such as v1."`
}

func (p VersionPath) key(ctx context.Context) apispec.Key {
	return apispec.Key{Tenant: p.scope(ctx).Tenant, Project: p.Project, API: p.API, Version: p.Version}
}

type listInput struct {
	ProjectPath
	httpserver.PageParams
}

type listOutput struct{ Body kernel.Page[apispec.API] }

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	page, err := a.APIs.List(ctx, in.scope(ctx), in.Page())
	return &listOutput{Body: page}, err
}

type apiOutput struct {
	Body struct {
		apispec.API

		Reference string `json:"reference" doc:"Where a browser reads the version's reference; with ?stage= that of a stage, where operations are tried."`
	}
}

func (a API) get(ctx context.Context, in *VersionPath) (*apiOutput, error) {
	k := in.key(ctx)
	one, err := a.APIs.Get(ctx, k)
	out := &apiOutput{}
	out.Body.API, out.Body.Reference = one, a.Address+apispecpage.Path(k)
	return out, err
}

type uploadInput struct {
	VersionPath
	Body struct {
		Source string `json:"source" minLength:"1" doc:"The OpenAPI document, 3.0 or 3.1, as YAML or JSON; every reference is inside of it."`
		Origin string `json:"origin,omitempty" maxLength:"300" doc:"Where it is from, such as a repository and a commit."`
	}
}

type uploadOutput struct {
	Body struct {
		apispec.Revision

		Report apispec.Report `json:"report" doc:"What the style guide says of it."`
	}
}

func (a API) upload(ctx context.Context, in *uploadInput) (*uploadOutput, error) {
	r, report, err := a.APIs.Upload(ctx, in.key(ctx), in.Body.Source, in.Body.Origin)
	out := &uploadOutput{}
	out.Body.Revision, out.Body.Report = r, report
	return out, err
}

type revisionsInput struct {
	VersionPath
	httpserver.PageParams
}

type revisionsOutput struct{ Body kernel.Page[apispec.Revision] }

func (a API) revisions(ctx context.Context, in *revisionsInput) (*revisionsOutput, error) {
	page, err := a.APIs.Revisions(ctx, in.key(ctx), in.Page())
	return &revisionsOutput{Body: page}, err
}

type documentInput struct {
	VersionPath
	Revision int64 `query:"revision" minimum:"0" doc:"The revision's number; the newest unless given."`
}

type documentOutput struct {
	Body struct {
		apispec.Revision

		Source string `json:"source" doc:"The document's text, as it was uploaded."`
	}
}

func (a API) document(ctx context.Context, in *documentInput) (*documentOutput, error) {
	r, err := a.APIs.Revision(ctx, in.key(ctx), in.Revision)
	out := &documentOutput{}
	out.Body.Revision, out.Body.Source = r, r.Source
	return out, err
}

type changesInput struct {
	VersionPath
	From        int64  `query:"from" minimum:"0" doc:"The older revision; unless given that before the newer one, or the newest of another version."`
	FromVersion string `query:"fromVersion" maxLength:"63" doc:"The version that the older revision is of; the same unless given."`
	To          int64  `query:"to" minimum:"0" doc:"The newer revision; the newest unless given."`
}

type changesOutput struct {
	Body struct {
		Changes  []change.Change `json:"changes"`
		Markdown string          `json:"markdown" doc:"The changes as a changelog."`
	}
}

func (a API) changes(ctx context.Context, in *changesInput) (*changesOutput, error) {
	to := in.key(ctx)
	from := to
	if in.FromVersion != "" {
		from.Version = in.FromVersion
	}
	all, err := a.APIs.Changes(ctx, from, in.From, to, in.To)
	if err != nil {
		return nil, err
	}
	out := &changesOutput{}
	out.Body.Changes, out.Body.Markdown = all, change.Markdown(in.API+" "+in.Version, all)
	return out, nil
}

type consumersInput struct {
	VersionPath
	Stage string `query:"stage" maxLength:"63" doc:"On this stage; on all unless given."`
	Days  int    `query:"days" minimum:"1" maximum:"400" default:"30" doc:"Of how many days, today included."`
}

type consumersOutput struct {
	Body struct {
		Consumers []apispec.Call `json:"consumers" doc:"The most calls first, a thousand at most; the day is the last on which there was one."`
	}
}

func (a API) consumers(ctx context.Context, in *consumersInput) (*consumersOutput, error) {
	all, err := a.APIs.Consumers(ctx, in.key(ctx), in.Stage, in.Days)
	out := &consumersOutput{}
	out.Body.Consumers = all
	return out, err
}

type lintInput struct {
	ProjectPath
	Body struct {
		Source string `json:"source" minLength:"1" doc:"The OpenAPI document."`
	}
}

type lintOutput struct{ Body apispec.Report }

func (a API) lint(ctx context.Context, in *lintInput) (*lintOutput, error) {
	report, err := a.APIs.Lint(ctx, in.scope(ctx), in.Body.Source)
	return &lintOutput{Body: report}, err
}

// Guide is a tenant's style guide.
type Guide struct {
	Source string            `json:"source" doc:"The tenant's own guide as YAML; empty where it has none."`
	Rules  []styleguide.Rule `json:"rules" doc:"The rules in force."`
}

type guideOutput struct{ Body Guide }

func (a API) guide(ctx context.Context, _ *struct{}) (*guideOutput, error) {
	source, rules, err := a.APIs.Guide(ctx, httpserver.ScopeParam{}.Scope(ctx).Tenant)
	out := &guideOutput{}
	out.Body.Source, out.Body.Rules = source, rules
	return out, err
}

type setGuideInput struct {
	Body struct {
		Source string `json:"source" doc:"The guide as YAML; empty is the shipped one again."`
	}
}

func (a API) setGuide(ctx context.Context, in *setGuideInput) (*guideOutput, error) {
	rules, err := a.APIs.SetGuide(ctx, httpserver.ScopeParam{}.Scope(ctx).Tenant, in.Body.Source)
	out := &guideOutput{}
	out.Body.Source, out.Body.Rules = in.Body.Source, rules
	return out, err
}
