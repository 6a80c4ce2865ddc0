package apiclient

import (
	"context"
	"io"
	"net/http"
)

// maxPolicyAnswer bounds what policies say of a large plan, in bytes.
const maxPolicyAnswer = 512 << 20

// policies is a path below the policies, about a project or, where that is empty,
// the tenant.
func policies(project string, segments ...string) string {
	return query(escape(append([]string{"policies"}, segments...)...), GetExemptionParams{Project: project})
}

// RequestExemption asks for an exemption from policies.
func (c *Client) RequestExemption(ctx context.Context, project string, in RequestExemptionRequest) (PolicyExemption, error) {
	var e PolicyExemption
	return e, c.call(ctx, http.MethodPost, policies(project, "exemptions"), in, &e)
}

// Exemptions returns the exemptions of a project and of the tenant.
func (c *Client) Exemptions(ctx context.Context, q ListExemptionsParams) ([]PolicyExemption, error) {
	return all[PolicyExemption](ctx, c, query(escape("policies", "exemptions"), q))
}

// Exemption returns one exemption.
func (c *Client) Exemption(ctx context.Context, project, id string) (PolicyExemption, error) {
	var e PolicyExemption
	return e, c.call(ctx, http.MethodGet, policies(project, "exemptions", id), nil, &e)
}

// ApproveExemption makes an exemption count until it expires.
func (c *Client) ApproveExemption(ctx context.Context, project, id, reason string) (PolicyExemption, error) {
	var e PolicyExemption
	return e, c.call(ctx, http.MethodPost, policies(project, "exemptions", id, "approve"), ExemptionApproval{Reason: reason}, &e)
}

// RevokeExemption ends an exemption, or a request for one.
func (c *Client) RevokeExemption(ctx context.Context, project, id, reason string) (PolicyExemption, error) {
	var e PolicyExemption
	return e, c.call(ctx, http.MethodPost, policies(project, "exemptions", id, "revoke"), PolicyWithdrawal{Reason: reason}, &e)
}

// AssignPolicies gives policies a stricter level somewhere.
func (c *Client) AssignPolicies(ctx context.Context, project string, in AssignPoliciesRequest) (PolicyEffect, error) {
	var e PolicyEffect
	return e, c.call(ctx, http.MethodPost, policies(project, "assignments"), in, &e)
}

// Assignments returns the levels that are assigned.
func (c *Client) Assignments(ctx context.Context, project string) (Assignments, error) {
	var a Assignments
	return a, c.call(ctx, http.MethodGet, policies(project, "assignments"), nil, &a)
}

// AssignmentVersions returns all versions of an assignment, the newest first.
func (c *Client) AssignmentVersions(ctx context.Context, project, id string) ([]PolicySetting, error) {
	var a AssignmentVersions
	return a.Items, c.call(ctx, http.MethodGet, policies(project, "assignments", id, "versions"), nil, &a)
}

// RemoveAssignment removes an assignment.
func (c *Client) RemoveAssignment(ctx context.Context, project, id, reason string) (PolicySetting, error) {
	var v PolicySetting
	return v, c.call(ctx, http.MethodPost, policies(project, "assignments", id, "remove"), PolicyWithdrawal{Reason: reason}, &v)
}

// EvaluatePolicies has a plan or a state held against the policies that are in force.
func (c *Client) EvaluatePolicies(ctx context.Context, p EvaluatePoliciesParams, document io.Reader) (PolicyAnswer, error) {
	var a PolicyAnswer
	res, err := c.send(ctx, http.MethodPost, query(escape("policies", "evaluate"), p), "application/octet-stream", document, -1) //nolint:bodyclose // decode or drain closes it
	if err != nil {
		return a, err
	}
	defer drain(res.Body)
	return a, decodeWithin(maxPolicyAnswer, res, &a)
}

// Policies returns the policies that are in force.
func (c *Client) Policies(ctx context.Context, p ListPoliciesParams) ([]PolicyInForce, error) {
	return all[PolicyInForce](ctx, c, query(escape("policies"), p))
}

// PolicyState tells how the sources of policies are.
func (c *Client) PolicyState(ctx context.Context, project string) (PolicyState, error) {
	var s PolicyState
	return s, c.call(ctx, http.MethodGet, policies(project, "state"), nil, &s)
}
