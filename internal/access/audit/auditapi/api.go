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
	"github.com/terrace-idp/terrace/internal/access/audit/chain"
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
	httpserver.Register(api, httpserver.LinesOperation[AuditLine](api, huma.Operation{
		OperationID: "export-audit", Method: http.MethodGet, Path: "/audit/export",
		Summary: "Export entries with the heads and keys that prove them", Tags: []string{"audit"},
		Description: "A part of the chain without gaps, in its order, which can be checked without the server. An export that was cut off is gone on with from the entry after the last one.",
	}), a.export)
	httpserver.Register(api, huma.Operation{
		OperationID: "list-audit-heads", Method: http.MethodGet, Path: "/audit/heads",
		Summary: "List the signed heads of the audit log, the newest first", Tags: []string{"audit"},
		Description: "A witness that keeps heads notices when the log is rewritten or cut off later.",
	}, a.listHeads)
	httpserver.Register(api, huma.Operation{
		OperationID: "sign-audit-head", Method: http.MethodPost, Path: "/audit/heads",
		Summary: "Sign a head of the audit log now", Tags: []string{"audit"},
	}, a.sign)
	httpserver.Register(api, huma.Operation{
		OperationID: "list-audit-keys", Method: http.MethodGet, Path: "/audit/keys",
		Summary: "List the public keys that heads are signed with, the oldest first", Tags: []string{"audit"},
	}, a.listKeys)
	httpserver.Register(api, huma.Operation{
		OperationID: "rotate-audit-key", Method: http.MethodPost, Path: "/audit/keys/rotation",
		Summary: "Have another key sign heads, in an hour", Tags: []string{"audit"},
	}, a.rotate)
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
	Address   string           `json:"address,omitempty" doc:"Where the request came from, for who may read the whole log."`
	Outcome   string           `json:"outcome,omitempty" doc:"refused or failed; nothing for what was done."`
}

func entryOf(e chain.Entry) AuditEntry {
	out := AuditEntry{
		Seq: e.Seq, At: e.At, Actor: e.ActorName, ActorID: e.ActorID, ActorKind: e.ActorKind, RequestID: e.RequestID,
		Type: e.Type, Project: e.Project, Stage: e.Stage, Subject: e.Subject, Reason: e.Reason, Hash: e.Hash,
		Address: e.Address, Outcome: string(e.Outcome),
	}
	if e.Data != "" {
		out.Data = json.RawMessage(e.Data)
	}
	return out
}

// TimeParams bound the time of entries.
type TimeParams struct {
	Since time.Time `query:"since" doc:"Not before this time."`
	Until time.Time `query:"until" doc:"Before this time."`
}

type listInput struct {
	httpserver.PageParams
	Project string `query:"project" maxLength:"63" doc:"Only of this project."`
	Stage   string `query:"stage" maxLength:"63" doc:"Only of this stage."`
	Type    string `query:"type" maxLength:"64" doc:"What happened, such as run.approved; with a * at its end, all that begins so."`
	Subject string `query:"subject" maxLength:"256" doc:"Only about the thing with this id."`
	Actor   string `query:"actor" maxLength:"64" doc:"The name of who did it."`
	Request string `query:"request" maxLength:"64" doc:"The id of the request."`
	Address string `query:"address" maxLength:"64" doc:"Where the request came from, an IP address."`
	Outcome string `query:"outcome" enum:"done,refused,failed" doc:"What became of it."`
	Text    string `query:"text" maxLength:"128" doc:"Somewhere in the subject, the reason or the data."`
	TimeParams
}

type listOutput struct{ Body kernel.Page[AuditEntry] }

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	filter := audit.Filter{
		Project: in.Project, Stage: in.Stage, Type: in.Type, Subject: in.Subject, Actor: in.Actor,
		RequestID: in.Request, Address: in.Address, Outcome: in.Outcome, Text: in.Text, Since: in.Since, Until: in.Until,
	}
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

// RangeParams are a part of the log by the numbers of its entries.
type RangeParams struct {
	From int64 `query:"from" minimum:"1" doc:"The number of the first entry; the begin of the log unless given."`
	To   int64 `query:"to" minimum:"1" doc:"The number of the last entry; the end of the log unless given."`
}

// AuditReport is what a check found.
type AuditReport struct {
	From    int64       `json:"from" doc:"The number of the first entry that was read."`
	Entries int64       `json:"entries" doc:"How many entries were as they should be."`
	Heads   int64       `json:"heads" doc:"How many signed heads agree."`
	Last    int64       `json:"last" doc:"The number of the last entry that was as it should be."`
	Head    string      `json:"head" doc:"The hash of that entry."`
	Broken  *AuditBreak `json:"broken,omitempty" doc:"The first entry that is not as it was written."`
}

// AuditBreak is where the log is broken.
type AuditBreak struct {
	Seq    int64  `json:"seq"`
	Kind   string `json:"kind" enum:"changed,removed,inserted,reordered,truncated,forked,unsigned"`
	Reason string `json:"reason"`
}

func reportOf(r chain.Report) AuditReport {
	out := AuditReport{From: r.From, Entries: r.Entries, Heads: r.Heads, Last: r.Last, Head: r.Head}
	if r.Broken != nil {
		out.Broken = &AuditBreak{r.Broken.Seq, string(r.Broken.Kind), r.Broken.Reason}
	}
	return out
}

type verifyOutput struct{ Body AuditReport }

func (a API) verify(ctx context.Context, in *RangeParams) (*verifyOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	report, err := a.Service.Verify(ctx, scope, audit.Range{From: in.From, To: in.To})
	if err != nil {
		return nil, err
	}
	return &verifyOutput{Body: reportOf(report)}, nil
}
