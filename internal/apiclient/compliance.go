package apiclient

import (
	"bytes"
	"context"
	"encoding/json"
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

// EvaluateCompliance has what is applied in a project held against the policies again.
func (c *Client) EvaluateCompliance(ctx context.Context, project string, in EvaluateComplianceRequest) (ComplianceAsked, error) {
	var a ComplianceAsked
	return a, c.call(ctx, http.MethodPost, escape("projects", project, "compliance", "evaluations"), in, &a)
}

// PreviewPolicies tells what packed policies would find, line by line.
func (c *Client) PreviewPolicies(ctx context.Context, p PreviewPoliciesParams, packed []byte, fn func(ComplianceProgress) error) error {
	res, err := c.send(ctx, http.MethodPost, query(escape("compliance", "preview"), p), "application/gzip", bytes.NewReader(packed), int64(len(packed)))
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
	res, err := c.send(ctx, http.MethodPost, query(escape("compliance", "preview", "levels"), p), "application/json", bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return err
	}
	return each(ctx, c, res, fn)
}
