package apiclient

import (
	"context"
	"net/http"
)

// rules is the path of a project's rules, or of the tenant's where the project
// is empty.
func rules(project string, segments ...string) string {
	return query(escape(append([]string{"rules"}, segments...)...), GetRuleParams{Project: project})
}

// Rules returns the rules of a project, or of the tenant.
func (c *Client) Rules(ctx context.Context, project string) ([]AutomationRule, error) {
	return all[AutomationRule](ctx, c, rules(project))
}

// Rule returns one rule.
func (c *Client) Rule(ctx context.Context, project, name string) (AutomationRule, error) {
	var r AutomationRule
	return r, c.call(ctx, http.MethodGet, rules(project, name), nil, &r)
}

// ApplyRule makes a rule be as a document says.
func (c *Client) ApplyRule(ctx context.Context, project string, in ApplyRuleRequest) (AutomationRule, error) {
	var r AutomationRule
	return r, c.call(ctx, http.MethodPost, rules(project), in, &r)
}

// DeleteRule removes a rule with its history.
func (c *Client) DeleteRule(ctx context.Context, project, name string) error {
	return c.call(ctx, http.MethodDelete, rules(project, name), nil, nil)
}

// RuleHistory returns what a rule was for and what became of it.
func (c *Client) RuleHistory(ctx context.Context, project, name string, outcome AutomationOutcome, limit int64) ([]AutomationFiring, error) {
	var page PageAutomationFiring
	path := query(escape("rules", name, "history"), ListFiringsParams{Project: project, Outcome: outcome, Limit: limit})
	return page.Items, c.call(ctx, http.MethodGet, path, nil, &page)
}
