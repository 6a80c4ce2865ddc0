// Package focusapi serves real costs over HTTP: imports, rules of allocation,
// showback, anomalies and what is idle.
//
// It owns paths and wire types. It decides nothing; governance/focus does.
package focusapi

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

const (
	// maxImport bounds what is sent at once, in bytes; gzip may have far more in it.
	maxImport = 4 << 30
	maxRules  = 256 << 10
)

// API serves a focus service.
type API struct {
	Costs *focus.Service
}

// Register implements the room of the API.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "What costs are told by.", append(focus.Dimensions(), focus.ByService)...)
	httpserver.Enum(api, "Which of the costs of FOCUS is told.", focus.Effective, focus.Billed, focus.List)
	httpserver.Enum(api, "What becomes of a file with rows that cannot be read.", focus.Refuse, focus.Skip)
	httpserver.Enum(api, "By what a shared cost is divided.", focus.Even, focus.Proportional, focus.Fixed)
	take := operation("import-costs", http.MethodPost, "/imports", "Import billing files in the FOCUS format, 1.0 to 1.3, as CSV, plain or gzipped")
	take.Description = "What the files have of an account's billing period replaces all that was imported of it before, at one moment; where the import fails, nothing changes. Files may follow one another, each with its header."
	httpserver.Register(api, httpserver.UploadOperation(take, "application/octet-stream", maxImport), a.take)
	httpserver.Register(api, operation("list-cost-imports", http.MethodGet, "/imports", "List imports of costs, the newest first"), a.list)
	httpserver.Register(api, operation("forget-cost-import", http.MethodDelete, "/imports/{id}", "Take back what an import brought"), a.forget)
	httpserver.Register(api, operation("get-cost-rules", http.MethodGet, "/rules", "Get the rules by which costs are allocated"), a.rules)
	set := operation("set-cost-rules", http.MethodPut, "/rules", "Make the rules of allocation be as a document says")
	set.MaxBodyBytes = 2 * maxRules
	httpserver.Register(api, set, a.setRules)
	httpserver.Register(api, operation("get-showback", http.MethodGet, "/showback", "Tell who costs what in a month"), a.showback)
	httpserver.Register(api, operation("list-cost-anomalies", http.MethodGet, "/anomalies", "List days that are out of line, the newest first"), a.anomalies)
	httpserver.Register(api, operation("list-idle", http.MethodGet, "/idle", "List what seems to be paid for in vain"), a.idle)
}

func operation(id, method, path, summary string) huma.Operation {
	op := huma.Operation{OperationID: id, Method: method, Path: "/costs" + path, Summary: summary, Tags: []string{"costs"}}
	if method == http.MethodPost {
		op.DefaultStatus = http.StatusOK
	}
	return op
}

// tenant is the scope of what belongs to the whole tenant.
func tenant(ctx context.Context) kernel.Scope { return httpserver.ScopeParam{}.Scope(ctx) }

type importInput struct {
	httpserver.Upload
	Part    string        `query:"part" maxLength:"100" doc:"The part of the billing accounts that the files have, such as one subscription; all of them unless given."`
	OnError focus.OnError `query:"onError" doc:"refuse unless given."`
	DryRun  bool          `query:"dryRun" doc:"Look at the files, and keep nothing."`
	Files   []string      `query:"files" maxItems:"500" doc:"How problems name the files."`
}

type importOutput struct{ Body focus.Import }

func (a API) take(ctx context.Context, in *importInput) (*importOutput, error) {
	req := focus.ImportRequest{Files: in.Files, Part: in.Part, OnError: in.OnError, DryRun: in.DryRun}
	if req.OnError == "" {
		req.OnError = focus.Refuse
	}
	i, err := a.Costs.Import(ctx, tenant(ctx), in.Reader(), req)
	return &importOutput{Body: i}, err
}

type listOutput struct {
	Body kernel.Page[focus.Import]
}

func (a API) list(ctx context.Context, in *httpserver.PageParams) (*listOutput, error) {
	page, err := a.Costs.List(ctx, tenant(ctx), in.Page())
	return &listOutput{Body: page}, err
}

