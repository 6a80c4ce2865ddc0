package xds

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	resourcev3 "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"golang.org/x/time/rate"
	"google.golang.org/grpc/status"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
)

// everything is the name that asks for all resources of a type.
const everything = "*"

// asker is who a stream is of.
type asker struct {
	server *Server
	node   *node
	who    Caller
	pace   *rate.Limiter
	// left is done when the stream has ended.
	left []func()
	// refused is why a request or an answer was not to be: handlers end with another error, or
	// with none.
	refused atomic.Pointer[error]
}

// asker tells who a stream is of, and counts it.
func (s *Server) asker(ctx context.Context) (*asker, error) {
	who, err := s.config.Caller(ctx)
	if err != nil {
		return nil, err
	}
	a := &asker{server: s, who: who, pace: rate.NewLimiter(requestsPerSecond, requestsAtOnce)}
	closed, err := s.nodes.open(s.config.Tables.Table(who.Scope).ID(who.Workload))
	if err != nil {
		return nil, err
	}
	a.left = []func(){closed}
	return a, nil
}

// enter has the stream be of a node as the first request says: a program of gRPC, or an Envoy,
// at which others come in from now on. An Envoy that holds what it was told before waits until
// there is what to say about sidecars. Programs of gRPC do not: what they wait for is where
// instances have moved.
func (a *asker) enter(ctx context.Context, said *corev3.Node, holds bool) error {
	p, err := proxyOf(said)
	if err != nil {
		return err
	}
	if p != nil && p.inbound.IsValid() {
		gone, err := a.server.config.Beside.Enter(beside.Sidecar{
			Scope: a.who.Scope, Workload: a.who.Workload, From: a.who.Host, Inbound: p.inbound.String(), GRPC: p.grpc, Serves: p.application.Port(), Release: p.release, Envoy: true,
		})
		if err != nil {
			return err //nolint:wrapcheck // a status of gRPC
		}
		a.left = append(a.left, gone)
	}
	if holds && p != nil {
		select {
		case <-a.server.config.Beside.Complete():
		case <-ctx.Done():
			return status.FromContextError(ctx.Err()).Err()
		}
	}
	a.node = a.server.nodes.enter(a.who, p)
	a.left = append(a.left, func() { a.server.nodes.leave(a.node) })
	return nil
}

// leave ends what the stream has begun.
func (a *asker) leave() {
	for _, do := range a.left {
		do()
	}
}

// ended is how a stream ends whose handler has returned.
func (a *asker) ended(err error) error {
	if why := a.refused.Load(); why != nil {
		return *why
	}
	return err
}

// all tells whether a client means all resources of a type where it names none: an Envoy does,
// of listeners and clusters.
func (a *asker) all(typeURL string) bool {
	return a.node.envoy && (typeURL == resourcev3.ListenerType || typeURL == resourcev3.ClusterType)
}

// asked judges a request, and takes down what servers of the workload listen on.
func (a *asker) asked(ctx context.Context, typeURL string, names []string) error {
	err := a.judged(ctx, typeURL, names)
	if err != nil {
		a.refused.Store(&err)
	}
	return err
}

// holds tells that the SVID of the stream still does.
func (a *asker) holds() error {
	err := a.who.Holds()
	if err != nil {
		a.refused.Store(&err)
	}
	return err
}

// maxReason is how much is told of why a client has refused something, in bytes.
const maxReason = 1000

// refusal counts and tells that a client does not take what it was told.
func (a *asker) refusal(ctx context.Context, typeURL, why string) {
	client := "grpc"
	if a.node.envoy {
		client = "envoy"
	}
	kind := kindOf(typeURL)
	a.server.refusals.WithLabelValues(client, kind).Inc()
	a.server.config.Log.WarnContext(ctx, "a client refuses what it is told of how calls go", slog.String("workload", a.node.svid), slog.String("client", client),
		slog.String("type", kind), slog.String("reason", why[:min(len(why), maxReason)]))
}

// kindOf is what people call a type of resources.
func kindOf(typeURL string) string {
	switch typeURL {
	case resourcev3.ListenerType:
		return "listener"
	case resourcev3.RouteType:
		return "route"
	case resourcev3.ClusterType:
		return "cluster"
	case resourcev3.EndpointType:
		return "endpoint"
	}
	return "other"
}

func (a *asker) judged(ctx context.Context, typeURL string, names []string) error {
	if err := a.pace.Wait(ctx); err != nil {
		return fmt.Errorf("wait for a request's turn: %w", err)
	}
	if err := a.who.Holds(); err != nil || typeURL != resourcev3.ListenerType || a.node.envoy {
		return err
	}
	return a.server.nodes.listens(a.node, names)
}

// self is the node that requests are of, whatever they say.
func (a *asker) self() *corev3.Node { return &corev3.Node{Id: a.node.id} }
