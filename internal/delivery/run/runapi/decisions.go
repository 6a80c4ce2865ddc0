package runapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerDecisions(api huma.API) {
	httpserver.Register(api, operation("approve-run", http.MethodPost, "/runs/{id}/approvals", "runs", "Approve exactly the dossier with the digest"), a.approve)
	httpserver.Register(api, operation("override-run", http.MethodPost, "/runs/{id}/overrides", "runs", "Let exactly the dossier with the digest pass a gate that holds it"), a.override)
	httpserver.Register(api, operation("discard-run", http.MethodPost, "/runs/{id}/discard", "runs", "End a run before anything is applied"), a.discard)
	httpserver.Register(api, operation("cancel-run", http.MethodPost, "/runs/{id}/cancel", "runs", "Stop a run"), a.cancel)
	httpserver.Register(api, accepted(operation("retry-run", http.MethodPost, "/runs/{id}/retry", "runs", "Do again what a run did that failed, or was canceled or discarded")), a.retry)
}

type approveInput struct {
	RunPath
	Body struct {
		Digest kernel.Digest `json:"digest" minLength:"1" maxLength:"128" doc:"The digest of the dossier that was looked at."`
		Reason string        `json:"reason,omitempty" maxLength:"1000"`
	}
}

func (a API) approve(ctx context.Context, in *approveInput) (*runAnswer, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	return answer(a.Runs.Approve(ctx, scope, in.ID, in.Body.Digest, in.Body.Reason))
}

type overrideInput struct {
	RunPath
	Body struct {
		Gate   string        `json:"gate" minLength:"1" maxLength:"64" doc:"The gate that holds the run, such as policy."`
		Digest kernel.Digest `json:"digest" minLength:"1" maxLength:"128" doc:"The digest of the dossier that was looked at."`
		Reason string        `json:"reason" minLength:"1" maxLength:"1000" doc:"Why; it is kept in the audit log."`
	}
}

func (a API) override(ctx context.Context, in *overrideInput) (*runAnswer, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	return answer(a.Runs.Override(ctx, scope, in.ID, in.Body.Gate, in.Body.Digest, in.Body.Reason))
}

type discardInput struct {
	RunPath
	Body struct {
		Reason string `json:"reason,omitempty" maxLength:"1000"`
	}
}

func (a API) discard(ctx context.Context, in *discardInput) (*runAnswer, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	return answer(a.Runs.Discard(ctx, scope, in.ID, in.Body.Reason))
}

type cancelInput struct {
	RunPath
	Body struct {
		Reason string `json:"reason,omitempty" maxLength:"1000"`
		Force  bool   `json:"force,omitempty" doc:"Kill terraform at once instead of asking it to stop."`
	}
}

func (a API) cancel(ctx context.Context, in *cancelInput) (*runAnswer, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	return answer(a.Runs.Cancel(ctx, scope, in.ID, in.Body.Reason, in.Body.Force))
}

// RetryRunRequest is the body of a retry.
type RetryRunRequest struct {
	Reason   string `json:"reason,omitempty" maxLength:"1000" doc:"Why; it is kept in the audit log."`
	WhenOpen bool   `json:"whenOpen,omitempty" doc:"Where a window closes the stage, plan now and apply when it opens, instead of being refused."`
}

type retryInput struct {
	RunPath
	Body RetryRunRequest
}

func (a API) retry(ctx context.Context, in *retryInput) (*runAnswer, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	return answer(a.Runs.Retry(ctx, scope, in.ID, run.RetryRequest{Reason: in.Body.Reason, WhenOpen: in.Body.WhenOpen}))
}
