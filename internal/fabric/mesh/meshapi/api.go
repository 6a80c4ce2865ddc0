// Package meshapi serves the documents of the mesh, and what is asked about them, over HTTP.
//
// It owns paths and wire types. It decides nothing; mesh does.
package meshapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/graph"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// maxApply bounds the documents that are applied at once, in bytes.
const maxApply = 8 << 20

// API serves the mesh.
type API struct {
	Mesh     *mesh.Service
	Graph    *graph.Service
	Sidecars *beside.Directory
}

// Register adds the room's operations.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "What became of a document of the mesh.", mesh.Created, mesh.Changed, mesh.Unchanged, mesh.Deleted)
	httpserver.Enum(api, "What stands beside a workload.", beside.KindSidecar, beside.KindEnvoy)
	apply := operation("apply-mesh-documents", http.MethodPost, "/apply", "Make routes and policies of the mesh be as documents say, all of them or none")
	apply.MaxBodyBytes = maxApply
	httpserver.Register(api, apply, a.apply)
	httpserver.Register(api, operation("list-mesh-documents", http.MethodGet, "/documents", "List the documents of a stage's mesh"), a.list)
	httpserver.Register(api, operation("get-mesh-document", http.MethodGet, "/documents/{kind}/{name}", "Get a document of a stage's mesh"), a.get)
	httpserver.Register(api, operation("delete-mesh-document", http.MethodDelete, "/documents/{kind}/{name}", "Delete a document of a stage's mesh"), a.remove)
	httpserver.Register(api, operation("explain-mesh-call", http.MethodGet, "/why", "Say whether a workload may call another, why, and who answers"), a.why)
	httpserver.Register(api, operation("get-mesh-graph", http.MethodGet, "/graph", "Say who called whom on a stage, how often, with which errors and how fast"), a.graph)
	httpserver.Register(api, operation("list-mesh-sidecars", http.MethodGet, "/sidecars", "List the sidecars and Envoys that stand beside the workloads of a stage"), a.sidecars)
}

func operation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: "/mesh" + path, Summary: summary, Tags: []string{"mesh"}, DefaultStatus: http.StatusOK}
}

// OfStage says which stage an operation is about.
type OfStage struct {
	Project string `query:"project" required:"true" minLength:"1" maxLength:"63" doc:"The project."`
	Stage   string `query:"stage" required:"true" minLength:"1" maxLength:"63" doc:"The stage."`
}

// Scope returns the scope for the caller, whom the API requires.
func (w OfStage) Scope(ctx context.Context) kernel.Scope {
	actor, _ := kernel.ActorFrom(ctx)
	return kernel.Scope{Tenant: actor.Tenant, Project: w.Project, Stage: w.Stage}
}

// MeshFile is a file of documents.
type MeshFile struct {
	Name   string `json:"name" maxLength:"500" doc:"How problems name the file."`
	Source string `json:"source" maxLength:"1048576" doc:"Documents in YAML or JSON, parted by lines of ---."`
}

// HowChanged says how documents are changed by hand.
type HowChanged struct {
	DryRun bool `query:"dryRun" doc:"Only tell what would change."`
	Owned  bool `query:"owned" doc:"Change also what a source in Git keeps as it is; its next reconciliation changes it back."`
}

func (h HowChanged) options() mesh.Options { return mesh.Options{DryRun: h.DryRun, Owned: h.Owned} }

type applyInput struct {
	Project string `query:"project" maxLength:"63" doc:"The project of documents that name none."`
	Stage   string `query:"stage" maxLength:"63" doc:"The stage of documents that name none."`
	HowChanged
	Body struct {
		Files []MeshFile `json:"files" minItems:"1" maxItems:"100" doc:"The files."`
	}
}

// MeshApplied is what became of documents.
type MeshApplied struct {
	DryRun  bool          `json:"dryRun"`
	Changes []mesh.Change `json:"changes"`
}

type applyOutput struct{ Body MeshApplied }

func (a API) apply(ctx context.Context, in *applyInput) (*applyOutput, error) {
	files := make([]meshdoc.File, 0, len(in.Body.Files))
	for _, f := range in.Body.Files {
		files = append(files, meshdoc.File{Name: f.Name, Source: f.Source})
	}
	changes, err := a.Mesh.Apply(ctx, OfStage{in.Project, in.Stage}.Scope(ctx), files, in.options())
	return &applyOutput{Body: MeshApplied{DryRun: in.DryRun, Changes: changes}}, err
}

