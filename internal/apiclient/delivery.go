package apiclient

import (
	"context"
	"io"
	"net/http"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Deploy makes a release and starts its run.
func (c *Client) Deploy(ctx context.Context, project string, d DeployRequest) (Run, error) {
	var answer DeployResponse
	err := c.call(ctx, http.MethodPost, escape("projects", project, "deployments"), d, &answer)
	return answer.Run, err
}

// CheckDeployment tells what Deploy would refuse whatever is built for it.
func (c *Client) CheckDeployment(ctx context.Context, project string, in CheckDeploymentRequest) error {
	return c.call(ctx, http.MethodPost, escape("projects", project, "deployments", "check"), in, nil)
}

// CheckReferences tells which secrets a workload refers to that are not in a stage, as an error,
// and which nobody can know of.
func (c *Client) CheckReferences(ctx context.Context, project string, in CheckReferencesRequest) (answer CheckReferencesResponse, err error) {
	return answer, c.call(ctx, http.MethodPost, escape("projects", project, "graph", "references"), in, &answer)
}

// Promote carries a release to a stage; without a release, the one in the stage before.
func (c *Client) Promote(ctx context.Context, project, workload string, in PromoteRequest) (Run, error) {
	return c.postRun(ctx, escape("projects", project, "workloads", workload, "promotions"), in)
}

// Rollback goes back to the release; without one, to the one before.
func (c *Client) Rollback(ctx context.Context, project, workload string, in RollBackRequest) (Run, error) {
	return c.postRun(ctx, escape("projects", project, "workloads", workload, "rollbacks"), in)
}

// Destroy removes a workload from a stage.
func (c *Client) Destroy(ctx context.Context, project, workload string, in DestroyRequest) (Run, error) {
	return c.postRun(ctx, escape("projects", project, "workloads", workload, "destructions"), in)
}

// Assess tells whether a change of a stage may be asked for, and every reason why not.
func (c *Client) Assess(ctx context.Context, project, workload string, q AssessChangeParams) (RunAssessment, error) {
	var a RunAssessment
	return a, c.call(ctx, http.MethodGet, query(escape("projects", project, "workloads", workload, "assessment"), q), nil, &a)
}

// ApproveRelease lets a release go to a stage as it is.
func (c *Client) ApproveRelease(ctx context.Context, project, release string, in ApproveReleaseRequest) (RunReleaseApproval, error) {
	var a RunReleaseApproval
	return a, c.call(ctx, http.MethodPost, escape("projects", project, "releases", release, "approvals"), in, &a)
}

// WithdrawRelease takes that back.
func (c *Client) WithdrawRelease(ctx context.Context, project, release string, in WithdrawReleaseRequest) (RunReleaseApproval, error) {
	var a RunReleaseApproval
	return a, c.call(ctx, http.MethodPost, escape("projects", project, "releases", release, "withdrawals"), in, &a)
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
func (c *Client) PutArtifact(ctx context.Context, project string, content io.Reader, size int64) (ReleaseArtifact, error) {
	var a ReleaseArtifact
	res, err := c.send(ctx, http.MethodPost, escape("projects", project, "artifacts"), "application/gzip", content, size) //nolint:bodyclose // decode or drain closes it
	if err != nil {
		return a, err
	}
	defer drain(res.Body)
	return a, decode(res, &a)
}

// Graph resolves a workload for a stage.
func (c *Client) Graph(ctx context.Context, project, score, stage string) (Graph, error) {
	var g Graph
	return g, c.call(ctx, http.MethodPost, escape("projects", project, "graph"), ResolveGraphRequest{Score: score, Stage: stage}, &g)
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
func (c *Client) Release(ctx context.Context, project, id string) (ReleaseDetail, error) {
	var r ReleaseDetail
	return r, c.call(ctx, http.MethodGet, escape("projects", project, "releases", id), nil, &r)
}

// Stages returns the stages in their order.
func (c *Client) Stages(ctx context.Context) ([]Stage, error) {
	return all[Stage](ctx, c, escape("stages"))
}

// Services returns the services of a project; stage "" is all.
func (c *Client) Services(ctx context.Context, project, stage string) ([]LocalServiceInfo, error) {
	return all[LocalServiceInfo](ctx, c, query(escape("projects", project, "services"), ListServicesParams{Stage: stage}))
}

// ServiceLogs calls fn for the last lines of a service's log; with follow also for further ones, until ctx ends.
func (c *Client) ServiceLogs(ctx context.Context, project, service string, q GetServiceLogsParams, fn func(LogsLine) error) error {
	return lines(ctx, c, query(escape("projects", project, "services", service, "logs"), q), fn)
}

// Rollout returns how far a release of a service has taken over from the one before it.
func (c *Client) Rollout(ctx context.Context, project, stage, service string) (LocalRolloutInfo, error) {
	var r LocalRolloutInfo
	path := query(escape("projects", project, "services", service, "rollout"), GetRolloutParams{Stage: stage})
	return r, c.call(ctx, http.MethodGet, path, nil, &r)
}

// PromoteRollout has a release take over without the steps that are left.
func (c *Client) PromoteRollout(ctx context.Context, project, service string, in EndRolloutRequest) (LocalRolloutInfo, error) {
	var r LocalRolloutInfo
	return r, c.call(ctx, http.MethodPost, escape("projects", project, "services", service, "rollout", "promotion"), in, &r)
}

// AbortRollout returns all requests to the release before.
func (c *Client) AbortRollout(ctx context.Context, project, service string, in EndRolloutRequest) (LocalRolloutInfo, error) {
	var r LocalRolloutInfo
	return r, c.call(ctx, http.MethodPost, escape("projects", project, "services", service, "rollout", "abort"), in, &r)
}

// Backups returns backups of caches and databases, the newest first.
func (c *Client) Backups(ctx context.Context, project string, q ListBackupsParams) ([]LocalBackup, error) {
	return all[LocalBackup](ctx, c, query(escape("projects", project, "backups"), q))
}

// CreateBackup backs up a cache or a database.
func (c *Client) CreateBackup(ctx context.Context, project string, in CreateBackupRequest) (LocalBackup, error) {
	var b LocalBackup
	return b, c.call(ctx, http.MethodPost, escape("projects", project, "backups"), in, &b)
}

// RestoreBackup has a cache or a database have what a backup has, and returns the backup of
// what it had.
func (c *Client) RestoreBackup(ctx context.Context, project, id string, in RestoreBackupRequest) (LocalBackup, error) {
	var b LocalBackup
	return b, c.call(ctx, http.MethodPost, escape("projects", project, "backups", id, "restoration"), in, &b)
}

// Secrets lists the secrets of a stage, without values.
func (c *Client) Secrets(ctx context.Context, project, stage string) ([]SecretInfo, error) {
	return all[SecretInfo](ctx, c, query(escape("projects", project, "secrets"), ListSecretsParams{Stage: stage}))
}

// SetSecret stores a new version of a secret, or of one key of it.
func (c *Client) SetSecret(ctx context.Context, project, stage, name string, in PutSecretRequest) (SecretInfo, error) {
	var s SecretInfo
	path := query(escape("projects", project, "secrets", name), PutSecretParams{Stage: stage})
	return s, c.call(ctx, http.MethodPut, path, in, &s)
}

// RotateSecret makes a new version of a secret with a generated value.
func (c *Client) RotateSecret(ctx context.Context, project, stage, name string) (SecretInfo, error) {
	var s SecretInfo
	path := query(escape("projects", project, "secrets", name, "rotation"), RotateSecretParams{Stage: stage})
	return s, c.call(ctx, http.MethodPost, path, nil, &s)
}
