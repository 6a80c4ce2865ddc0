package runapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerWorkloads(api huma.API) {
	httpserver.Register(api, operation("list-workloads", http.MethodGet, "/workloads", "workloads", "List workloads with what is where"), a.workloads)
	httpserver.Register(api, operation("get-workload", http.MethodGet, "/workloads/{workload}", "workloads", "Tell what of a workload is where"), a.workload)
	httpserver.Register(api, operation("explain-resource", http.MethodGet, "/explanations/resources", "workloads",
		"Tell which definition and module serve a resource, and why"), a.explainResource)
}

// Workload is a workload over all stages.
type Workload struct {
	Name   string          `json:"name"`
	Stages []WorkloadStage `json:"stages"`
}

// WorkloadStage is a workload in one stage.
type WorkloadStage struct {
	Stage   string          `json:"stage"`
	Release *run.ReleaseRef `json:"release,omitempty" doc:"What is deployed; absent where nothing is. Where Terrace runs the workload it is the release that answers, and of two that share requests the one before."`
	// Attempted is the release that is on its way, or was not taken.
	Attempted *run.ReleaseRef `json:"attempted,omitempty" doc:"The release that was applied last, where it is not the one that answers: it is on its way, or was not taken."`
	Rollout   *run.Rollout    `json:"rollout,omitempty" doc:"How far a release has taken over in steps; absent where none does."`
	// Status is the deployment's, or that of the run that is on its way.
	Status     string            `json:"status" enum:"none,queued,planning,awaiting_approval,approved,applying,verifying,applied,verified,unverified,broken" doc:"The status of the run that is on its way, else of the deployment, else none."`
	URLs       map[string]string `json:"urls,omitempty" doc:"The addresses of the routes by resource name."`
	Run        string            `json:"run,omitempty" doc:"The newest run."`
	AppliedAt  *time.Time        `json:"appliedAt,omitempty"`
	VerifiedAt *time.Time        `json:"verifiedAt,omitempty"`
}

func workloadOf(w run.WorkloadStatus) Workload {
	body := Workload{Name: w.Workload, Stages: []WorkloadStage{}}
	for _, st := range w.Stages {
		body.Stages = append(body.Stages, stageOf(st))
	}
	return body
}

func stageOf(st run.StageStatus) WorkloadStage {
	body := WorkloadStage{Stage: st.Stage, Status: "none"}
	if d := st.Deployment; d != nil {
		body.Release, body.Status, body.URLs = &d.Release, string(d.Status), d.Endpoints()
		body.AppliedAt, body.VerifiedAt = d.AppliedAt, d.VerifiedAt
	}
	if st.Serves != nil {
		body.Release, body.Attempted = st.Serves, body.Release
	}
	body.Rollout = st.Rollout
	if r := st.Run; r != nil {
		body.Run = r.ID
		if !r.Status.Terminal() {
			body.Status = string(r.Status)
		}
	}
	return body
}

type workloadsInput struct {
	ProjectPath
	httpserver.PageParams
}

type workloadsOutput struct {
	Body kernel.Page[Workload]
}

func (a API) workloads(ctx context.Context, in *workloadsInput) (*workloadsOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	page, err := a.Runs.Workloads(ctx, scope, in.Page())
	if err != nil {
		return nil, err
	}
	out := &workloadsOutput{Body: kernel.Page[Workload]{Items: []Workload{}, Next: page.Next}}
	for _, w := range page.Items {
		out.Body.Items = append(out.Body.Items, workloadOf(w))
	}
	return out, nil
}

type workloadOutput struct {
	Body Workload
}

func (a API) workload(ctx context.Context, in *WorkloadPath) (*workloadOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	w, err := a.Runs.Workload(ctx, scope, in.Workload)
	if err != nil {
		return nil, err
	}
	return &workloadOutput{Body: workloadOf(w)}, nil
}

// Graph is what a workload needs at a stage.
type Graph struct {
	Workload string            `json:"workload"`
	Nodes    []Node            `json:"nodes"`
	Names    map[string]string `json:"names" doc:"The uid of each resource of the workload by its name there."`
}

// Node is one resource of a graph.
type Node struct {
	UID        string            `json:"uid"`
	Key        string            `json:"key"`
	Type       string            `json:"type"`
	Class      string            `json:"class"`
	ID         string            `json:"id"`
	Name       string            `json:"name" doc:"The name of the real thing."`
	Shared     bool              `json:"shared"`
	Definition string            `json:"definition"`
	Module     NodeModule        `json:"module"`
	Inputs     map[string]any    `json:"inputs"`
	Outputs    map[string]any    `json:"outputs,omitempty" doc:"What the resource gives, where its definition says so; else it gives its module's outputs."`
	DependsOn  []string          `json:"dependsOn"`
	Why        graph.Explanation `json:"why"`
}

// NodeModule is the exact version of a module.
type NodeModule struct {
	Source  string `json:"source"`
	Version string `json:"version"`
	Digest  string `json:"digest,omitempty"`
}

func graphOf(g *graph.Graph) Graph {
	body := Graph{Workload: g.Workload, Nodes: []Node{}, Names: g.Names}
	for _, n := range g.Nodes {
		body.Nodes = append(body.Nodes, nodeOf(n))
	}
	return body
}

func nodeOf(n graph.Node) Node {
	return Node{
		UID: n.UID, Key: n.Key, Type: n.Type, Class: n.Class, ID: n.ID, Name: n.Name, Shared: n.Shared, Definition: n.Definition,
		Module: NodeModule{Source: n.Module.Source, Version: n.Module.Version, Digest: n.Module.Digest},
		Inputs: n.Inputs, Outputs: n.Outputs, DependsOn: append([]string{}, n.DependsOn...), Why: n.Why,
	}
}

type explainResourceInput struct {
	ProjectPath
	Workload string `query:"workload" required:"true" maxLength:"63" doc:"The workload's name."`
	Stage    string `query:"stage" maxLength:"63" doc:"One stage; without it, all."`
	Resource string `query:"resource" required:"true" maxLength:"256" doc:"The resource's name in the workload, or its uid."`
}

// ResourceExplanation tells what serves a resource in one stage, and why.
type ResourceExplanation struct {
	Stage    string            `json:"stage"`
	Release  run.ReleaseRef    `json:"release"`
	Resource Node              `json:"resource"`
	Address  string            `json:"address" doc:"The module's address in terraform."`
	Outputs  map[string]string `json:"outputs"`
}

type explainResourceOutput struct {
	Body struct {
		Items []ResourceExplanation `json:"items"`
	}
}

func (a API) explainResource(ctx context.Context, in *explainResourceInput) (*explainResourceOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	found, err := a.Runs.ExplainResource(ctx, scope, run.ResourceQuery{Workload: in.Workload, Stage: in.Stage, Resource: in.Resource})
	if err != nil {
		return nil, err
	}
	out := &explainResourceOutput{}
	for _, x := range found {
		out.Body.Items = append(out.Body.Items, ResourceExplanation{
			Stage: x.Stage, Release: x.Release, Resource: nodeOf(x.Node), Address: x.Address, Outputs: x.Outputs,
		})
	}
	return out, nil
}
