package xds

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"sync"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	cachev3 "github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// node is a workload that has streams open, with all its processes.
type node struct {
	// id is its SPIFFE ID, by which the cache knows it.
	id        string
	scope     kernel.Scope
	workload  string
	streams   int
	addresses []netip.AddrPort
	listeners content
}

// ID implements cachev3.NodeHash: requests come with ids that the server gave them.
func (*nodes) ID(n *corev3.Node) string { return n.GetId() }

// nodes are those that have streams open.
type nodes struct {
	config Config
	cache  cachev3.SnapshotCache

	mu       sync.Mutex
	versions versions
	byID     map[string]*node
	stages   map[kernel.Scope]*common
}

func newNodes(c Config) *nodes {
	n := &nodes{config: c, byID: map[string]*node{}, stages: map[kernel.Scope]*common{}}
	n.cache = cachev3.NewSnapshotCache(false, n, nil)
	return n
}

// enter counts a stream of a workload, which has something to ask for from then on.
func (n *nodes) enter(scope kernel.Scope, workload string) (*node, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	id := n.config.Tables.Table(scope).ID(workload)
	one := n.byID[id]
	if one != nil && one.streams >= maxStreams {
		return nil, status.Errorf(codes.ResourceExhausted, "%s has %d streams open, which are all that it may", id, maxStreams)
	}
	if one == nil {
		one = &node{id: id, scope: scope, workload: workload}
		n.byID[id] = one
		if n.stages[scope] == nil {
			n.take(scope)
		}
		n.publish(one)
	}
	one.streams++
	return one, nil
}

// leave forgets what nobody asks for any more.
func (n *nodes) leave(one *node) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if one.streams--; one.streams > 0 {
		return
	}
	delete(n.byID, one.id)
	n.cache.ClearSnapshot(one.id)
	for _, other := range n.byID {
		if other.scope == one.scope {
			return
		}
	}
	delete(n.stages, one.scope)
}

// listens takes down what servers of a workload ask for by their addresses.
func (n *nodes) listens(one *node, names []string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	known := len(one.addresses)
	for _, name := range names {
		at, ok := serverAddress(name)
		if !ok || slices.Contains(one.addresses, at) {
			continue
		}
		if len(one.addresses) >= maxAddresses {
			return status.Errorf(codes.ResourceExhausted, "servers of %s listen on %d addresses, which are all that they may", one.id, maxAddresses)
		}
		one.addresses = append(one.addresses, at)
	}
	if len(one.addresses) > known {
		n.publish(one)
	}
	return nil
}

// renew makes everything that is asked for as it is now.
func (n *nodes) renew() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for scope := range n.stages {
		n.take(scope)
	}
	for _, one := range n.byID {
		n.publish(one)
	}
}

func (n *nodes) take(scope kernel.Scope) {
	c := n.stages[scope]
	if c == nil {
		c = &common{}
		n.stages[scope] = c
	}
	c.take(stageOf(scope, n.config.Tables, n.config.Instances), &n.versions, n.config.Clock.Now())
}

// publish gives a workload what there is for it; those of its streams that wait get it.
func (n *nodes) publish(one *node) {
	c := n.stages[one.scope]
	one.listeners = n.versions.next(one.listeners, n.config.Clock.Now(), c.listeners(one.workload, one.addresses))
	s := &cachev3.Snapshot{}
	for kind, of := range map[types.ResponseType]content{types.Listener: one.listeners, types.Route: c.routes, types.Cluster: c.clusters, types.Endpoint: c.endpoints} {
		s.Resources[kind] = cachev3.NewResources(of.version, of.resources)
	}
	if err := n.cache.SetSnapshot(context.Background(), one.id, s); err != nil {
		n.config.Log.Error("a workload cannot be told how calls go", slog.String("workload", one.id), slog.Any("error", err))
	}
}