// MeshDocument is a document in force on a stage.
type MeshDocument struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Name       string         `json:"name"`
	Project    string         `json:"project"`
	Stage      string         `json:"stage"`
	Owner      string         `json:"owner,omitempty" doc:"What keeps the document as it is, such as git/SOURCE; empty is nobody."`
	UpdatedAt  time.Time      `json:"updatedAt"`
	Spec       map[string]any `json:"spec" doc:"What the kind reads."`
}

func documentOf(p mesh.Policy) (MeshDocument, error) {
	out := MeshDocument{APIVersion: meshdoc.APIVersionOf(p.Kind), Kind: p.Kind, Name: p.Name, Project: p.Scope.Project, Stage: p.Scope.Stage, Owner: p.Owner, UpdatedAt: p.UpdatedAt}
	raw, err := json.Marshal(p.Said())
	if err == nil {
		err = json.Unmarshal(raw, &out.Spec)
	}
	if err != nil {
		return out, kernel.Errorf(kernel.Internal, "the spec of %s %s cannot be read: %w", p.Kind, p.Name, err)
	}
	return out, nil
}

type listInput struct {
	OfStage
	httpserver.PageParams
	Kind string `query:"kind" maxLength:"63" doc:"Only those of this kind."`
}

type listOutput struct{ Body kernel.Page[MeshDocument] }

func (a API) list(ctx context.Context, in *listInput) (*listOutput, error) {
	page, err := a.Mesh.Documents(ctx, in.Scope(ctx), in.Kind, in.Page())
	out := kernel.Page[MeshDocument]{Items: []MeshDocument{}, Next: page.Next}
	for _, p := range page.Items {
		d, unreadable := documentOf(p)
		if unreadable != nil {
			return nil, unreadable
		}
		out.Items = append(out.Items, d)
	}
	return &listOutput{Body: out}, err
}

// DocumentPath names a document.
type DocumentPath struct {
	OfStage
	Kind string `path:"kind" maxLength:"63" doc:"The document's kind."`
	Name string `path:"name" maxLength:"63" doc:"The document's name."`
}

type documentOutput struct{ Body MeshDocument }

func (a API) get(ctx context.Context, in *DocumentPath) (*documentOutput, error) {
	p, err := a.Mesh.Document(ctx, in.Scope(ctx), in.Kind, in.Name)
	if err != nil {
		return nil, err
	}
	d, err := documentOf(p)
	return &documentOutput{Body: d}, err
}

type removeInput struct {
	DocumentPath
	HowChanged
}

type changeOutput struct{ Body mesh.Change }

func (a API) remove(ctx context.Context, in *removeInput) (*changeOutput, error) {
	change, err := a.Mesh.Remove(ctx, in.Scope(ctx), in.Kind, in.Name, in.options())
	return &changeOutput{Body: change}, err
}

type whyInput struct {
	OfStage
	From   string `query:"from" required:"true" minLength:"1" maxLength:"1024" doc:"The workload of the stage that calls, or a SPIFFE ID."`
	To     string `query:"to" required:"true" minLength:"1" maxLength:"63" doc:"The workload that is called."`
	Method string `query:"method" maxLength:"32" doc:"The method of HTTP; any unless given."`
	Path   string `query:"path" maxLength:"1024" doc:"The path; any unless given."`
	// Headers are few: a call is asked about, not made.
	Headers []string `query:"header,explode" maxItems:"50" doc:"Headers of the call, as Name: value."`
}

type whyOutput struct{ Body mesh.Answer }

func (a API) why(ctx context.Context, in *whyInput) (*whyOutput, error) {
	headers := http.Header{}
	for _, h := range in.Headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return nil, kernel.Errorf(kernel.Invalid, "%.80q is no header", h).WithFix("write it as Name: value")
		}
		headers.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	answer, err := a.Mesh.Why(ctx, in.Scope(ctx), mesh.Call{From: in.From, To: in.To, Method: in.Method, Path: in.Path, Headers: headers})
	return &whyOutput{Body: answer}, err
}
