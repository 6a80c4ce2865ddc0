package source

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// compare finds what is to be done for one file.
func (p *planner) compare(ctx context.Context, w *wanted) (Change, error) {
	c := Change{Key: w.Key, Action: Nothing, State: Synced, File: w.file, wanted: w, object: p.object(w.Key)}
	problems := w.problems
	if w.Kind == StageKind && p.source.Tenant != p.Tenant {
		problems = append(slices.Clip(problems), kernel.Problem{ // the tree is read by several at once
			File: w.file, Line: 1, Column: 1, Message: "the stages are those of the whole installation: another tenant's sources may not have them", Fix: "remove the file",
		})
	}
	if len(problems) > 0 {
		c.State, c.Problems = Broken, problems
		return c, nil
	}
	owner, name, err := p.Store.Owner(ctx, p.source.Tenant, w.Key)
	switch {
	case err == nil && owner.Source != p.source.ID:
		c.fail(kernel.Problem{File: w.file, Line: 1, Column: 1, Message: w.Key.String() + " belongs to the source " + name + " already", Fix: "keep it in one of the two"})
		return c, nil
	case err != nil && !kernel.Is(err, kernel.NotFound):
		return c, err
	}
	switch w.Kind {
	case StageKind:
		return c, p.compareStage(&c)
	case DefinitionKind:
		return c, p.compareDefinition(ctx, &c)
	case GatewayKind, MeshKind:
		return c, p.compareDocuments(ctx, &c)
	case WorkloadKind:
	}
	return c, p.compareWorkload(ctx, &c)
}

func (c *Change) fail(problems ...kernel.Problem) {
	c.Action, c.State, c.Problems = Nothing, Broken, problems
}

// differs decides about an object that is not as its file says.
func (p *planner) differs(c *Change, there bool, live kernel.Digest) {
	switch {
	case there && live == c.wanted.digest:
	case c.object != nil && c.object.Digest == c.wanted.digest && !there:
		p.drifted(c, "it was removed by hand")
	case c.object != nil && c.object.Digest == c.wanted.digest:
		p.drifted(c, "it was changed by hand")
	case there:
		c.Action = Update
	default:
		c.Action = Create
	}
}

func (p *planner) drifted(c *Change, how string) {
	c.Message = how
	if c.Action = Heal; p.source.NoHeal {
		c.Action, c.State = Nothing, Drifted
	}
}

func (p *planner) compareStage(c *Change) error {
	if p.untrusted(c) {
		return nil
	}
	i := slices.IndexFunc(p.stages, func(st stage.Stage) bool { return st.Name == c.Name })
	if i < 0 {
		p.differs(c, false, "")
		return nil
	}
	live, err := kernel.DigestJSON(p.stages[i])
	p.differs(c, true, live)
	return err
}

func (p *planner) compareDefinition(ctx context.Context, c *Change) error {
	stored, err := p.Definitions.Definition(ctx, kernel.Scope{Tenant: p.source.Tenant}, c.Name)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return err
	}
	p.differs(c, err == nil, stored.Digest)
	return nil
}

// compareWorkload compares with the first stage alone: the others get their
// releases by promotion.
func (p *planner) compareWorkload(ctx context.Context, c *Change) error {
	if p.untrustedBuilds(c) {
		return nil
	}
	if err := p.project(ctx, c); err != nil || c.State == Broken {
		return err
	}
	scope := kernel.Scope{Tenant: p.source.Tenant, Project: c.Project}
	status, err := p.Workloads.Workload(ctx, scope, c.Name)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return err
	}
	var first run.StageStatus
	if len(status.Stages) > 0 {
		first = status.Stages[0]
	}
	c.run = first.Run
	switch {
	case c.object == nil || c.object.Digest == "":
		if c.Action = Create; first.Deployment != nil {
			c.Action = Update
		}
	case c.object.Digest != c.wanted.digest:
		c.Action = Update
	case first.Run != nil && !first.Run.Status.Terminal():
		c.State, c.Message = Progressing, fmt.Sprintf("%s is %s", first.Run.ID, words(first.Run.Status))
	case first.Deployment == nil || first.Deployment.Release.ID != c.object.Release:
		p.elsewhere(c, first)
	case first.Deployment.Status != run.DeploymentVerified:
		c.State, c.Message = Broken, fmt.Sprintf("it is %s on %s%s", first.Deployment.Status, first.Stage, p.because(first.Run))
	}
	return nil
}

// project refuses an object of a project that there is not.
func (p *planner) project(ctx context.Context, c *Change) error {
	err := p.Projects.Exists(ctx, kernel.Scope{Tenant: p.source.Tenant, Project: c.Project})
	if !kernel.Is(err, kernel.NotFound) {
		return err
	}
	c.fail(kernel.Problem{File: c.File, Line: 1, Column: 1, Message: "there is no project " + c.Project, Fix: "make it with: terrace project create " + c.Project})
	return nil
}

// elsewhere decides about a workload whose first stage does not have what the
// source deployed last.
func (p *planner) elsewhere(c *Change, first run.StageStatus) {
	switch last := first.Run; {
	case last != nil && last.ID == c.object.Run:
		c.State, c.Message = Broken, fmt.Sprintf("%s is %s; nothing is tried again until the file changes, or terrace source sync %s", last.ID, words(last.Status), p.source.Name)
	case last != nil && last.Cause != nil:
		c.State, c.Message = Broken, "Terrace returned the stage to an earlier release; change the file, or terrace source sync "+p.source.Name
	case first.Deployment == nil:
		p.drifted(c, "it was destroyed by hand")
	default:
		p.drifted(c, "another release was deployed by hand")
	}
}

// because says why a deployment is not as it should be, where its newest run knows, and
// what has it tried again.
func (p *planner) because(last *run.Run) string {
	if last == nil || last.Failure == nil {
		return ""
	}
	return fmt.Sprintf(": %s is %s in phase %s: %s; terrace explain %s tells all of it; nothing is tried again until the file changes, or terrace source sync %s",
		last.ID, words(last.Status), last.Failure.Phase, last.Failure.Message, last.ID, p.source.Name)
}

func words(s run.Status) string { return strings.ReplaceAll(string(s), "_", " ") }
