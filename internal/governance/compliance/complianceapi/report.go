package complianceapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/governance/compliance"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerReports(api huma.API) {
	httpserver.Register(api, operation("list-compliance-frameworks", http.MethodGet, "/frameworks", "List the frameworks that reports are made of"), a.frameworks)
	httpserver.Register(api, operation("get-compliance-report", http.MethodGet, "/report", "Tell how the controls of a framework stand, by project and stage, and how that went"), a.report)
	export := operation("export-compliance-report", http.MethodGet, "/report/export", "Get a report as a page to print, or as CSV")
	text := &huma.Schema{Type: "string"}
	export.Responses = map[string]*huma.Response{"200": {
		Description: "HTML that needs nothing else, or CSV with a line for each control, project and stage.",
		Content:     map[string]*huma.MediaType{"text/html": {Schema: text}, "text/csv": {Schema: text}},
	}}
	httpserver.Register(api, export, a.export)
}

// ReportQuery asks for a report.
type ReportQuery struct {
	httpserver.ScopeParam

	Framework string `query:"framework" required:"true" maxLength:"40" doc:"mcsb, cis-azure-3.0.0 or iso-27001-2022, or how one of them begins."`
	Stage     string `query:"stage" maxLength:"63" doc:"Only of this stage."`
	Workload  string `query:"workload" maxLength:"63" doc:"Only of this workload."`
	From      string `query:"from" maxLength:"10" doc:"The first day, such as 2026-01-31; thirty days before the last unless given."`
	To        string `query:"to" maxLength:"10" doc:"The last day; today unless given."`
}

func (q ReportQuery) query() (compliance.ReportQuery, error) {
	out := compliance.ReportQuery{Framework: q.Framework, Filter: compliance.Filter{Project: q.Project, Stage: q.Stage, Workload: q.Workload}}
	var err error
	if out.From, err = dayOf("from", q.From); err != nil {
		return out, err
	}
	out.To, err = dayOf("to", q.To)
	return out, err
}

func dayOf(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return at, kernel.Errorf(kernel.Invalid, "%q is no day", text).WithFix("write it as 2026-01-31").
			WithProblems(kernel.Problem{Path: "query." + name, Message: "it is no day"})
	}
	return at, nil
}

type frameworksInput struct{ httpserver.ScopeParam }

type frameworksOutput struct {
	Body kernel.Page[compliance.Framework]
}

func (a API) frameworks(ctx context.Context, in *frameworksInput) (*frameworksOutput, error) {
	all, err := a.Compliance.Frameworks(ctx, in.Scope(ctx))
	return &frameworksOutput{Body: kernel.Page[compliance.Framework]{Items: all}}, err
}

type reportOutput struct{ Body compliance.Report }

func (a API) report(ctx context.Context, in *ReportQuery) (*reportOutput, error) {
	r, err := a.read(ctx, *in)
	return &reportOutput{Body: r}, err
}

func (a API) read(ctx context.Context, in ReportQuery) (compliance.Report, error) {
	q, err := in.query()
	if err != nil {
		return compliance.Report{}, err
	}
	return a.Compliance.Report(ctx, in.Scope(ctx), q)
}

type exportInput struct {
	ReportQuery

	Format string `query:"format" enum:"html,csv" default:"html" doc:"html or csv."`
}

func (a API) export(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
	r, err := a.read(ctx, in.ReportQuery)
	if err != nil {
		return nil, err
	}
	media, write := "text/html; charset=utf-8", writeHTML
	if in.Format == "csv" {
		media, write = "text/csv; charset=utf-8", writeCSV
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", media)
		hc.SetHeader("Content-Disposition", `attachment; filename="compliance-`+r.Framework+`.`+in.Format+`"`)
		hc.SetHeader("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		_ = write(hc.BodyWriter(), r) // who left gets nothing
	}}, nil
}
