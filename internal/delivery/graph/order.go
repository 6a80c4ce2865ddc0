package graph

import (
	"slices"
	"strings"
)

// order lists the nodes so that each comes after what it depends on, and
// reports the cycles.
func (r *resolver) order() {
	o := sorting{r: r, done: make(map[string]bool, len(r.nodes))}
	for _, uid := range sortedKeys(r.nodes) {
		o.visit(uid)
	}
}

type sorting struct {
	r    *resolver
	done map[string]bool
	path []string
}

func (o *sorting) visit(uid string) {
	if i := slices.Index(o.path, uid); i >= 0 {
		o.cycle(append(slices.Clone(o.path[i:]), uid))
		return
	}
	if o.done[uid] {
		return
	}
	o.path = append(o.path, uid)
	b := o.r.nodes[uid]
	for _, next := range b.DependsOn {
		o.visit(next)
	}
	o.path = o.path[:len(o.path)-1]
	o.done[uid] = true
	o.r.graph.Nodes = append(o.r.graph.Nodes, b.Node)
}

func (o *sorting) cycle(uids []string) {
	labels := make([]string, len(uids))
	for i, uid := range uids {
		labels[i] = o.r.nodes[uid].label
	}
	first := o.r.nodes[uids[0]]
	o.r.problem(first.at, "resources."+first.label, "the resources need each other: "+strings.Join(labels, " → "),
		"remove one of these references")
}
