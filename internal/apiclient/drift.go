package apiclient

import (
	"context"
	"net/http"
)

// RequestDriftChecks asks for checks of a stage, of one workload unless it is "".
func (c *Client) RequestDriftChecks(ctx context.Context, project, stage, workload string) ([]DriftCheck, error) {
	var answer DriftChecks
	in := RequestDriftChecksRequest{Stage: stage, Workload: workload}
	err := c.call(ctx, http.MethodPost, escape("projects", project, "drift", "checks"), in, &answer)
	return answer.Checks, err
}

// DriftCheck returns one check.
func (c *Client) DriftCheck(ctx context.Context, project, id string) (DriftCheck, error) {
	var check DriftCheck
	return check, c.call(ctx, http.MethodGet, escape("projects", project, "drift", "checks", id), nil, &check)
}

// Drifts returns what was changed outside, the newest first.
func (c *Client) Drifts(ctx context.Context, project string, q ListDriftParams) ([]Drift, error) {
	return all[Drift](ctx, c, query(escape("projects", project, "drift"), q))
}

// Drift returns one finding.
func (c *Client) Drift(ctx context.Context, project, id string) (Drift, error) {
	var d Drift
	return d, c.call(ctx, http.MethodGet, escape("projects", project, "drift", id), nil, &d)
}

// DriftCounts counts what is not resolved.
func (c *Client) DriftCounts(ctx context.Context, project string) ([]DriftCount, error) {
	var answer DriftCounts
	err := c.call(ctx, http.MethodGet, escape("projects", project, "drift", "counts"), nil, &answer)
	return answer.Items, err
}

// AcceptDrift records what is there as the truth, by a run.
func (c *Client) AcceptDrift(ctx context.Context, project string, in DriftDecisionRequest) (DriftOutcome, error) {
	var out DriftOutcome
	return out, c.call(ctx, http.MethodPost, escape("projects", project, "drift", "accept"), in, &out)
}

// RevertDrift puts back what was changed, by a run.
func (c *Client) RevertDrift(ctx context.Context, project string, in DriftDecisionRequest) (DriftOutcome, error) {
	var out DriftOutcome
	return out, c.call(ctx, http.MethodPost, escape("projects", project, "drift", "revert"), in, &out)
}

// IgnoreDrift leaves a finding alone until a moment.
func (c *Client) IgnoreDrift(ctx context.Context, project, id string, in IgnoreDriftRequest) (Drift, error) {
	var d Drift
	return d, c.call(ctx, http.MethodPost, escape("projects", project, "drift", id, "ignore"), in, &d)
}
