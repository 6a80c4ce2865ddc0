package steer

import (
	"slices"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/sidecar"
)

// answers is where a port of a workload answers by itself, "" being its only one. Where it has
// no such port it is known by which releases it does, and not where.
func (v view) answers(workload, port string) (at beside.Answers) {
	for _, one := range slices.Concat([]string{port}, v.instances.Ports(v.scope, workload)) {
		addr, release, ok := v.instances.Upstream(v.scope, workload, one)
		if !ok {
			continue
		}
		next, upcoming, weight := v.instances.Shared(v.scope, workload, one)
		at = beside.Answers{Release: release, Upcoming: upcoming, Weight: weight}
		if one == port {
			at.Addr, at.Next = addr, next
		}
		if one == port || weight > 0 {
			break
		}
	}
	return at
}

// whole are services for a sidecar that does not understand parts: of those that releases share
// it asks the one that serves.
func whole(services []sidecar.Service) []sidecar.Service {
	out := slices.Clone(services)
	for i := range out {
		out[i].Versions = slices.Clone(out[i].Versions)
		for j := range out[i].Versions {
			out[i].Versions[j].Next, out[i].Versions[j].Share = nil, 0
		}
	}
	return out
}

// share has instances of the release that takes over be asked beside those of the one before;
// who gets nothing is not asked.
func share(to *sidecar.Version, current, next []string, weight int) {
	switch {
	case weight == 0 || len(next) == 0:
		to.Instances = current
	case weight == 100:
		to.Instances = next
	default:
		to.Instances, to.Next, to.Share = current, next, weight
	}
}
