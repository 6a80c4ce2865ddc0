package apiclient

import (
	"context"
	"net/http"
)

// Budgets returns the budgets that bound a project, or all of the tenant for "". A tenant,
// here and below, is for operators of the platform; "" is the caller's own.
func (c *Client) Budgets(ctx context.Context, tenant, project string) ([]BudgetStatus, error) {
	return all[BudgetStatus](ctx, c, query(escape("budgets"), ListBudgetsParams{Tenant: tenant, Project: project}))
}

// Budget returns a budget with what its month is going to cost.
func (c *Client) Budget(ctx context.Context, tenant, name string) (BudgetStatus, error) {
	var b BudgetStatus
	return b, c.call(ctx, http.MethodGet, query(escape("budgets", name), GetBudgetParams{Tenant: tenant}), nil, &b)
}

// SetBudget makes a budget, or changes it.
func (c *Client) SetBudget(ctx context.Context, tenant, name string, in SetBudgetRequest) (SetBudgetResponse, error) {
	var b SetBudgetResponse
	return b, c.call(ctx, http.MethodPut, query(escape("budgets", name), SetBudgetParams{Tenant: tenant}), in, &b)
}

// DeleteBudget ends a budget.
func (c *Client) DeleteBudget(ctx context.Context, tenant, name, reason string) error {
	return c.call(ctx, http.MethodDelete, query(escape("budgets", name), DeleteBudgetParams{Tenant: tenant, Reason: reason}), nil, nil)
}

// BudgetHistory returns what a budget was, the newest first.
func (c *Client) BudgetHistory(ctx context.Context, tenant, name string) ([]BudgetRevision, error) {
	return all[BudgetRevision](ctx, c, query(escape("budgets", name, "history"), ListBudgetHistoryParams{Tenant: tenant}))
}

// AcceptBudgetClock makes the clock of now the one that budgets go by.
func (c *Client) AcceptBudgetClock(ctx context.Context, in AcceptBudgetClockRequest) error {
	return c.call(ctx, http.MethodPost, escape("budgets", "clock"), in, nil)
}
