package apiclient

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
)

// Compliance tells how what is applied stands against the policies, stack by stack.
func (c *Client) Compliance(ctx context.Context, p ListComplianceParams) ([]ComplianceStanding, error) {
	return all[ComplianceStanding](ctx, c, query(escape("compliance", "stacks"), p))
}

// ComplianceFindings lists what fails, is exempted or cannot be evaluated, the worst first.
func (c *Client) ComplianceFindings(ctx context.Context, p ListComplianceFindingsParams) ([]ComplianceFinding, error) {
	return all[ComplianceFinding](ctx, c, query(escape("compliance", "findings"), p))
}

// ComplianceFrameworks lists the frameworks that reports are made of.
func (c *Client) ComplianceFrameworks(ctx context.Context) ([]ComplianceFramework, error) {
	return all[ComplianceFramework](ctx, c, escape("compliance", "frameworks"))
}

// EvaluateCompliance has what is applied in a project held against the policies again.
func (c *Client) EvaluateCompliance(ctx context.Context, project string, in EvaluateComplianceRequest) (ComplianceAsked, error) {
	var a ComplianceAsked
	return a, c.call(ctx, http.MethodPost, escape("projects", project, "compliance", "evaluations"), in, &a)
}

// PreviewPolicies tells what packed policies would find, line by line.
func (c *Client) PreviewPolicies(ctx context.Context, p PreviewPoliciesParams, packed []byte, fn func(ComplianceProgress) error) error {
	res, err := c.send(ctx, http.MethodPost, query(escape("compliance", "preview"), p), "application/gzip", bytes.NewReader(packed), int64(len(packed))) //nolint:bodyclose // each closes it
	if err != nil {
		return err
	}
	return each(ctx, c, res, fn)
}

// PreviewPolicyLevels tells what a level for policies would change, line by line.
func (c *Client) PreviewPolicyLevels(ctx context.Context, p PreviewPolicyLevelsParams, in PreviewPolicyLevelsRequest, fn func(ComplianceProgress) error) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	res, err := c.send(ctx, http.MethodPost, query(escape("compliance", "preview", "levels"), p), "application/json", bytes.NewReader(body), int64(len(body))) //nolint:bodyclose // each closes it
	if err != nil {
		return err
	}
	return each(ctx, c, res, fn)
}

// ComplianceReport tells how the controls of a framework stand.
func (c *Client) ComplianceReport(ctx context.Context, p GetComplianceReportParams) (ComplianceReport, error) {
	var r ComplianceReport
	return r, c.callWithin(ctx, stateTimeout, http.MethodGet, query(escape("compliance", "report"), p), nil, &r)
}

// ExportComplianceReport copies a report as HTML or CSV to w.
func (c *Client) ExportComplianceReport(ctx context.Context, p ExportComplianceReportParams, w io.Writer) error {
	res, err := c.send(ctx, http.MethodGet, query(escape("compliance", "report", "export"), p), "", nil, -1)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(w, res.Body); err != nil {
		return c.unreachable(ctx, err)
	}
	return nil
}
