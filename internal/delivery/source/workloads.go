package source

import (
	"context"
	"fmt"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// applyWorkload deploys to the first stage. A run that was asked for before a
// crash and not kept is found by its reason, and not asked for again.
func (p *planner) applyWorkload(ctx context.Context, c *Change, o *Object) error {
	if len(p.stages) == 0 {
		return kernel.Errorf(kernel.Refused, "there are no stages")
	}
	artifacts, ready, err := p.images(ctx, c, o)
	if err != nil || !ready || p.waits(c, o) {
		return err
	}
	mark := p.mark(c)
	r := c.run
	if r == nil || !strings.HasSuffix(r.Reason, mark) || r.Status.Terminal() && (o.Run == r.ID || o.Digest == c.wanted.digest) {
		made, err := p.Workloads.Deploy(ctx, kernel.Scope{Tenant: p.source.Tenant, Project: c.Project}, run.DeployRequest{
			Stage: p.stages[0].Name, Workload: c.wanted.workload, Version: c.wanted.version, Artifacts: artifacts, Reason: p.reason(c.File) + " " + mark, WhenOpen: true,
		})
		if err != nil {
			return err
		}
		r = &made
	}
	o.Digest, o.Release, o.Run, o.State = c.wanted.digest, r.Release.ID, r.ID, Progressing
	c.Message = r.ID + " brings it to " + p.stages[0].Name
	return nil
}

// mark is how a run that was asked for is known again.
func (p *planner) mark(c *Change) string {
	return fmt.Sprintf("(%s %s)", p.source.ID, c.wanted.digest.Short())
}

// reason is what records tell of a change.
func (p *planner) reason(file string) string {
	text := fmt.Sprintf("%s at %s", p.source.origin(), short(p.tree.commit))
	if file != "" {
		text += ": " + file
	}
	return text
}
