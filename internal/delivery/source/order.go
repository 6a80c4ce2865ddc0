package source

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// giversFirst sorts the workloads among the changes so that each comes after those
// that it takes outputs of; takes tells these. The others keep their places.
func giversFirst(changes []*Change, takes func(c *Change) []Key) []*Change {
	o := ordering{changes: changes, takes: takes, done: map[Key]bool{}}
	for _, c := range changes {
		o.visit(c)
	}
	return o.sorted
}

type ordering struct {
	changes []*Change
	takes   func(c *Change) []Key
	done    map[Key]bool
	sorted  []*Change
}

func (o *ordering) visit(c *Change) {
	if o.done[c.Key] {
		return // it has its place, or is in a circle, which its run is refused for
	}
	o.done[c.Key] = true
	for _, k := range o.takes(c) {
		if i := slices.IndexFunc(o.changes, func(other *Change) bool { return other.Key == k }); i >= 0 {
			o.visit(o.changes[i])
		}
	}
	o.sorted = append(o.sorted, c)
}

// taken are the workloads that a file takes outputs of.
func (c *Change) taken() []Key {
	if c.wanted == nil || c.wanted.workload == nil {
		return nil
	}
	var keys []Key
	for _, t := range c.wanted.workload.Takes() {
		k := Key{Kind: WorkloadKind, Project: t.Project, Name: t.Workload}
		if k.Project == "" {
			k.Project = c.Project
		}
		keys = append(keys, k)
	}
	return keys
}

// takenNow are the workloads that one takes outputs of where it is deployed.
func (p *planner) takenNow(ctx context.Context, c *Change) []Key {
	if c.Kind != WorkloadKind || c.Action != Delete {
		return nil
	}
	status, err := p.Workloads.Workload(ctx, kernel.Scope{Tenant: p.source.Tenant, Project: c.Project}, c.Name)
	if err != nil {
		return nil // what is wrong with it is told when it is removed
	}
	var keys []Key
	for _, in := range status.Stages {
		if in.Deployment == nil {
			continue
		}
		for _, t := range in.Deployment.Takes {
			keys = append(keys, Key{Kind: WorkloadKind, Project: t.Project, Name: t.Workload})
		}
	}
	return keys
}

// leaving are the changes of what has no file: what takes before what gives, and
// workloads before all else, as they stand.
func (p *planner) leaving(ctx context.Context) []*Change {
	var workloads, rest []*Change
	for i := range p.diff.Changes {
		c := &p.diff.Changes[i]
		switch {
		case c.wanted != nil:
		case c.Kind == WorkloadKind:
			workloads = append(workloads, c)
		default:
			rest = append(rest, c)
		}
	}
	workloads = giversFirst(workloads, func(c *Change) []Key { return p.takenNow(ctx, c) })
	slices.Reverse(workloads)
	return append(workloads, rest...)
}
