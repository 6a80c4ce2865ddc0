// Package auditapi serves the audit log over HTTP.
//
// It owns the wire types. It decides nothing: audit does.
package auditapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/access/audit"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// API serves a Service.
type API struct{ Service *audit.Service }

// Register adds the operations.
func (a API) Register(api huma.API) {
	httpserver.Register(api, huma.Operation{
		OperationID: "list-audit-entries", Method: http.MethodGet, Path: "/audit",
		Summary: "List what happened, the newest first", Tags: []string{"audit"},
	}, a.list)
	httpserver.Register(api, huma.Operation{
		OperationID: "verify-audit", Method: http.MethodPost, Path: "/audit/verify",
		Summary: "Check that no entry was changed, removed or put in", Tags: []string{"audit"},
	}, a.verify)
}

// AuditEntry is one thing that happened.
type AuditEntry struct {
	Seq       int64            `json:"seq" doc:"Counts the tenant's entries from 1, without gaps."`
	At        time.Time        `json:"at"`
	Actor     string           `json:"actor"`
	ActorID   string           `json:"actorId"`
	ActorKind kernel.ActorKind `json:"actorKind"`
	RequestID string           `json:"requestId,omitempty"`
	Type      string           `json:"type" doc:"What happened, noun.verb in the past."`
	Project   string           `json:"project,omitempty"`
	Stage     string           `json:"stage,omitempty"`
	Subject   string           `json:"subject,omitempty" doc:"The id of the thing it happened to."`
	Reason    string           `json:"reason,omitempty"`
	Data      any              `json:"data,omitempty"`
	Hash      string           `json:"hash" doc:"SHA-256 of the entry and the hash before it."`
}

func entryOf(e audit.Entry) AuditEntry {
	out := AuditEntry{
		Seq: e.Seq, At: e.At, Actor: e.ActorName, ActorID: e.ActorID, ActorKind: e.ActorKind, RequestID: e.RequestID,
		Type: e.Type, Project: e.Project, Stage: e.Stage, Subject: e.Subject, Reason: e.Reason, Hash: e.Hash,
	}
	if e.Data != "" {
		out.Data = json.RawMessage(e.Data)
	}
	return out
}

type listInput struct {
	httpserver.PageParams
	Project string `query:"project" maxLength:"63" doc:"Only of this project."`
	Stage   string `query:"stage" maxLength:"63" doc:"Only of this stage."`
	Type    string `query:"type" maxLength:"64" doc:"What happened, such as run.approved."`
	Subject string `query:"subject" maxLength:"256" doc:"Only about the thing with this id."`
	Actor   string `query:"actor" maxLength:"64" doc:"The name of who did it."`
}

type listOutput struct{ Body kernel.Page[AuditEntry] }

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	filter := audit.Filter{Project: in.Project, Stage: in.Stage, Type: in.Type, Subject: in.Subject, Actor: in.Actor}
	page, err := a.Service.List(ctx, scope, filter, in.Page())
	if err != nil {
		return nil, err
	}
	out := &listOutput{Body: kernel.Page[AuditEntry]{Items: []AuditEntry{}, Next: page.Next}}
	for _, e := range page.Items {
		out.Body.Items = append(out.Body.Items, entryOf(e))
	}
	return out, nil
}

type verifyOutput struct{ Body audit.Report }

func (a API) verify(ctx context.Context, _ *struct{}) (*verifyOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	report, err := a.Service.Verify(ctx, scope)
	if err != nil {
		return nil, err
	}
	return &verifyOutput{Body: report}, nil
}
