// Package budgetapi serves budgets and their forecasts over HTTP.
//
// It owns paths and wire types. It decides nothing; governance/budget does.
package budgetapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/governance/budget"
	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves a budget service.
type API struct{ Budgets *budget.Service }

// Register implements the room of the API.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "What becomes of a run that would exceed a budget.", budget.Levels()...)
	httpserver.Register(api, operation("list-budgets", http.MethodGet, "", "List the budgets that the caller may read, with what their months are going to cost"), a.list)
	httpserver.Register(api, operation("get-budget", http.MethodGet, "/{name}", "Show a budget with what its month is going to cost"), a.get)
	httpserver.Register(api, operation("set-budget", http.MethodPut, "/{name}", "Make a budget, or change it"), a.set)
	httpserver.Register(api, operation("delete-budget", http.MethodDelete, "/{name}", "Delete a budget; its history stays"), a.remove)
	httpserver.Register(api, operation("list-budget-history", http.MethodGet, "/{name}/history", "List what a budget was, the newest first"), a.history)
	accept := operation("accept-budget-clock", http.MethodPost, "/clock", "Make the clock of now the one that budgets go by, after it was wrong")
	accept.DefaultStatus = http.StatusNoContent
	httpserver.Register(api, accept, a.accept)
}

func operation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: "/budgets" + path, Summary: summary, Tags: []string{"budgets"}}
}

func tenant(ctx context.Context) kernel.Scope { return httpserver.ScopeParam{}.Scope(ctx) }

// NamePath is the path of a budget.
type NamePath struct {
	Name string `path:"name" maxLength:"63" doc:"The budget's name."`
}

// Of says whose budgets are meant.
type Of struct {
	Tenant string `query:"tenant" maxLength:"63" doc:"The tenant, for operators of the platform; the caller's own unless given."`
}

func (o Of) scope(ctx context.Context) kernel.Scope {
	if o.Tenant != "" {
		return kernel.Scope{Tenant: o.Tenant}
	}
	return tenant(ctx)
}

type oneInput struct {
	NamePath
	Of
}

type statusOutput struct{ Body budget.Status }

type listInput struct {
	Of
	httpserver.ScopeParam
	httpserver.PageParams
}

type listOutput struct{ Body kernel.Page[budget.Status] }

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	scope := in.ScopeParam.Scope(ctx)
	if in.Tenant != "" {
		scope.Tenant = in.Tenant
	}
	page, err := a.Budgets.List(ctx, scope, in.Page())
	return &listOutput{Body: page}, err
}

func (a API) get(ctx context.Context, in *oneInput) (*statusOutput, error) {
	st, err := a.Budgets.Get(ctx, in.scope(ctx), in.Name)
	return &statusOutput{Body: st}, err
}

type setInput struct {
	NamePath
	Tenant string `query:"tenant" maxLength:"63" doc:"Of this tenant, by an operator of the platform: the tenant sees the budget, and does not change it. The caller's own unless given."`
	Body   struct {
		Project    string       `json:"project,omitempty" maxLength:"63" doc:"Of which project; the whole tenant unless given."`
		Stage      string       `json:"stage,omitempty" maxLength:"63" doc:"Of which stage; all unless given."`
		Workload   string       `json:"workload,omitempty" maxLength:"63" doc:"Of which workload; all unless given."`
		Amount     focus.Amount `json:"amount" doc:"How much may be spent in a calendar month."`
		Currency   string       `json:"currency,omitempty" maxLength:"40" doc:"The currency by its code; USD unless given."`
		Zone       string       `json:"zone,omitempty" maxLength:"100" doc:"The time zone of the month, such as Europe/Berlin; UTC unless given."`
		Level      budget.Level `json:"level,omitempty" doc:"warn unless given."`
		Unpriced   budget.Level `json:"unpriced,omitempty" doc:"What becomes of a run of which it cannot be told what it adds; as the server is configured unless given."`
		Thresholds []int        `json:"thresholds,omitempty" maxItems:"20" doc:"Percentages at which a warning is told; 50, 80 and 100 unless given."`
		Reason     string       `json:"reason,omitempty" maxLength:"2000"`
	}
}

type budgetOutput struct {
	Body struct {
		budget.Budget

		Warnings []string `json:"warnings" doc:"What keeps the budget from being held against."`
	}
}

func (a API) set(ctx context.Context, in *setInput) (*budgetOutput, error) {
	b := in.Body
	done, err := a.Budgets.Set(ctx, Of{in.Tenant}.scope(ctx), budget.Budget{
		Platform: in.Tenant != "",
		Name:     in.Name, Project: b.Project, Stage: b.Stage, Workload: b.Workload, Amount: b.Amount, Currency: b.Currency, Zone: b.Zone,
		Level: b.Level, Unpriced: b.Unpriced, Thresholds: b.Thresholds,
	}, b.Reason)
	if err != nil {
		return nil, err
	}
	out := &budgetOutput{}
	out.Body.Budget, out.Body.Warnings = done, a.Budgets.Doubts(done)
	return out, nil
}

type removeInput struct {
	NamePath
	Of
	Reason string `query:"reason" maxLength:"2000" doc:"Why; it is kept in the audit log."`
}

func (a API) remove(ctx context.Context, in *removeInput) (*struct{}, error) {
	return nil, a.Budgets.Delete(ctx, in.scope(ctx), in.Name, in.Reason)
}

type historyInput struct {
	NamePath
	Of
	httpserver.PageParams
}

type historyOutput struct{ Body kernel.Page[budget.Revision] }

func (a API) history(ctx context.Context, in *historyInput) (*historyOutput, error) {
	page, err := a.Budgets.History(ctx, in.scope(ctx), in.Name, in.Page())
	return &historyOutput{Body: page}, err
}

type acceptInput struct {
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"2000"`
	}
}

func (a API) accept(ctx context.Context, in *acceptInput) (*struct{}, error) {
	return nil, a.Budgets.AcceptClock(ctx, tenant(ctx), in.Body.Reason)
}
