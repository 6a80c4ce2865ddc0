package xds

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	cachev3 "github.com/envoyproxy/go-control-plane/pkg/cache/v3"
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

// common is what all of an audience get.
type common struct {
	stage                       stage
	clusters, endpoints, routes content
	// widely is clusters and endpoints together with those that are on their way out: routes of
	// before and of now hold with them.
	widely struct{ clusters, endpoints content }
	// outbound are the listeners of the names that programs of gRPC call.
	outbound []types.Resource
}

// take makes what there is now of a stage. A name that clients call is a service, or a service
// with the name or number of one of its ports.
func (c *common) take(st stage, v *versions, now time.Time) {
	c.stage, c.outbound = st, nil
	var clusters, endpoints, routes []types.Resource
	places := st.targets()
	for _, t := range slices.SortedFunc(maps.Keys(places), func(a, b target) int { return strings.Compare(a.cluster(), b.cluster()) }) {
		clusters, endpoints = append(clusters, st.cluster(t, places[t])), append(endpoints, instances(t, places[t]))
	}
	if st.envoy {
		routes = []types.Resource{st.hosts()}
	} else {
		for _, name := range st.names() {
			c.outbound = append(c.outbound, outbound(name.called))
			routes = append(routes, st.routes(name.called, name.target))
		}
	}
	c.widely.clusters = v.next(c.clusters, now, union(c.clusters.resources, clusters))
	c.widely.endpoints = v.next(c.endpoints, now, union(c.endpoints.resources, endpoints))
	c.clusters, c.endpoints = v.next(c.widely.clusters, now, clusters), v.next(c.widely.endpoints, now, endpoints)
	c.routes = v.next(c.routes, now, routes)
}

// union is what there is now, and of before what there is no more, in the order of names.
func union(before, now []types.Resource) []types.Resource {
	out, known := slices.Clone(now), map[string]bool{}
	for _, r := range now {
		known[cachev3.GetResourceName(r)] = true
	}
	for _, r := range before {
		if !known[cachev3.GetResourceName(r)] {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b types.Resource) int {
		return strings.Compare(cachev3.GetResourceName(a), cachev3.GetResourceName(b))
	})
	return out
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

// listeners are those of a node: what it calls, and what its servers listen on.
func (c *common) listeners(of *node) []types.Resource {
	if of.proxy != nil {
		return of.proxy.listeners(c.stage, of.workload)
	}
	out := slices.Clone(c.outbound)
	for _, at := range of.addresses {
		out = append(out, c.stage.inbound(at, of.workload))
	}
	return out
}

// told is what a node is told at one moment.
type told struct{ listeners, routes, clusters, endpoints content }

// next are the steps from what a node was told last to what there is now: clusters come before
// the routes that name them, and go after these.
func (c *common) next(last, now told) []told {
	if last.clusters.version == "" || last.clusters.version == now.clusters.version && last.endpoints.version == now.endpoints.version {
		return []told{now}
	}
	first, then := last, now
	first.clusters, first.endpoints = c.widely.clusters, c.widely.endpoints
	then.clusters, then.endpoints = c.widely.clusters, c.widely.endpoints
	return []told{first, then, now}
}

// snapshot is what the cache has for a node, with clusters that are its own.
func (t told) snapshot(own []types.Resource) *cachev3.Snapshot {
	s := &cachev3.Snapshot{}
	for kind, of := range map[types.ResponseType]content{types.Listener: t.listeners, types.Route: t.routes, types.Endpoint: t.endpoints} {
		s.Resources[kind] = cachev3.NewResources(of.version, of.resources)
	}
	s.Resources[types.Cluster] = cachev3.NewResources(t.clusters.version, slices.Concat(t.clusters.resources, own))
	return s
}
