package cluster

import (
	"maps"
	"slices"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
)

// Workload is what a mesh has to know of a workload that is named in documents.
type Workload struct {
	Name  string
	Ports []Port
	// Probes are paths that the kubelet asks with GET, which proves nothing of itself.
	Probes []string
}

// Port is one of TCP: that of the service, and where the pods listen.
type Port struct{ Service, Pod int }

// Named returns workloads by name: those given, and of others what documents say, as if their
// pods listened on the ports of their services.
func Named(given []Workload, documents []meshdoc.Document) map[string]Workload {
	out := map[string]Workload{}
	for _, d := range documents {
		if d.Authorization != nil && d.Authorization.TargetRef != nil {
			name(out, d.Authorization.TargetRef.Name, 0)
		}
		if d.Calls() == nil {
			continue
		}
		for _, p := range d.Calls().ParentRefs {
			name(out, p.Name, p.Port)
		}
		for _, r := range d.Calls().Rules {
			for _, b := range r.BackendRefs {
				name(out, b.Name, b.Port)
			}
		}
	}
	for _, w := range given {
		out[w.Name] = w
	}
	return out
}

func name(all map[string]Workload, workload string, port int) {
	w := all[workload]
	w.Name = workload
	if p := (Port{port, port}); port != 0 && !slices.Contains(w.Ports, p) {
		w.Ports = append(w.Ports, p)
	}
	all[workload] = w
}

// PodPorts are where the pods listen, each once, in order.
func (w Workload) PodPorts() []int {
	seen := map[int]bool{}
	for _, p := range w.Ports {
		seen[p.Pod] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// Only returns the port of the service where it has one, which is what is meant by none.
func (w Workload) Only() (int, bool) {
	if len(w.Ports) != 1 {
		return 0, false
	}
	return w.Ports[0].Service, true
}

// Paths are the probes, each once, in order.
func (w Workload) Paths() []string { return slices.Compact(slices.Sorted(slices.Values(w.Probes))) }