type idInput struct {
	ID string `path:"id" maxLength:"64" doc:"The import's id."`
}

func (a API) forget(ctx context.Context, in *idInput) (*struct{}, error) {
	return nil, a.Costs.Forget(ctx, tenant(ctx), in.ID)
}

type rulesOutput struct{ Body focus.Rules }

func (a API) rules(ctx context.Context, _ *struct{}) (*rulesOutput, error) {
	r, err := a.Costs.Rules(ctx, tenant(ctx))
	return &rulesOutput{Body: r}, err
}

type rulesInput struct {
	Body struct {
		File   string `json:"file,omitempty" maxLength:"500" doc:"How problems name the document."`
		Source string `json:"source" maxLength:"262144" doc:"The rules, in YAML."`
	}
}

func (a API) setRules(ctx context.Context, in *rulesInput) (*rulesOutput, error) {
	file := in.Body.File
	if file == "" {
		file = "the document"
	}
	r, err := a.Costs.SetRules(ctx, tenant(ctx), file, []byte(in.Body.Source))
	return &rulesOutput{Body: r}, err
}

type showbackInput struct {
	httpserver.ScopeParam
	Month string      `query:"month" maxLength:"7" doc:"The month of the billing periods, such as 2026-01; the newest unless given."`
	By    []string    `query:"by" maxItems:"7" doc:"What the lines are told by: tenant, project, stage, workload, costcenter, owner, service; project and stage unless given."`
	Basis focus.Basis `query:"basis" doc:"effective unless given."`
}

type showbackOutput struct{ Body focus.Showback }

func (a API) showback(ctx context.Context, in *showbackInput) (*showbackOutput, error) {
	q := focus.Query{Month: in.Month, Basis: in.Basis}
	known := append(focus.Dimensions(), focus.ByService)
	for _, by := range in.By {
		if !slices.Contains(known, focus.Dimension(by)) {
			return nil, kernel.Errorf(kernel.Invalid, "costs are not told by %q", by).WithFix("use tenant, project, stage, workload, costcenter, owner or service, as in %s", strings.Join([]string{"project", "stage"}, ","))
		}
		q.By = append(q.By, focus.Dimension(by))
	}
	r, err := a.Costs.Showback(ctx, in.Scope(ctx), q)
	return &showbackOutput{Body: r}, err
}

type anomaliesInput struct {
	httpserver.ScopeParam
	httpserver.PageParams
	Days      int     `query:"days" minimum:"1" maximum:"400" default:"30" doc:"How many of the last days are judged."`
	Threshold float64 `query:"threshold" minimum:"1" maximum:"100" default:"4" doc:"How many spreads from the median are an anomaly."`
	Minimum   float64 `query:"minimum" minimum:"0.01" default:"10" doc:"The smallest difference that is one, in units of the currency."`
}

type anomaliesOutput struct {
	Body struct {
		kernel.Page[focus.Anomaly]

		Method string `json:"method" doc:"How a day is judged."`
	}
}

func (a API) anomalies(ctx context.Context, in *anomaliesInput) (*anomaliesOutput, error) {
	looking := focus.Looking{Threshold: in.Threshold, Minimum: in.Minimum, Days: in.Days}
	page, err := a.Costs.AnomaliesPage(ctx, in.Scope(ctx), looking, in.Page())
	out := &anomaliesOutput{}
	out.Body.Page, out.Body.Method = page, looking.Method()
	return out, err
}

type idleInput struct {
	httpserver.ScopeParam
	Quiet int `query:"quietDays" minimum:"1" maximum:"3650" default:"30" doc:"After how many days without a deployment a stage is told."`
}

type idleOutput struct{ Body focus.IdleReport }

func (a API) idle(ctx context.Context, in *idleInput) (*idleOutput, error) {
	r, err := a.Costs.Idle(ctx, in.Scope(ctx), in.Quiet)
	return &idleOutput{Body: r}, err
}
