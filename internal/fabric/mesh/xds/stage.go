package xds

import (
	"slices"
	"strconv"

	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// stage is what is known of a stage at one moment.
type stage struct {
	table    *mesh.Table
	services []service
}

// service is a workload that is there, or that a route names.
type service struct {
	name  string
	ports []port
}

// port is one of a service by all its names; the first is its number, where it has one.
type port struct {
	names []string
	answers
}

// answers is where a port is answered, addr being "" for nowhere, and where it is by the release
// that takes over, with its share of new calls in percent.
type answers struct {
	addr, release  string
	next, upcoming string
	weight         int
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

func stageOf(scope kernel.Scope, tables Tables, instances Instances) stage {
	st := stage{table: tables.Table(scope)}
	names := slices.Concat(instances.ServiceNames(scope), st.table.Routed())
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		st.services = append(st.services, service{name, portsOf(scope, name, instances)})
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
		at := answers{addr: addr, release: release}
		at.next, at.upcoming, at.weight = instances.Shared(scope, service, name)
		i := slices.IndexFunc(out, func(p port) bool { return p.addr == addr })
		if i < 0 {
			out = append(out, port{answers: at})
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

// targets are all that the stage's services and routes mean, each with where it is
// answered.
func (st stage) targets() map[target]answers {
	out := map[target]answers{}
	for _, s := range st.services {
		for _, p := range s.ports {
			out[target{s.name, p.names[0]}] = p.answers
		}
		for _, w := range st.table.Ways(s.name) {
			for _, b := range w.Backends {
				if t := st.target(b.Name, b.Port); out[t].addr == "" {
					out[t] = answers{}
				}
			}
		}
	}
	return out
}
