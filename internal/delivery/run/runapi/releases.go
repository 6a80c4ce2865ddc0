package runapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerReleases(api huma.API) {
	httpserver.Register(api, operation("approve-release", http.MethodPost, "/releases/{release}/approvals", "releases",
		"Let a release go to a stage without being verified and soaked in the one before"), a.approveRelease)
	httpserver.Register(api, operation("withdraw-release", http.MethodPost, "/releases/{release}/withdrawals", "releases",
		"Take the approval of a release for a stage back"), a.withdrawRelease)
	httpserver.Register(api, operation("explain-release", http.MethodGet, "/explanations/releases", "releases",
		"Tell to which stages a release may go, and why or why not"), a.explainRelease)
	httpserver.Register(api, operation("assess-change", http.MethodGet, "/workloads/{workload}/assessment", "deployments",
		"Tell whether a promotion, a rollback or a destruction may be asked for, and every reason why not"), a.assess)
}

// ReleasePath names one release.
type ReleasePath struct {
	ProjectPath
	Release string `path:"release" maxLength:"64" doc:"The release's id, or its number or version where no other of the project has it."`
}

type approveReleaseInput struct {
	ReleasePath
	Body struct {
		Stage  string `json:"stage" maxLength:"63"`
		Reason string `json:"reason" maxLength:"1000" doc:"Why the way through the stages is left."`
	}
}

type withdrawReleaseInput struct {
	ReleasePath
	Body struct {
		Stage  string `json:"stage" maxLength:"63"`
		Reason string `json:"reason,omitempty" maxLength:"1000"`
	}
}

type releaseApprovalOutput struct{ Body run.ReleaseApproval }

func (a API) approveRelease(ctx context.Context, in *approveReleaseInput) (*releaseApprovalOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	approval, err := a.Runs.ApproveRelease(ctx, scope, run.ReleaseDecision{Release: in.Release, Stage: in.Body.Stage, Reason: in.Body.Reason})
	return &releaseApprovalOutput{Body: approval}, err
}

func (a API) withdrawRelease(ctx context.Context, in *withdrawReleaseInput) (*releaseApprovalOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	approval, err := a.Runs.WithdrawRelease(ctx, scope, run.ReleaseDecision{Release: in.Release, Stage: in.Body.Stage, Reason: in.Body.Reason})
	return &releaseApprovalOutput{Body: approval}, err
}

type explainReleaseInput struct {
	ProjectPath
	Release string `query:"release" required:"true" maxLength:"64" doc:"The release's id, or its number or version where no other of the project has it."`
	Stage   string `query:"stage" maxLength:"63" doc:"One stage; without it, all."`
}

type releaseExplanationOutput struct{ Body run.ReleaseExplanation }

func (a API) explainRelease(ctx context.Context, in *explainReleaseInput) (*releaseExplanationOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	x, err := a.Runs.ExplainRelease(ctx, scope, in.Release, in.Stage)
	return &releaseExplanationOutput{Body: x}, err
}

type assessInput struct {
	WorkloadPath
	Operation run.Operation `query:"operation" required:"true" doc:"promote, rollback or destroy."`
	Stage     string        `query:"stage" required:"true" maxLength:"63" doc:"The stage that would be changed."`
	Release   string        `query:"release" maxLength:"64" doc:"A release by its id, number or version; without it, the obvious one."`
	Force     bool          `query:"force" doc:"Remove it although other workloads take from it."`
}

type assessmentOutput struct{ Body run.Assessment }

func (a API) assess(ctx context.Context, in *assessInput) (*assessmentOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	found, err := a.Runs.Assess(ctx, scope, in.Operation, run.ChangeRequest{Workload: in.Workload, Stage: in.Stage, Release: in.Release, Force: in.Force})
	return &assessmentOutput{Body: found}, err
}
