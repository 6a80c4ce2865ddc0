// Package leakapi serves findings of leaked values over HTTP.
//
// It owns paths and wire types. It decides nothing; governance/leak does.
package leakapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// maxText bounds a text that is given to be looked through, in bytes.
const maxText = 1 << 20

// API serves a leak service.
type API struct{ Leaks *leak.Service }

// Register implements the room of the API.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "Where a finding of a leaked value is on its way.", leak.States()...)
	httpserver.Enum(api, "What a leaked value stands in.", leak.Kinds()...)
	httpserver.Register(api, operation("list-leaks", http.MethodGet, "", "List the findings of leaked values that the caller may see, the newest first"), a.list)
	httpserver.Register(api, operation("get-leak", http.MethodGet, "/{id}", "Show a finding of a leaked value"), a.get)
	httpserver.Register(api, operation("allow-leak", http.MethodPost, "/{id}/allow", "Let a leaked value stay where it is, for a reason"), a.allow)
	httpserver.Register(api, operation("resolve-leak", http.MethodPost, "/{id}/resolve", "Be done with a leaked value in a log, for a reason; it is open again when it is seen again"), a.resolve)
	scan := operation("scan-text", http.MethodPost, "/scan", "Look through a text for leaked values, the tenant's own secrets among them; nothing of it is kept")
	scan.MaxBodyBytes = 2 * maxText // as JSON has it
	httpserver.Register(api, scan, a.scan)
}

func operation(id, method, path, summary string) huma.Operation {
	op := huma.Operation{OperationID: id, Method: method, Path: "/leaks" + path, Summary: summary, Tags: []string{"leaks"}}
	if method == http.MethodPost {
		op.DefaultStatus = http.StatusOK
	}
	return op
}

func tenant(ctx context.Context) string { return httpserver.ScopeParam{}.Scope(ctx).Tenant }

// LeakPath names one finding.
type LeakPath struct {
	ID string `path:"id" maxLength:"64" doc:"The finding's id."`
}

type listInput struct {
	httpserver.ScopeParam
	httpserver.PageParams

	State leak.State `query:"state" doc:"Only in this state; without it, all but what is resolved."`
	Kind  leak.Kind  `query:"kind" doc:"Only in places of this kind."`
	Rule  string     `query:"rule" maxLength:"100" doc:"Only by this rule."`
	All   bool       `query:"all" doc:"What is resolved, too."`
}

type listOutput struct{ Body kernel.Page[Leak] }

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	page, err := a.Leaks.List(ctx, in.Scope(ctx), leak.Filter{State: in.State, Kind: in.Kind, Rule: in.Rule, All: in.All}, in.Page())
	if err != nil {
		return nil, err
	}
	return &listOutput{Body: kernel.Page[Leak]{Items: wires(page.Items), Next: page.Next}}, nil
}

type leakOutput struct{ Body Leak }

func (a API) get(ctx context.Context, in *LeakPath) (*leakOutput, error) {
	f, err := a.Leaks.Get(ctx, tenant(ctx), in.ID)
	return &leakOutput{Body: wire(f)}, err
}

type allowInput struct {
	LeakPath
	Body struct {
		Reason string    `json:"reason" minLength:"1" maxLength:"2000" doc:"Why it may stay: that it was rotated, or is no secret."`
		Until  time.Time `json:"until,omitzero" doc:"When it is open again; never unless given."`
	}
}

func (a API) allow(ctx context.Context, in *allowInput) (*leakOutput, error) {
	f, err := a.Leaks.Allow(ctx, tenant(ctx), in.ID, in.Body.Reason, in.Body.Until)
	return &leakOutput{Body: wire(f)}, err
}

type resolveInput struct {
	LeakPath
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"2000" doc:"What was done: that it was rotated, or where it is no longer said."`
	}
}

func (a API) resolve(ctx context.Context, in *resolveInput) (*leakOutput, error) {
	f, err := a.Leaks.Resolve(ctx, tenant(ctx), in.ID, in.Body.Reason)
	return &leakOutput{Body: wire(f)}, err
}

type scanInput struct {
	httpserver.ScopeParam
	Body struct {
		Name string `json:"name,omitempty" maxLength:"512" doc:"What the text is called, such as a path; rules go by it, too."`
		Text string `json:"text" maxLength:"1048576" doc:"The text, of at most 1 MB."`
	}
}

// LeakReport is what was found in a text.
type LeakReport struct {
	Leaks      []Leak `json:"leaks"`
	Incomplete string `json:"incomplete,omitempty" doc:"What was not looked at, and why."`
}

type scanOutput struct{ Body LeakReport }

func (a API) scan(ctx context.Context, in *scanInput) (*scanOutput, error) {
	r, err := a.Leaks.Try(ctx, in.Scope(ctx), in.Body.Name, in.Body.Text)
	if err != nil {
		return nil, err
	}
	return &scanOutput{Body: LeakReport{Leaks: wires(r.Open), Incomplete: r.Incomplete}}, nil
}
