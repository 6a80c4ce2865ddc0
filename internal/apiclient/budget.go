package apiclient

import (
	"context"
	"net/http"
)

// Budgets returns the budgets that bound a project, or all of the tenant for "".
func (c *Client) Budgets(ctx context.Context, project string) ([]BudgetStatus, error) {
	return all[BudgetStatus](ctx, c, query(escape("budgets"), ListBudgetsParams{Project: project}))
}

// Budget returns a budget with what its month is going to cost.
func (c *Client) Budget(ctx context.Context, name string) (BudgetStatus, error) {
	var b BudgetStatus
	return b, c.call(ctx, http.MethodGet, escape("budgets", name), nil, &b)
}

// SetBudget makes a budget, or changes it.
func (c *Client) SetBudget(ctx context.Context, name string, in SetBudgetRequest) (SetBudgetResponse, error) {
	var b SetBudgetResponse
	return b, c.call(ctx, http.MethodPut, escape("budgets", name), in, &b)
}

// DeleteBudget ends a budget.
func (c *Client) DeleteBudget(ctx context.Context, name, reason string) error {
	return c.call(ctx, http.MethodDelete, query(escape("budgets", name), DeleteBudgetParams{Reason: reason}), nil, nil)
}

// BudgetHistory returns what a budget was, the newest first.
func (c *Client) BudgetHistory(ctx context.Context, name string) ([]BudgetRevision, error) {
	return all[BudgetRevision](ctx, c, escape("budgets", name, "history"))
}

// AcceptBudgetClock makes the clock of now the one that budgets go by.
func (c *Client) AcceptBudgetClock(ctx context.Context, in AcceptBudgetClockRequest) error {
	return c.call(ctx, http.MethodPost, escape("budgets", "clock"), in, nil)
}
