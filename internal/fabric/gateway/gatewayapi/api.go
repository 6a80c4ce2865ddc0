// Package gatewayapi serves the gateway's routes and policies, and what is asked about them.
//
// It owns their wire types. It decides nothing about them.
package gatewayapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/slo"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/tail"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// maxApply bounds the documents that are applied at once, in bytes.
const maxApply = 8 << 20

// API serves the gateway over HTTP.
type API struct {
	Gateway *gateway.Service
	Traffic *traffic.Service
	Tail    *tail.Service
	SLOs    *slo.Service
}

// Register adds the room's operations.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "Whether it is a route, a policy or a product.", gateway.ClassRoute, gateway.ClassPolicy, gateway.ClassProduct)
	httpserver.Enum(api, "What became of a document.", gateway.Created, gateway.Changed, gateway.Unchanged, gateway.Deleted)
	apply := operation("apply-gateway-documents", http.MethodPost, "/apply", "Make routes, policies and products be as documents say, all of them or none")
	apply.MaxBodyBytes = maxApply
	httpserver.Register(api, apply, a.apply)
	httpserver.Register(api, operation("list-gateway-routes", http.MethodGet, "/routes", "List the routes of a stage"), a.routes)
	httpserver.Register(api, operation("get-gateway-route", http.MethodGet, "/routes/{route}", "Get a route"), a.route)
	httpserver.Register(api, operation("put-gateway-route", http.MethodPut, "/routes/{route}", "Make a route be as its body says"), a.putRoute)
	httpserver.Register(api, operation("delete-gateway-route", http.MethodDelete, "/routes/{route}", "Delete a route"), a.deleteRoute)
	httpserver.Register(api, operation("list-gateway-policies", http.MethodGet, "/policies", "List the policies of a stage, a project or the tenant"), a.policies)
	httpserver.Register(api, operation("get-gateway-policy", http.MethodGet, "/policies/{policy}", "Get a policy"), a.policy)
	httpserver.Register(api, operation("put-gateway-policy", http.MethodPut, "/policies/{policy}", "Make a policy be as its body says"), a.putPolicy)
	httpserver.Register(api, operation("delete-gateway-policy", http.MethodDelete, "/policies/{policy}", "Delete a policy"), a.deletePolicy)
	httpserver.Register(api, operation("list-gateway-versions", http.MethodGet, "/history/{class}/{name}", "List what a route, a policy or a product was, the newest version first"), a.history)
	httpserver.Register(api, operation("roll-back-gateway", http.MethodPost, "/history/{class}/{name}/rollback", "Make a route, a policy or a product what it was in a version"), a.rollback)
	httpserver.Register(api, operation("explain-gateway-request", http.MethodGet, "/explain", "Say which route takes a request, and what holds for it"), a.explain)
	a.registerObservation(api)
	httpserver.Register(api, operation("purge-gateway-cache", http.MethodPost, "/cache/purge", "Drop what the gateway has stored of answers to a stage's routes, or make it stale"), a.purgeCache)
	httpserver.Register(api, operation("list-gateway-cache", http.MethodGet, "/cache", "List what is stored of answers to a stage's routes, and what it was good for, in the process that is asked"), a.cacheUses)
	httpserver.Register(api, operation("get-gateway-sites", http.MethodGet, "/sites", "Get what the landing zone of a stage takes of the documents of all projects"), a.sites)
	httpserver.Register(api, operation("list-gateway-kinds", http.MethodGet, "/kinds", "List the kinds of documents with their JSON Schemas"), a.kinds())
}

func operation(id, method, path, summary string) huma.Operation {
	op := huma.Operation{OperationID: id, Method: method, Path: "/gateway" + path, Summary: summary, Tags: []string{"gateway"}}
	if method == http.MethodPost || method == http.MethodPut || method == http.MethodDelete {
		op.DefaultStatus = http.StatusOK
	}
	return op
}

// Where says whose documents an operation is about.
type Where struct {
	Project string `query:"project" maxLength:"63" doc:"The project; the whole tenant unless given."`
	Stage   string `query:"stage" maxLength:"63" doc:"The stage; the whole project unless given."`
}

// Scope returns the scope for the caller, whom the API requires.
func (w Where) Scope(ctx context.Context) kernel.Scope {
	actor, _ := kernel.ActorFrom(ctx)
	return kernel.Scope{Tenant: actor.Tenant, Project: w.Project, Stage: w.Stage}
}

// OfStage says which stage's routes an operation is about.
type OfStage struct {
	Project string `query:"project" required:"true" minLength:"1" maxLength:"63" doc:"The project."`
	Stage   string `query:"stage" required:"true" minLength:"1" maxLength:"63" doc:"The stage."`
}

// Scope returns the scope for the caller, whom the API requires.
func (w OfStage) Scope(ctx context.Context) kernel.Scope {
	return Where(w).Scope(ctx)
}

// Options say how a change is made.
type Options struct {
	DryRun bool `query:"dryRun" doc:"Only tell what would change."`
	Owned  bool `query:"owned" doc:"Change also what a workload's Terraform or a source in Git keeps as it is; its next run or reconciliation changes it back."`
}

func (o Options) options() gateway.ApplyOptions {
	return gateway.ApplyOptions{DryRun: o.DryRun, Owned: o.Owned}
}

// GatewayFile is a file of documents.
type GatewayFile struct {
	Name   string `json:"name" maxLength:"500" doc:"How problems name the file."`
	Stage  string `json:"stage,omitempty" maxLength:"63" doc:"The stage of all its documents; one that names another is refused."`
	Source string `json:"source" maxLength:"1048576" doc:"Documents in YAML or JSON, parted by lines of ---."`
}

type applyInput struct {
	Where
	Options
	Body struct {
		Files []GatewayFile `json:"files" minItems:"1" maxItems:"100" doc:"The files."`
	}
}

// GatewayApplied is what became of documents.
type GatewayApplied struct {
	DryRun  bool             `json:"dryRun"`
	Changes []gateway.Change `json:"changes"`
}

type applyOutput struct{ Body GatewayApplied }

type changeOutput struct{ Body gateway.Change }

func (a API) apply(ctx context.Context, in *applyInput) (*applyOutput, error) {
	files := make([]gatewaydoc.File, 0, len(in.Body.Files))
	for _, f := range in.Body.Files {
		files = append(files, gatewaydoc.File{Name: f.Name, Source: f.Source, Stage: f.Stage})
	}
	changes, err := a.Gateway.Apply(ctx, in.Scope(ctx), files, in.options())
	return &applyOutput{Body: GatewayApplied{DryRun: in.DryRun, Changes: changes}}, err
}

// one applies a document that is made of a body.
func (a API) one(ctx context.Context, scope kernel.Scope, document map[string]any, o Options) (*changeOutput, error) {
	source, err := json.Marshal(document)
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the body cannot be read: %w", err)
	}
	changes, err := a.Gateway.Apply(ctx, scope, []gatewaydoc.File{{Source: string(source)}}, o.options())
	if err != nil {
		return nil, inBody(err)
	}
	return &changeOutput{Body: changes[0]}, nil
}
