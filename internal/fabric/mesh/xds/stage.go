package xds

import (
	"maps"
	"slices"
	"strconv"

	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// audience is who is told the same: clients of one kind in a stage.
type audience struct {
	scope kernel.Scope
	// envoy tells that they are Envoys, and not programs of gRPC.
	envoy bool
}

// stage is what is known of a stage at one moment, for one audience.
type stage struct {
	audience

	table    *mesh.Table
	services []service
	beside   map[string][]beside.Standing
}

// service is a workload that is there, or that a route names.
type service struct {
	name  string
	ports []port
}

// port is one of a service by all its names; the first is its number, where it has one.
type port struct {
	names []string
	beside.Answers
}

// target is the port of a service that a reference means.
type target struct{ service, port string }

// cluster is the name of the cluster of a target.
func (t target) cluster() string {
	if t.port == "" {
		return t.service
	}
	return t.service + ":" + t.port
}

func stageOf(a audience, c Config) stage {
	st := stage{audience: a, table: c.Tables.Table(a.scope), beside: c.Beside.Of(a.scope)}
	names := slices.Concat(c.Instances.ServiceNames(a.scope), st.table.Routed(), slices.Collect(maps.Keys(st.beside)))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		st.services = append(st.services, service{name, portsOf(a.scope, name, c.Instances)})
	}
	return st
}

// portsOf are the ports of a service; the names of one lead to the same address.
func portsOf(scope kernel.Scope, service string, instances Instances) (out []port) {
	names := instances.Ports(scope, service)
	slices.SortFunc(names, numbersFirst)
	for _, name := range names {
		addr, release, ok := instances.Upstream(scope, service, name)
		if !ok {
			continue
		}
		at := beside.Answers{Addr: addr, Release: release}
		at.Next, at.Upcoming, at.Weight = instances.Shared(scope, service, name)
		i := slices.IndexFunc(out, func(p port) bool { return p.Addr == addr })
		if i < 0 {
			out = append(out, port{Answers: at})
			i = len(out) - 1
		}
		out[i].names = append(out[i].names, name)
	}
	return out
}

// numbersFirst orders names of ports: numbers, names, and the empty one.
func numbersFirst(a, b string) int {
	rank := func(name string) int {
		switch _, err := strconv.Atoi(name); {
		case err == nil:
			return 0
		case name == "":
			return 2
		}
		return 1
	}
	if d := rank(a) - rank(b); d != 0 {
		return d
	}
	if a < b {
		return -1
	}
	return 1
}

// target returns what a reference to a service means; port 0 is its only one.
func (st stage) target(name string, number int) target {
	i := slices.IndexFunc(st.services, func(s service) bool { return s.name == name })
	asked := ""
	if number != 0 {
		asked = strconv.Itoa(number)
	}
	if i >= 0 {
		for _, p := range st.services[i].ports {
			if slices.Contains(p.names, asked) {
				return target{name, p.names[0]}
			}
		}
	}
	return target{name, asked}
}

// place is where a target answers; nowhere without addresses.
type place struct {
	// addrs are those of the release that serves, next those of the one that takes over from it
	// and gets weight percent of new calls.
	addrs, next       []string
	release, upcoming string
	weight            int
	// proven tells that caller and callee prove who they are.
	proven bool
}

// place is where a port of a service answers that answers by itself as a says: at the sidecars
// beside it, where there are such. Programs of gRPC have no certificate to show to these where
// the mesh is off.
func (st stage) place(t target, a beside.Answers) place {
	out := place{release: a.Release, upcoming: a.Upcoming, weight: a.Weight}
	var serving []beside.Standing
	if st.envoy || st.table.Strict() {
		if serving = st.beside[t.service]; st.several(t.service) {
			serving = beside.For(serving, t.port, a)
		}
	}
	out.addrs, out.next, out.proven = beside.Divide(serving, a, st.table.Strict())
	return out
}

// several tells whether a service has more ports than one.
func (st stage) several(name string) bool {
	i := slices.IndexFunc(st.services, func(s service) bool { return s.name == name })
	return i >= 0 && len(st.services[i].ports) > 1
}

// targets are all that the stage's services and routes mean, each with where it answers.
func (st stage) targets() map[target]place {
	out := map[target]place{}
	for _, s := range st.services {
		for _, p := range s.ports {
			t := target{s.name, p.names[0]}
			out[t] = st.place(t, p.Answers)
		}
		if len(s.ports) == 0 && len(st.beside[s.name]) > 0 {
			out[target{s.name, ""}] = st.place(target{s.name, ""}, beside.Answers{})
		}
	}
	for _, s := range st.services {
		for _, w := range st.table.Ways(s.name) {
			for _, b := range w.Backends {
				t := st.target(b.Name, b.Port)
				if _, known := out[t]; !known {
					out[t] = st.place(t, beside.Answers{})
				}
			}
		}
	}
	return out
}
