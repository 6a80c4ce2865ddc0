package vcs

import (
	"context"
	"slices"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
)

// giversFirst sorts bindings so that the workload of each comes after those that it
// takes outputs of. The others keep their places. A Score file that cannot be read
// takes nothing here: its check tells what is wrong with it.
func (st *step) giversFirst(ctx context.Context, bindings []Binding, commit string) []Binding {
	o := ordering{project: st.repo.Scope.Project, bindings: bindings, workloads: make([]*workload.Workload, len(bindings)), done: make([]bool, len(bindings))}
	for i, b := range bindings {
		if w, err := st.workload(ctx, &Check{Score: b.Score}, commit); err == nil {
			o.workloads[i] = w
		}
	}
	for i := range bindings {
		o.visit(i)
	}
	return o.sorted
}

type ordering struct {
	project   string
	bindings  []Binding
	workloads []*workload.Workload
	done      []bool
	sorted    []Binding
}

func (o *ordering) visit(i int) {
	if o.done[i] {
		return // it has its place, or is in a circle, which its run is refused for
	}
	o.done[i] = true
	if w := o.workloads[i]; w != nil {
		for _, t := range w.Takes() {
			if t.Project != "" && t.Project != o.project {
				continue
			}
			if giver := slices.IndexFunc(o.workloads, func(g *workload.Workload) bool { return g != nil && g.Name == t.Workload }); giver >= 0 {
				o.visit(giver)
			}
		}
	}
	o.sorted = append(o.sorted, o.bindings[i])
}
