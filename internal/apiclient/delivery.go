package apiclient

import (
	"context"
	"io"
	"net/http"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Deployment asks for a release of a workload and its deployment.
type Deployment struct {
	Score     string                   `json:"score"`
	Stage     string                   `json:"stage"`
	Version   string                   `json:"version,omitempty"`
	Artifacts map[string]kernel.Digest `json:"artifacts,omitempty"`
	Reason    string                   `json:"reason,omitempty"`
}

// Deploy makes a release and starts its run.
func (c *Client) Deploy(ctx context.Context, project string, d Deployment) (Run, error) {
	var r Run
	return r, c.postRun(ctx, escape("projects", project, "deployments"), d, &r)
}

// Promote carries a release to the stage; release "" is the one in the stage before.
func (c *Client) Promote(ctx context.Context, project, workload, stage, release, reason string) (Run, error) {
	var r Run
	in := map[string]string{"to": stage}
	return r, c.postRun(ctx, escape("projects", project, "workloads", workload, "promotions"), with(in, "release", release, "reason", reason), &r)
}

// Rollback goes back to the release, "" is the one before.
func (c *Client) Rollback(ctx context.Context, project, workload, stage, release, reason string) (Run, error) {
	var r Run
	in := map[string]string{"stage": stage}
	return r, c.postRun(ctx, escape("projects", project, "workloads", workload, "rollbacks"), with(in, "release", release, "reason", reason), &r)
}

// Destroy removes a workload from a stage.
func (c *Client) Destroy(ctx context.Context, project, workload, stage, reason string) (Run, error) {
	var r Run
	in := map[string]string{"stage": stage}
	return r, c.postRun(ctx, escape("projects", project, "workloads", workload, "destructions"), with(in, "reason", reason), &r)
}

// with adds the pairs that are not empty.
func with(in map[string]string, pairs ...string) map[string]string {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			in[pairs[i]] = pairs[i+1]
		}
	}
	return in
}

// HasArtifact reports whether the server has the content already. A server
// that does not answer the question has it not.
func (c *Client) HasArtifact(ctx context.Context, project string, digest kernel.Digest) bool {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	res, err := c.send(ctx, http.MethodHead, escape("projects", project, "artifacts", string(digest)), "", nil, -1)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return true
}

// PutArtifact uploads a tar.gz of the size in bytes.
func (c *Client) PutArtifact(ctx context.Context, project string, content io.Reader, size int64) (Artifact, error) {
	var a Artifact
	res, err := c.send(ctx, http.MethodPost, escape("projects", project, "artifacts"), "application/gzip", content, size)
	if err != nil {
		return a, err
	}
	defer drain(res.Body)
	return a, decode(res, &a)
}

// Graph resolves a workload for a stage.
func (c *Client) Graph(ctx context.Context, project, score, stage string) (Graph, error) {
	var g Graph
	return g, c.call(ctx, http.MethodPost, escape("projects", project, "graph"), map[string]string{"score": score, "stage": stage}, &g)
}

// Workloads returns the workloads of a project.
func (c *Client) Workloads(ctx context.Context, project string) ([]Workload, error) {
	return all[Workload](ctx, c, escape("projects", project, "workloads"))
}

// Workload returns one workload with its stages.
func (c *Client) Workload(ctx context.Context, project, name string) (Workload, error) {
	var w Workload
	return w, c.call(ctx, http.MethodGet, escape("projects", project, "workloads", name), nil, &w)
}

// Releases returns the releases of a workload, the newest first.
func (c *Client) Releases(ctx context.Context, project, workload string) ([]Release, error) {
	return all[Release](ctx, c, escape("projects", project, "workloads", workload, "releases"))
}

// Release returns one release.
func (c *Client) Release(ctx context.Context, project, id string) (Release, error) {
	var r Release
	return r, c.call(ctx, http.MethodGet, escape("projects", project, "releases", id), nil, &r)
}

// Stages returns the stages in their order.
func (c *Client) Stages(ctx context.Context) ([]Stage, error) {
	return all[Stage](ctx, c, escape("stages"))
}

// Services returns the services of a project; stage "" is all.
func (c *Client) Services(ctx context.Context, project, stage string) ([]Service, error) {
	return all[Service](ctx, c, escape("projects", project, "services"), "stage", stage)
}

// ServiceLogs calls fn for the last lines of a service's log; with follow also for further ones, until ctx ends.
func (c *Client) ServiceLogs(ctx context.Context, project, service string, q LogQuery, fn func(LogLine) error) error {
	path := query(escape("projects", project, "services", service, "logs"), "stage", q.Stage, "lines", number(q.Lines), "follow", yes(q.Follow))
	return lines(ctx, c, path, fn)
}

// Secrets lists the secrets of a stage, without values.
func (c *Client) Secrets(ctx context.Context, project, stage string) ([]Secret, error) {
	return all[Secret](ctx, c, escape("projects", project, "secrets"), "stage", stage)
}

// SetSecret stores a new version of a secret.
func (c *Client) SetSecret(ctx context.Context, project, stage, name, secretValue string) (Secret, error) {
	var s Secret
	path := query(escape("projects", project, "secrets", name), "stage", stage)
	return s, c.call(ctx, http.MethodPut, path, map[string]string{"value": secretValue}, &s)
}
