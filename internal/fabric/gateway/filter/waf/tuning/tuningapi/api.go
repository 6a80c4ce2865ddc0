// Package tuningapi serves what the firewall found over HTTP.
//
// It owns paths and wire types. It decides nothing; package tuning does.
package tuningapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/tuning"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves findings.
type API struct{ Tuning *tuning.Service }

// Register adds the room's operations.
func (a API) Register(api huma.API) {
	httpserver.Register(api, operation("list-waf-findings", "/findings", "List what the firewall's rules matched in the requests of routes"), a.findings)
	httpserver.Register(api, operation("estimate-waf-refusals", "/what-if", "Say how many of the requests that were seen other settings would have refused"), a.estimates)
	httpserver.Register(api, operation("propose-waf-exclusion", "/exclusion", "Write the policy that keeps rules from looking at something"), a.propose)
}

func operation(id, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: http.MethodGet, Path: "/gateway/waf" + path, Summary: summary, Tags: []string{"gateway"}}
}

// WafRoutes says of which routes something is asked.
type WafRoutes struct {
	Project string `query:"project" maxLength:"63" doc:"The project; the whole tenant unless given."`
	Stage   string `query:"stage" maxLength:"63" doc:"The stage; all of the project unless given."`
	Route   string `query:"route" maxLength:"253" doc:"Only this route."`
	Days    int    `query:"days" minimum:"1" maximum:"30" doc:"How many days, today among them; 7 unless given."`
}

// usual is of how many days is told unless that is asked for.
const usual = 7

func (w WafRoutes) days() int {
	if w.Days == 0 {
		return usual
	}
	return w.Days
}

func scope(ctx context.Context, project, stage string) kernel.Scope {
	s := httpserver.ScopeParam{Project: project}.Scope(ctx)
	s.Stage = stage
	return s
}

type findingsInput struct {
	WafRoutes
	httpserver.PageParams
	Rule int `query:"rule" minimum:"0" doc:"Only what this rule found."`
}

type findingsOutput struct{ Body kernel.Page[tuning.Finding] }

func (a API) findings(ctx context.Context, in *findingsInput) (*findingsOutput, error) {
	n := tuning.Narrow{Route: in.Route, Rule: in.Rule, Days: in.days()}
	page, err := a.Tuning.Findings(ctx, scope(ctx, in.Project, in.Stage), n, in.Page())
	return &findingsOutput{Body: page}, err
}

type estimatesInput struct {
	WafRoutes
	httpserver.PageParams
	Level     int `query:"paranoiaLevel" minimum:"1" maximum:"4" doc:"Only this paranoia level; all that were asked unless given."`
	Threshold int `query:"inboundThreshold" minimum:"1" maximum:"100" doc:"Only this threshold; usual ones unless given."`
}

type estimatesOutput struct{ Body kernel.Page[tuning.Estimate] }

func (a API) estimates(ctx context.Context, in *estimatesInput) (*estimatesOutput, error) {
	n := tuning.Narrow{Route: in.Route, Days: in.days()}
	page, err := a.Tuning.Estimates(ctx, scope(ctx, in.Project, in.Stage), n, in.Level, in.Threshold, in.Page())
	return &estimatesOutput{Body: page}, err
}

type proposeInput struct {
	Project string `query:"project" required:"true" minLength:"1" maxLength:"63" doc:"The project."`
	Stage   string `query:"stage" required:"true" minLength:"1" maxLength:"63" doc:"The stage."`
	Route   string `query:"route" required:"true" minLength:"1" maxLength:"253" doc:"The route."`
	Rules   []int  `query:"rule" maxItems:"256" doc:"The rules; those that refused requests because of the target unless given."`
	Target  string `query:"target" maxLength:"200" doc:"Where they are not to look; nowhere unless given."`
	Path    string `query:"pathPrefix" maxLength:"1000" doc:"The path under which that holds; everywhere unless given."`
	Own     bool   `query:"own" doc:"Write a policy of the route's own instead of the one that holds now."`
	Days    int    `query:"days" minimum:"1" maximum:"30" doc:"Of how many days findings count; 30 unless given."`
}

type proposeOutput struct{ Body tuning.Proposal }

// all is of how many days findings are kept.
const all = 30

func (a API) propose(ctx context.Context, in *proposeInput) (*proposeOutput, error) {
	w := tuning.Wish{Route: in.Route, Rules: in.Rules, Target: in.Target, Path: in.Path, Own: in.Own, Days: in.Days}
	if w.Days == 0 {
		w.Days = all
	}
	p, err := a.Tuning.Propose(ctx, scope(ctx, in.Project, in.Stage), w)
	return &proposeOutput{Body: p}, err
}
