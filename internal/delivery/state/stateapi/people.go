package stateapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/delivery/state"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// registerPeople adds the operations by which people look at states and change them.
func (a API) registerPeople(api huma.API) {
	const base = "/projects/{project}/workloads/{workload}/state"
	httpserver.Register(api, operation("get-state", http.MethodGet, base, "Tell what the state of a workload on a stage has, and who holds its lock"), a.look)
	httpserver.Register(api, operation("get-state-resource", http.MethodGet, base+"/resource", "Get one resource of a state, without what is sensitive"), a.show)
	httpserver.Register(api, operation("diff-state", http.MethodGet, base+"/diff", "Tell what differs between two versions of a state"), a.diff)
	httpserver.Register(api, operation("move-state", http.MethodPost, base+"/move", "Give a resource or a module of a state another address"), a.move)
	httpserver.Register(api, operation("remove-state", http.MethodPost, base+"/remove", "Forget resources of a state, which stay as they are"), a.remove)
	httpserver.Register(api, operation("roll-back-state", http.MethodPost, base+"/rollback", "Bring the content of an earlier version back"), a.rollback)
	httpserver.Register(api, operation("unlock-state", http.MethodPost, base+"/unlock", "Give the lock back for a holder that cannot"), a.forceUnlock)
	a.registerAside(api, base)
	httpserver.Register(api, httpserver.UploadOperation(
		operation("import-state", http.MethodPut, base, "Take a state that was kept elsewhere"), "application/octet-stream", state.MaxSize), a.importState)
}

func operation(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"state"}, DefaultStatus: http.StatusOK}
}

// Target names a workload on a stage.
type Target struct {
	Project  string `path:"project" maxLength:"63" doc:"The project's name."`
	Workload string `path:"workload" maxLength:"63" doc:"The workload's name."`
	Stage    string `query:"stage" required:"true" maxLength:"63" doc:"The stage's name."`
}

func (t Target) stack(ctx context.Context) string {
	actor, _ := kernel.ActorFrom(ctx) // httpserver lets nobody else in
	return kernel.StackID(kernel.Scope{Tenant: actor.Tenant, Project: t.Project, Stage: t.Stage}, t.Workload)
}

// versionOutput is a version of a state.
type versionOutput struct{ Body state.Version }

// VersionOf names a version of the state of a workload on a stage, or what was set aside.
type VersionOf struct {
	Target
	Version string `query:"version" maxLength:"64" doc:"The id of a version, or of a state that was set aside; without it the one in force."`
}

func (a API) look(ctx context.Context, in *VersionOf) (*struct{ Body state.View }, error) {
	v, err := a.State.Look(ctx, in.stack(ctx), in.Version)
	return &struct{ Body state.View }{v}, err
}

type showInput struct {
	VersionOf
	Address string `query:"address" required:"true" maxLength:"2048" doc:"The resource's address."`
}

func (a API) show(ctx context.Context, in *showInput) (*struct{ Body state.Resource }, error) {
	r, err := a.State.Show(ctx, in.stack(ctx), in.Version, in.Address)
	return &struct{ Body state.Resource }{r}, err
}

type diffInput struct {
	Target
	From string `query:"from" required:"true" maxLength:"64" doc:"The id of a version."`
	To   string `query:"to" maxLength:"64" doc:"The id of a version; without it the one in force."`
}

func (a API) diff(ctx context.Context, in *diffInput) (*struct{ Body state.Difference }, error) {
	d, err := a.State.Diff(ctx, in.stack(ctx), in.From, in.To)
	return &struct{ Body state.Difference }{d}, err
}

type moveInput struct {
	Target
	Body struct {
		From   string `json:"from" minLength:"1" maxLength:"2048"`
		To     string `json:"to" minLength:"1" maxLength:"2048"`
		Reason string `json:"reason" maxLength:"1000"`
	}
}

func (a API) move(ctx context.Context, in *moveInput) (*versionOutput, error) {
	v, err := a.State.Move(ctx, in.stack(ctx), in.Body.From, in.Body.To, in.Body.Reason)
	return &versionOutput{v}, err
}

type removeInput struct {
	Target
	Body struct {
		Addresses []string `json:"addresses" minItems:"1" maxItems:"1000"`
		Reason    string   `json:"reason" maxLength:"1000"`
	}
}

func (a API) remove(ctx context.Context, in *removeInput) (*versionOutput, error) {
	v, err := a.State.Remove(ctx, in.stack(ctx), in.Body.Addresses, in.Body.Reason)
	return &versionOutput{v}, err
}

type rollbackInput struct {
	Target
	Body struct {
		Version string `json:"version" minLength:"1" maxLength:"64" doc:"The id of the version whose content comes back."`
		Reason  string `json:"reason" maxLength:"1000"`
	}
}

func (a API) rollback(ctx context.Context, in *rollbackInput) (*versionOutput, error) {
	v, err := a.State.Rollback(ctx, in.stack(ctx), in.Body.Version, in.Body.Reason)
	return &versionOutput{v}, err
}

type unlockInput struct {
	Target
	Body struct {
		ID     string `json:"id" minLength:"1" maxLength:"128" doc:"The lock's ID."`
		Reason string `json:"reason" maxLength:"1000"`
	}
}

func (a API) forceUnlock(ctx context.Context, in *unlockInput) (*struct{}, error) {
	return nil, a.State.ForceUnlock(ctx, in.stack(ctx), in.Body.ID, in.Body.Reason)
}

type importInput struct {
	httpserver.Upload
	Target
	Replace bool   `query:"replace" doc:"Put it in the place of a state that is there."`
	Other   bool   `query:"otherLineage" doc:"Beside replace: also where the one that is there has another lineage, and so is the state of something else."`
	Reason  string `query:"reason" maxLength:"1000" doc:"Why; it is in the audit log."`
}

func (a API) importState(ctx context.Context, in *importInput) (*versionOutput, error) {
	v, err := a.State.Import(ctx, in.stack(ctx), in.Reader(), state.Replacing{State: in.Replace, Lineage: in.Other}, in.Reason)
	return &versionOutput{v}, err
}
