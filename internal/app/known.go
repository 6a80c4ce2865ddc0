package app

import (
	"context"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/access/identity"
	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/run/runsql"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// known refuses, for all rooms in the same words, what narrows an answer to a stage or
// a workload that there is not: an answer about nothing reads as if all were well.
type known struct {
	access *identity.Service
	stages *stage.Service
	runs   *run.Service
	store  *runsql.Store
}

// records are the operations that tell what happened, also on stages that are gone.
func records() []string {
	return []string{"list-audit-entries", "list-events", "list-runs", "list-verifications", "list-drift", "list-exemptions"}
}

// ahead are the operations that may be about a workload before it is deployed.
func ahead() []string { return []string{"get-config", "explain-config", "diff-config"} }

// middleware checks the query of each operation that takes a stage or a workload.
func (k known) middleware(api huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if err := k.check(ctx); err != nil {
			_ = huma.WriteErr(api, ctx, httpserver.Status(err), "", err) // huma reports it itself
			return
		}
		next(ctx)
	}
}

func (k known) check(ctx huma.Context) error {
	actor, _ := kernel.ActorFrom(ctx.Context()) // who is nobody may ask what is public alone
	scope := kernel.Scope{Tenant: actor.Tenant, Project: ctx.Param("project")}
	if scope.Project == "" {
		scope.Project = asked(ctx, "project")
	}
	if name := asked(ctx, "stage"); name != "" {
		if err := k.stage(ctx, scope, name); err != nil {
			return err
		}
	}
	if name := asked(ctx, "workload"); name != "" && !slices.Contains(ahead(), ctx.Operation().OperationID) {
		return k.workload(ctx.Context(), scope, name)
	}
	return nil
}

// asked is what the query says, where the operation takes it.
func asked(ctx huma.Context, name string) string {
	for _, p := range ctx.Operation().Parameters {
		if p.In == "query" && p.Name == name {
			return ctx.Query(name)
		}
	}
	return ""
}

// stage leaves it to the room to answer who may not read stages.
func (k known) stage(ctx huma.Context, scope kernel.Scope, name string) error {
	if err := k.access.Authorize(ctx.Context(), "stage.read", scope); err != nil {
		return nil
	}
	if slices.Contains(records(), ctx.Operation().OperationID) {
		return k.stages.Ever(ctx.Context(), name)
	}
	_, err := k.stages.Set.Get(name)
	return err
}

// workload looks in the project, or in all that have one of the name and that the actor
// sees. It leaves it to the room to answer who may not see workloads.
func (k known) workload(ctx context.Context, scope kernel.Scope, name string) error {
	if _, ok := kernel.ActorFrom(ctx); !ok {
		return nil
	}
	if scope.Project != "" {
		if err := k.runs.Known(ctx, scope, name); !kernel.Is(err, kernel.Denied) {
			return err
		}
		return nil
	}
	projects, err := k.store.ProjectsOf(ctx, scope.Tenant, name)
	if err != nil {
		return err
	}
	for _, project := range projects {
		err := k.runs.Known(ctx, scope.InProject(project), name)
		if !kernel.Is(err, kernel.NotFound) && !kernel.Is(err, kernel.Denied) {
			return err
		}
	}
	return kernel.Errorf(kernel.NotFound, "there is no workload %s in the projects that you see", name).WithFix("see terrace status for those of a project")
}
