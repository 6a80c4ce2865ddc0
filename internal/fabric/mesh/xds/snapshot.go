package xds

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"google.golang.org/protobuf/proto"
)

// content is the resources of a type with their version, which changes with them alone.
type content struct {
	resources []types.Resource
	sum       [sha256.Size]byte
	version   string
}

// versions are numbers that grow, also over a restart: they are times in microseconds.
type versions struct{ last int64 }

// next is what resources are after c: the version of c stands where they are the same.
func (v *versions) next(c content, now time.Time, resources []types.Resource) content {
	sum := sumOf(resources)
	if c.version != "" && c.sum == sum {
		return c
	}
	v.last = max(v.last+1, now.UnixMicro())
	return content{resources, sum, strconv.FormatInt(v.last, 10)}
}

func sumOf(resources []types.Resource) (sum [sha256.Size]byte) {
	all := sha256.New()
	for _, r := range resources {
		raw, _ := proto.MarshalOptions{Deterministic: true}.Marshal(r) // resources are made here
		all.Write(binary.AppendUvarint(nil, uint64(len(raw))))
		all.Write(raw)
	}
	all.Sum(sum[:0])
	return sum
}

// common is what all workloads of a stage get.
type common struct {
	stage                       stage
	clusters, endpoints, routes content
	// outbound are the listeners of the names that clients call.
	outbound []types.Resource
}

// take makes what there is now of a stage. A name that clients call is a service, or a service
// with the name or number of one of its ports.
func (c *common) take(st stage, v *versions, now time.Time) {
	c.stage, c.outbound = st, nil
	var clusters, endpoints, routes []types.Resource
	addrs := st.targets()
	for _, t := range slices.SortedFunc(maps.Keys(addrs), func(a, b target) int { return strings.Compare(a.cluster(), b.cluster()) }) {
		clusters, endpoints = append(clusters, st.cluster(t)), append(endpoints, instances(t, addrs[t]))
	}
	for _, name := range st.names() {
		c.outbound = append(c.outbound, outbound(name.called))
		routes = append(routes, st.routes(name.called, name.target))
	}
	c.clusters, c.endpoints, c.routes = v.next(c.clusters, now, clusters), v.next(c.endpoints, now, endpoints), v.next(c.routes, now, routes)
}

// name is what clients call, and what they mean by it.
type name struct {
	called string
	target target
}

// names are those that clients of a stage call. A service of which nothing runs, and that
// routes are for, is called by its name alone.
func (st stage) names() (out []name) {
	for _, s := range st.services {
		for _, p := range s.ports {
			for _, alias := range p.names {
				out = append(out, name{target{s.name, alias}.cluster(), target{s.name, p.names[0]}})
			}
		}
		if len(s.ports) == 0 {
			out = append(out, name{s.name, target{s.name, ""}})
		}
	}
	return out
}

// listeners are those of a workload: what it calls, and what its servers listen on.
func (c *common) listeners(workload string, addresses []netip.AddrPort) []types.Resource {
	out := slices.Clone(c.outbound)
	for _, at := range addresses {
		out = append(out, c.stage.inbound(at, workload))
	}
	return out
}
