package apiclient

import (
	"context"
	"net/http"
)

// Runs returns the newest runs of a project.
func (c *Client) Runs(ctx context.Context, project string, q ListRunsParams) ([]Run, error) {
	var page PageRun
	err := c.call(ctx, http.MethodGet, query(escape("projects", project, "runs"), q), nil, &page)
	return page.Items, err
}

// Run returns one run.
func (c *Client) Run(ctx context.Context, project, id string) (Run, error) {
	var r Run
	return r, c.call(ctx, http.MethodGet, escape("projects", project, "runs", id), nil, &r)
}

// Dossier returns what an approver needs to know about a run, and its digest.
func (c *Client) Dossier(ctx context.Context, project, id string) (GetDossierResponse, error) {
	var d GetDossierResponse
	return d, c.call(ctx, http.MethodGet, escape("projects", project, "runs", id, "dossier"), nil, &d)
}

// DossierPage returns a page of a run's dossier.
func (c *Client) DossierPage(ctx context.Context, project, id string, q GetDossierParams) (GetDossierResponse, error) {
	var d GetDossierResponse
	return d, c.call(ctx, http.MethodGet, query(escape("projects", project, "runs", id, "dossier"), q), nil, &d)
}

// Events calls fn for every event of a run; with follow until the run has ended.
func (c *Client) Events(ctx context.Context, project, id string, follow bool, fn func(RunEvent) error) error {
	path := query(escape("projects", project, "runs", id, "events"), StreamRunEventsParams{Follow: follow})
	return lines(ctx, c, path, fn)
}

// Approve approves the dossier with the digest.
func (c *Client) Approve(ctx context.Context, project, id string, in ApproveRunRequest) (Run, error) {
	return c.postRun(ctx, escape("projects", project, "runs", id, "approvals"), in)
}

// Override lets the dossier with the digest pass a gate that holds it.
func (c *Client) Override(ctx context.Context, project, id string, in OverrideRunRequest) (Run, error) {
	return c.postRun(ctx, escape("projects", project, "runs", id, "overrides"), in)
}

// Discard drops a run that has not begun to apply.
func (c *Client) Discard(ctx context.Context, project, id string, in DiscardRunRequest) (Run, error) {
	return c.postRun(ctx, escape("projects", project, "runs", id, "discard"), in)
}

// Cancel asks a run to stop; force kills it.
func (c *Client) Cancel(ctx context.Context, project, id string, in CancelRunRequest) (Run, error) {
	return c.postRun(ctx, escape("projects", project, "runs", id, "cancel"), in)
}

// Retry does again what a run did that failed, or was canceled or discarded.
func (c *Client) Retry(ctx context.Context, project, id string, in RetryRunRequest) (Run, error) {
	return c.postRun(ctx, escape("projects", project, "runs", id, "retry"), in)
}

func (c *Client) postRun(ctx context.Context, path string, in any) (Run, error) {
	var answer RunAnswer
	err := c.call(ctx, http.MethodPost, path, in, &answer)
	return answer.Run, err
}

// ExplainRun tells why a run is where it is, and what to do next.
func (c *Client) ExplainRun(ctx context.Context, project, id string) (RunExplanation, error) {
	var x RunExplanation
	return x, c.call(ctx, http.MethodGet, escape("projects", project, "runs", id, "explanation"), nil, &x)
}

// ExplainResource tells per stage what serves a resource of a workload, and why; stage "" is all.
func (c *Client) ExplainResource(ctx context.Context, project string, q ExplainResourceParams) ([]ResourceExplanation, error) {
	var answer ExplainResourceResponse
	err := c.call(ctx, http.MethodGet, query(escape("projects", project, "explanations", "resources"), q), nil, &answer)
	return answer.Items, err
}

// ExplainRelease tells to which stages a release may go, and why or why not; stage "" is all.
func (c *Client) ExplainRelease(ctx context.Context, project string, q ExplainReleaseParams) (RunReleaseExplanation, error) {
	var x RunReleaseExplanation
	return x, c.call(ctx, http.MethodGet, query(escape("projects", project, "explanations", "releases"), q), nil, &x)
}

// Outputs tells what a workload publishes and takes, and who takes from it; stage "" is all.
func (c *Client) Outputs(ctx context.Context, project, workload string, q GetOutputsParams) ([]StageOutputs, error) {
	var answer GetOutputsResponse
	err := c.call(ctx, http.MethodGet, query(escape("projects", project, "workloads", workload, "outputs"), q), nil, &answer)
	return answer.Items, err
}
