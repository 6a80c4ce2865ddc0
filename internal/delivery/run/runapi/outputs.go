package runapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerOutputs(api huma.API) {
	httpserver.Register(api, operation("get-outputs", http.MethodGet, "/workloads/{workload}/outputs", "workloads",
		"Tell what a workload publishes and takes, and who takes from it"), a.outputs)
}

// StageOutputs is what a workload gives and takes in one stage.
type StageOutputs struct {
	Stage   string                `json:"stage"`
	Run     string                `json:"run,omitempty" doc:"The run that was applied there last."`
	State   *run.StateRef         `json:"state,omitempty" doc:"The version of the state that it left."`
	Outputs []run.PublishedOutput `json:"outputs"`
	Inputs  []run.CurrentInput    `json:"inputs" doc:"What was taken of others when it was applied."`
	Users   []run.User            `json:"users" doc:"The workloads that take from it."`
}

type outputsInput struct {
	WorkloadPath
	Stage string `query:"stage" maxLength:"63" doc:"One stage; without it, all."`
}

type outputsOutput struct {
	Body struct {
		Items []StageOutputs `json:"items"`
	}
}

func (a API) outputs(ctx context.Context, in *outputsInput) (*outputsOutput, error) {
	scope, err := httpserver.Scope(ctx, in.Project)
	if err != nil {
		return nil, err
	}
	all, err := a.Runs.Outputs(ctx, scope, in.Workload, in.Stage)
	if err != nil {
		return nil, err
	}
	out := &outputsOutput{}
	out.Body.Items = []StageOutputs{}
	for _, l := range all {
		out.Body.Items = append(out.Body.Items, StageOutputs{Stage: l.Stage, Run: l.Run, State: l.State, Outputs: l.Outputs, Inputs: l.Inputs, Users: l.Users})
	}
	return out, nil
}
