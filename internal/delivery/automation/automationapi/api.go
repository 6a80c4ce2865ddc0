// Package automationapi serves rules and what they have done.
//
// It owns the wire types of rules. It decides nothing about them.
package automationapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/automation"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

const maxSource = 64 << 10

// API serves rules over HTTP.
type API struct {
	Rules *automation.Service
}

// Register adds the room's operations.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "What a rule does.", automation.Plan, automation.DriftCheck, automation.Promote, automation.Notify)
	httpserver.Enum(api, "What became of a rule's firing.", automation.Outcomes()...)
	apply := operation("apply-rule", http.MethodPost, "", "Make a rule be as a document says")
	apply.MaxBodyBytes = 2 * maxSource
	httpserver.Register(api, apply, a.apply)
	httpserver.Register(api, operation("list-rules", http.MethodGet, "", "List the rules of a project, or of the tenant"), a.list)
	httpserver.Register(api, operation("get-rule", http.MethodGet, "/{rule}", "Get a rule"), a.get)
	httpserver.Register(api, operation("delete-rule", http.MethodDelete, "/{rule}", "Delete a rule with its history"), a.remove)
	httpserver.Register(api, operation("list-firings", http.MethodGet, "/{rule}/history", "List what a rule was for and what became of it, the newest first"), a.history)
}

func operation(id, method, path, summary string) huma.Operation {
	op := huma.Operation{OperationID: id, Method: method, Path: "/rules" + path, Summary: summary, Tags: []string{"rules"}}
	if method == http.MethodPost {
		op.DefaultStatus = http.StatusOK
	}
	return op
}

// NamePath names one rule.
type NamePath struct {
	httpserver.ScopeParam
	Name string `path:"rule" maxLength:"63" doc:"The rule's name."`
}

type applyInput struct {
	httpserver.ScopeParam
	Body struct {
		File   string `json:"file,omitempty" maxLength:"500" doc:"How problems name the document."`
		Source string `json:"source" maxLength:"65536" doc:"The rule, in YAML."`
	}
}

type oneOutput struct{ Body automation.Rule }

func (a API) apply(ctx context.Context, in *applyInput) (*oneOutput, error) {
	file := in.Body.File
	if file == "" {
		file = "the rule"
	}
	r, err := a.Rules.Apply(ctx, in.Scope(ctx), file, []byte(in.Body.Source))
	return &oneOutput{Body: r}, err
}

type listInput struct {
	httpserver.ScopeParam
	httpserver.PageParams
}

type listOutput struct {
	Body kernel.Page[automation.Rule]
}

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	page, err := a.Rules.List(ctx, in.Scope(ctx), in.Page())
	return &listOutput{Body: page}, err
}

func (a API) get(ctx context.Context, in *NamePath) (*oneOutput, error) {
	r, err := a.Rules.Get(ctx, in.Scope(ctx), in.Name)
	return &oneOutput{Body: r}, err
}

func (a API) remove(ctx context.Context, in *NamePath) (*struct{}, error) {
	return nil, a.Rules.Delete(ctx, in.Scope(ctx), in.Name)
}

type historyInput struct {
	NamePath
	httpserver.PageParams
	Outcome automation.Outcome `query:"outcome" doc:"Only those that became this."`
}

type historyOutput struct {
	Body kernel.Page[automation.Firing]
}

func (a API) history(ctx context.Context, in *historyInput) (*historyOutput, error) {
	page, err := a.Rules.History(ctx, in.Scope(ctx), in.Name, in.Outcome, in.Page())
	return &historyOutput{Body: page}, err
}
