package xds

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"sync"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	cachev3 "github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// node is a workload that has streams open: all its programs of gRPC, or its Envoys of the same
// ports.
type node struct {
	audience

	// id is that by which the cache knows it, svid its SPIFFE ID.
	id, svid string
	workload string
	// proxy is nil for programs of gRPC.
	proxy     *proxy
	streams   int
	addresses []netip.AddrPort
	last      told
}

// ID implements cachev3.NodeHash: requests come with ids that the server gave them.
func (*nodes) ID(n *corev3.Node) string { return n.GetId() }

// nodes are those that have streams open.
type nodes struct {
	config Config
	cache  cachev3.SnapshotCache

	mu        sync.Mutex
	versions  versions
	byID      map[string]*node
	clients   clients
	audiences map[audience]*common
}

func newNodes(c Config) *nodes {
	n := &nodes{config: c, byID: map[string]*node{}, clients: clients{of: map[string]*client{}}, audiences: map[audience]*common{}}
	n.cache = cachev3.NewSnapshotCache(false, n, nil)
	return n
}

// open counts a stream of a workload, until closed is called; the error is a status of gRPC.
func (n *nodes) open(id string) (closed func(), err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	one, err := n.clients.open(id, n.config.Clock.Now())
	if err != nil {
		return nil, err
	}
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		one.streams--
	}, nil
}

// enter has a workload that asks have something to ask for, until leave is called.
func (n *nodes) enter(who Caller, p *proxy) *node {
	n.mu.Lock()
	defer n.mu.Unlock()
	svid := n.config.Tables.Table(who.Scope).ID(who.Workload)
	id := svid
	if p != nil {
		id += p.key()
	}
	one := n.byID[id]
	if one == nil {
		one = &node{audience: audience{who.Scope, p != nil}, id: id, svid: svid, workload: who.Workload, proxy: p}
		n.byID[id] = one
		if n.audiences[one.audience] == nil {
			n.take(one.audience)
		}
		n.publish(one)
	}
	one.streams++
	return one
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
		if other.audience == one.audience {
			return
		}
	}
	delete(n.audiences, one.audience)
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
			return status.Errorf(codes.ResourceExhausted, "servers of %s listen on %d addresses, which are all that they may", one.svid, maxAddresses)
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
	for a := range n.audiences {
		n.take(a)
	}
	for _, one := range n.byID {
		n.publish(one)
	}
}

func (n *nodes) take(a audience) {
	c := n.audiences[a]
	if c == nil {
		c = &common{}
		n.audiences[a] = c
	}
	c.take(stageOf(a, n.config), &n.versions, n.config.Clock.Now())
}

// publish gives a node what there is for it; those of its streams that wait get it.
func (n *nodes) publish(one *node) {
	c := n.audiences[one.audience]
	now := told{routes: c.routes, clusters: c.clusters, endpoints: c.endpoints}
	now.listeners = n.versions.next(one.last.listeners, n.config.Clock.Now(), c.listeners(one))
	for _, step := range c.next(one.last, now) {
		if err := n.cache.SetSnapshot(context.Background(), one.id, step.snapshot(one.proxy.clusters())); err != nil {
			n.config.Log.Error("a workload cannot be told how calls go", slog.String("workload", one.svid), slog.Any("error", err))
		}
	}
	one.last = now
}
