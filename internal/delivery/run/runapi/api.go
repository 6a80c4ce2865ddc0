// Package runapi serves delivery/run over HTTP: deployments and promotions,
// runs with their dossiers, approvals and logs, workloads, and explanations.
//
// It owns the wire: paths and bodies. It decides nothing about runs.
package runapi

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// maxScore bounds a request that carries a workload with its inlined files.
const maxScore = 4 << 20

// API serves a run service.
type API struct {
	Runs *run.Service
}

// Register adds the room's operations.
func (a API) Register(api huma.API) {
	httpserver.Enum(api, "Where a run is on its way.", run.Statuses()...)
	httpserver.Enum(api, "What a run is for.", run.Deploy, run.Promote, run.Rollback, run.Destroy, run.Refresh)
	httpserver.Enum(api, "What a failed gate means: advisory ones warn, soft-mandatory ones hold the run until somebody overrides them, hard-mandatory ones end it.", run.Advisory, run.SoftMandatory, run.HardMandatory)
	httpserver.Enum(api, "What a gate says.", run.Passed, run.Missed, run.Waiting)
	httpserver.Enum(api, "What keeps a run from being executed.", run.WaitRun, run.WaitProducer, run.WaitSlot, run.WaitTenant, run.WaitProject, run.WaitSuspension, run.WaitStage, run.WaitRunner)
	a.registerRequests(api)
	a.registerRuns(api)
	a.registerDecisions(api)
	a.registerWorkloads(api)
	a.registerReleases(api)
	a.registerOutputs(api)
	a.registerTags(api)
	a.registerVerifications(api)
}

// ProjectPath is the part of every path; huma sees only what is exported.
type ProjectPath struct {
	Project string `path:"project" maxLength:"63" doc:"The project's name."`
}

// RunPath names one run.
type RunPath struct {
	ProjectPath
	ID string `path:"id" maxLength:"64" doc:"The run's id."`
}

// runAnswer is the answer of what makes or changes a run.
type runAnswer struct{ Body RunAnswer }

// RunAnswer is its body.
type RunAnswer struct {
	Run run.Run `json:"run"`
}

func answer(r run.Run, err error) (*runAnswer, error) {
	if err != nil {
		return nil, err
	}
	out := &runAnswer{}
	out.Body.Run = r
	return out, nil
}

func operation(id, method, path, tag, summary string) huma.Operation {
	op := huma.Operation{OperationID: id, Method: method, Path: "/projects/{project}" + path, Summary: summary, Tags: []string{tag}}
	if method == http.MethodPost {
		op.DefaultStatus = http.StatusOK
	}
	return op
}

func accepted(op huma.Operation) huma.Operation {
	op.DefaultStatus = http.StatusAccepted
	return op
}

func (a API) registerRequests(api huma.API) {
	deploy := accepted(operation("deploy", http.MethodPost, "/deployments", "deployments", "Make a release of a workload and deploy it"))
	deploy.MaxBodyBytes = maxScore
	httpserver.Register(api, deploy, a.deploy)
	check := operation("check-deployment", http.MethodPost, "/deployments/check", "deployments", "Tell what a deployment would be refused for, whatever is built for it; nothing is made")
	check.DefaultStatus, check.MaxBodyBytes = http.StatusNoContent, maxScore
	httpserver.Register(api, check, a.check)
	resolve := operation("resolve-graph", http.MethodPost, "/graph", "workloads", "Resolve a workload's resources for a stage")
	resolve.MaxBodyBytes = maxScore
	httpserver.Register(api, resolve, a.resolve)
	references := operation("check-references", http.MethodPost, "/graph/references", "workloads", "Tell which secrets a workload refers to that are not in a stage; nothing is made")
	references.MaxBodyBytes = maxScore
	httpserver.Register(api, references, a.references)
	httpserver.Register(api, accepted(operation("promote", http.MethodPost, "/workloads/{workload}/promotions", "deployments",
		"Carry a release to the next stage")), a.promote)
	httpserver.Register(api, accepted(operation("roll-back", http.MethodPost, "/workloads/{workload}/rollbacks", "deployments",
		"Return a stage to an earlier release")), a.rollback)
	httpserver.Register(api, accepted(operation("destroy", http.MethodPost, "/workloads/{workload}/destructions", "deployments",
		"Remove a workload from a stage")), a.destroy)
}
