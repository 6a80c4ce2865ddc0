package apiclient

import (
	"context"
	"io"
	"net/http"
)

// ImportCosts uploads billing files, one after the other, plain or gzipped.
func (c *Client) ImportCosts(ctx context.Context, p ImportCostsParams, files io.Reader) (FocusImport, error) {
	var i FocusImport
	res, err := c.send(ctx, http.MethodPost, query(escape("costs", "imports"), p), "application/octet-stream", files, -1) //nolint:bodyclose // decode or drain closes it
	if err != nil {
		return i, err
	}
	defer drain(res.Body)
	return i, decode(res, &i)
}

// CostImports returns the imports of costs, the newest first.
func (c *Client) CostImports(ctx context.Context) ([]FocusImport, error) {
	return all[FocusImport](ctx, c, escape("costs", "imports"))
}

// ForgetCostImport takes back what an import brought.
func (c *Client) ForgetCostImport(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, escape("costs", "imports", id), nil, nil)
}

// CostRules returns the rules of allocation.
func (c *Client) CostRules(ctx context.Context) (FocusRules, error) {
	var r FocusRules
	return r, c.call(ctx, http.MethodGet, escape("costs", "rules"), nil, &r)
}

// SetCostRules makes the rules of allocation be as a document says.
func (c *Client) SetCostRules(ctx context.Context, in SetCostRulesRequest) (FocusRules, error) {
	var r FocusRules
	return r, c.call(ctx, http.MethodPut, escape("costs", "rules"), in, &r)
}

// Showback tells who costs what in a month.
func (c *Client) Showback(ctx context.Context, p GetShowbackParams) (FocusShowback, error) {
	var r FocusShowback
	return r, c.callWithin(ctx, stateTimeout, http.MethodGet, query(escape("costs", "showback"), p), nil, &r)
}

// CostAnomalies returns days that are out of line, the newest first, and how they are
// found.
func (c *Client) CostAnomalies(ctx context.Context, p ListCostAnomaliesParams) ([]FocusAnomaly, string, error) {
	found := []FocusAnomaly{}
	for {
		var r ListCostAnomaliesResponse
		if err := c.callWithin(ctx, stateTimeout, http.MethodGet, query(escape("costs", "anomalies"), p), nil, &r); err != nil {
			return nil, "", err
		}
		found = append(found, r.Items...)
		if r.Next == "" || r.Next == p.Cursor {
			return found, r.Method, nil
		}
		p.Cursor = r.Next
	}
}

// Idle returns what seems to be paid for in vain.
func (c *Client) Idle(ctx context.Context, p ListIdleParams) (FocusIdleReport, error) {
	var r FocusIdleReport
	return r, c.callWithin(ctx, stateTimeout, http.MethodGet, query(escape("costs", "idle"), p), nil, &r)
}

// Maturity assesses the capabilities of FinOps.
func (c *Client) Maturity(ctx context.Context) (MaturityAssessment, error) {
	var a MaturityAssessment
	return a, c.callWithin(ctx, stateTimeout, http.MethodGet, escape("costs", "maturity"), nil, &a)
}

// AnswerMaturity answers what the platform cannot measure.
func (c *Client) AnswerMaturity(ctx context.Context, in AnswerMaturityRequest) (MaturityAssessment, error) {
	var a MaturityAssessment
	return a, c.callWithin(ctx, stateTimeout, http.MethodPost, escape("costs", "maturity", "answers"), in, &a)
}
