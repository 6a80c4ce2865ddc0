package steer

import (
	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/sidecar"
)

// part parts a version's requests between the sidecars of the release that serves and of the one
// that takes over from it.
func (v view) part(to *sidecar.Version, backend string, at []beside.Standing) {
	now, upcoming, weight := v.releases(backend)
	current, next := beside.Divide(at, now, upcoming, weight)
	share(to, current, next, weight)
}

// releases are the one of a workload that serves, and the one that takes over, with its share of
// the requests in percent.
func (v view) releases(workload string) (now, upcoming string, weight int) {
	for _, port := range v.instances.Ports(v.scope, workload) {
		if _, release, ok := v.instances.Upstream(v.scope, workload, port); ok {
			now = release
		}
		if _, upcoming, weight = v.instances.Shared(v.scope, workload, port); weight > 0 {
			break
		}
	}
	return now, upcoming, weight
}

// share has instances of the release that takes over be asked beside those of the one before;
// who gets nothing is not asked.
func share(to *sidecar.Version, current, next []string, weight int) {
	switch {
	case weight == 0 || len(next) == 0:
		to.Instances = current
	case weight == 100 || len(current) == 0:
		to.Instances = next
	default:
		to.Instances, to.Next, to.Share = current, next, weight
	}
}
