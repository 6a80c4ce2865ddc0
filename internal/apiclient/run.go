package apiclient

import (
	"context"
	"net/http"
	"strconv"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// RunFilter narrows a list of runs.
type RunFilter struct {
	Workload, Stage, Status string
	Limit                   int
}

// Runs returns the newest runs of a project.
func (c *Client) Runs(ctx context.Context, project string, f RunFilter) ([]Run, error) {
	var page kernel.Page[Run]
	path := query(escape("projects", project, "runs"), "workload", f.Workload, "stage", f.Stage, "status", f.Status, "limit", number(f.Limit))
	return page.Items, c.call(ctx, http.MethodGet, path, nil, &page)
}

// Run returns one run.
func (c *Client) Run(ctx context.Context, project, id string) (Run, error) {
	var r Run
	return r, c.call(ctx, http.MethodGet, escape("projects", project, "runs", id), nil, &r)
}

// Dossier returns what an approver needs to know about a run.
func (c *Client) Dossier(ctx context.Context, project, id string) (Dossier, error) {
	var answer struct {
		Digest  kernel.Digest `json:"digest"`
		Dossier Dossier       `json:"dossier"`
	}
	if err := c.call(ctx, http.MethodGet, escape("projects", project, "runs", id, "dossier"), nil, &answer); err != nil {
		return Dossier{}, err
	}
	answer.Dossier.Digest = answer.Digest
	return answer.Dossier, nil
}

// Events calls fn for every event of a run; with follow until the run has ended.
func (c *Client) Events(ctx context.Context, project, id string, follow bool, fn func(Event) error) error {
	path := query(escape("projects", project, "runs", id, "events"), "follow", yes(follow))
	return lines(ctx, c, path, fn)
}

// Approve approves the dossier with the digest.
func (c *Client) Approve(ctx context.Context, project, id string, digest kernel.Digest, reason string) (Run, error) {
	var r Run
	in := map[string]string{"digest": string(digest), "reason": reason}
	return r, c.runCall(ctx, project, id, "approvals", in, &r)
}

// Discard drops a run that has not begun to apply.
func (c *Client) Discard(ctx context.Context, project, id, reason string) (Run, error) {
	var r Run
	return r, c.runCall(ctx, project, id, "discard", map[string]string{"reason": reason}, &r)
}

// Cancel asks a run to stop; force kills it.
func (c *Client) Cancel(ctx context.Context, project, id, reason string, force bool) (Run, error) {
	var r Run
	return r, c.runCall(ctx, project, id, "cancel", map[string]any{"reason": reason, "force": force}, &r)
}

func (c *Client) runCall(ctx context.Context, project, id, verb string, in any, r *Run) error {
	return c.postRun(ctx, escape("projects", project, "runs", id, verb), in, r)
}

func (c *Client) postRun(ctx context.Context, path string, in any, r *Run) error {
	var answer struct {
		Run Run `json:"run"`
	}
	err := c.call(ctx, http.MethodPost, path, in, &answer)
	*r = answer.Run
	return err
}

// ExplainRun tells why a run is where it is, and what to do next.
func (c *Client) ExplainRun(ctx context.Context, project, id string) (RunExplanation, error) {
	var x RunExplanation
	return x, c.call(ctx, http.MethodGet, escape("projects", project, "runs", id, "explanation"), nil, &x)
}

// ExplainResource tells per stage what serves a resource of a workload, and why; stage "" is all.
func (c *Client) ExplainResource(ctx context.Context, project, workload, stage, resource string) ([]ResourceExplanation, error) {
	path := query(escape("projects", project, "explanations", "resources"), "workload", workload, "stage", stage, "resource", resource)
	var page kernel.Page[ResourceExplanation]
	return page.Items, c.call(ctx, http.MethodGet, path, nil, &page)
}

func yes(b bool) string {
	if b {
		return "true"
	}
	return ""
}

// number writes a number of a query, "" for 0.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
