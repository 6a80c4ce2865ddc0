package source

import (
	"context"
	"fmt"
	"slices"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// prune removes what has no file: documents of the mesh, routes, workloads, then definitions, then stages.
func (p *planner) prune(ctx context.Context) error {
	for _, c := range p.leaving(ctx) {
		if c.Action != Delete {
			if err := p.keep(ctx, c, p.kept(c)); err != nil {
				return err
			}
			continue
		}
		if err := p.removeOne(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (p *planner) removeOne(ctx context.Context, c *Change) error {
	if !c.object.Removing {
		o := *c.object
		o.Removing = true
		if err := p.Store.PutObject(ctx, p.source, o); err != nil {
			return err
		}
		c.object = &o
	}
	if c.object.unmade() {
		c.State = gone
		return p.Store.RemoveObject(ctx, p.source, c.Key) // it never came about
	}
	return p.one(ctx, c, func(ctx context.Context, c *Change, o *Object) error {
		done, err := true, error(nil)
		switch c.Kind {
		case StageKind:
			err = p.removeStage(ctx, c)
		case DefinitionKind:
			err = p.Definitions.DeleteDefinition(ctx, kernel.Scope{Tenant: p.source.Tenant}, c.Name)
		case WorkloadKind:
			done, err = p.removeWorkload(ctx, c, o)
		case GatewayKind, MeshKind:
			err = p.removeDocuments(ctx, c)
		}
		if err != nil && !kernel.Is(err, kernel.NotFound) {
			return err
		}
		if !done {
			return nil
		}
		o.State = gone
		return p.Store.RemoveObject(ctx, p.source, c.Key)
	})
}

func (p *planner) removeStage(ctx context.Context, c *Change) error {
	next := slices.DeleteFunc(slices.Clone(p.stages), func(st stage.Stage) bool { return st.Name == c.Name })
	if len(next) == len(p.stages) {
		return nil
	}
	if err := p.setStages(ctx, next); err != nil {
		return stageError(c.Name, err)
	}
	return nil
}

// removeWorkload destroys it on every stage, the last first, by runs that pass
// the gates, approvals and windows of each.
func (p *planner) removeWorkload(ctx context.Context, c *Change, o *Object) (done bool, err error) {
	scope := kernel.Scope{Tenant: p.source.Tenant, Project: c.Project}
	status, err := p.Workloads.Workload(ctx, scope, c.Name)
	if err != nil {
		return true, err
	}
	o.State, done = Progressing, true
	for _, in := range slices.Backward(status.Stages) {
		under, err := p.destroy(ctx, scope, c, o, in)
		if err != nil {
			return false, err
		}
		done = done && !under
	}
	return done, nil
}

// destroy asks for the run that removes a workload from one stage, unless there
// is one, and reports whether there is anything left.
func (p *planner) destroy(ctx context.Context, scope kernel.Scope, c *Change, o *Object, in run.StageStatus) (under bool, err error) {
	switch r := in.Run; {
	case r != nil && !r.Status.Terminal():
		c.Message = fmt.Sprintf("%s on %s is %s", r.ID, in.Stage, words(r.Status))
		return true, nil
	case in.Deployment == nil:
		return false, nil
	case r != nil && o.Destroys[in.Stage] == r.ID:
		return true, kernel.Errorf(kernel.Refused, "%s, which removes it from %s, is %s", r.ID, in.Stage, words(r.Status)).
			WithFix("see terrace explain %s, then terrace source sync %s", r.ID, p.source.Name)
	}
	made, err := p.Workloads.Destroy(ctx, scope, run.ChangeRequest{Workload: c.Name, Stage: in.Stage, Reason: p.reason("the file is gone: " + c.File), WhenOpen: true})
	if err != nil {
		return true, err
	}
	if o.Destroys == nil {
		o.Destroys = map[string]string{}
	}
	o.Destroys[in.Stage] = made.ID
	c.Message = made.ID + " removes it from " + in.Stage
	return true, nil
}
