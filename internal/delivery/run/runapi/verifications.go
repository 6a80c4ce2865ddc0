package runapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerVerifications(api huma.API) {
	httpserver.Enum(api, "Where a verification is on its way; a void one says nothing about the release.",
		run.VerificationQueued, run.VerificationRunning, run.VerificationPassed, run.VerificationFailed, run.VerificationVoid)
	httpserver.Enum(api, "Why something is verified again.", run.OnDemand, run.OnSchedule)
	verify := accepted(operation("verify", http.MethodPost, "/workloads/{workload}/verifications", "deployments", "Verify again what is deployed in a stage"))
	verify.Description = "A success makes an unverified deployment a verified one; a failure revokes that its release is verified."
	httpserver.Register(api, verify, a.verify)
	list := operation("list-verifications", http.MethodGet, "/verifications", "runs", "List what was verified again, the newest first")
	list.Description = "Of those on schedule that changed nothing only the newest of each deployment is kept."
	httpserver.Register(api, list, a.verifications)
	httpserver.Register(api, operation("get-verification", http.MethodGet, "/verifications/{id}", "runs", "Get a verification with what each check found"), a.verification)
}

type verifyInput struct {
	WorkloadPath
	Body struct {
		Stage  string `json:"stage" maxLength:"63" doc:"The stage whose deployment is verified."`
		Reason string `json:"reason,omitempty" maxLength:"1000"`
	}
}

type verificationOutput struct{ Body run.Verification }

func (a API) verify(ctx context.Context, in *verifyInput) (*verificationOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	v, err := a.Runs.VerifyAgain(ctx, scope, run.VerifyRequest{Workload: in.Workload, Stage: in.Body.Stage, Reason: in.Body.Reason})
	if err != nil {
		return nil, err
	}
	return &verificationOutput{Body: v}, nil
}

type verificationsInput struct {
	ProjectPath
	httpserver.PageParams
	Workload string `query:"workload" maxLength:"63" doc:"Only of this workload."`
	Stage    string `query:"stage" maxLength:"63" doc:"Only of this stage."`
	Run      string `query:"run" maxLength:"64" doc:"Only of what this run deployed."`
}

type verificationsOutput struct{ Body kernel.Page[run.Verification] }

func (a API) verifications(ctx context.Context, in *verificationsInput) (*verificationsOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	page, err := a.Runs.ListVerifications(ctx, scope, run.VerificationFilter{Workload: in.Workload, Stage: in.Stage, Run: in.Run}, in.Page())
	if err != nil {
		return nil, err
	}
	return &verificationsOutput{Body: page}, nil
}

type verificationInput struct {
	ProjectPath
	ID string `path:"id" maxLength:"64" doc:"The verification's id."`
}

func (a API) verification(ctx context.Context, in *verificationInput) (*verificationOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	v, err := a.Runs.GetVerification(ctx, scope, in.ID)
	if err != nil {
		return nil, err
	}
	return &verificationOutput{Body: v}, nil
}
