package xds

import (
	"context"
	"fmt"
	"sync/atomic"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	resourcev3 "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"golang.org/x/time/rate"
)

// StreamAggregatedResources implements discoveryv3.AggregatedDiscoveryServiceServer.
func (s *Server) StreamAggregatedResources(stream discoveryv3.AggregatedDiscoveryService_StreamAggregatedResourcesServer) error {
	a, err := s.asker(stream.Context())
	if err != nil {
		return err
	}
	defer s.nodes.leave(a.node)
	return a.ended(s.whole.StreamHandler(wholeStream{stream, a}, resourcev3.AnyType))
}

// DeltaAggregatedResources implements discoveryv3.AggregatedDiscoveryServiceServer.
func (s *Server) DeltaAggregatedResources(stream discoveryv3.AggregatedDiscoveryService_DeltaAggregatedResourcesServer) error {
	a, err := s.asker(stream.Context())
	if err != nil {
		return err
	}
	defer s.nodes.leave(a.node)
	return a.ended(s.delta.DeltaStreamHandler(deltaStream{stream, a}, resourcev3.AnyType))
}

// asker is who a stream is of.
type asker struct {
	server *Server
	node   *node
	who    Caller
	pace   *rate.Limiter
	// refused is why a request was not taken: handlers end without an error then.
	refused atomic.Pointer[error]
}

func (s *Server) asker(ctx context.Context) (*asker, error) {
	who, err := s.config.Caller(ctx)
	if err != nil {
		return nil, err
	}
	a := &asker{server: s, who: who, pace: rate.NewLimiter(requestsPerSecond, requestsAtOnce)}
	a.node, err = s.nodes.enter(who.Scope, who.Workload)
	return a, err
}

// ended is how a stream ends whose handler has returned.
func (a *asker) ended(err error) error {
	if why := a.refused.Load(); why != nil {
		return *why
	}
	return err
}

// asked judges a request, and takes down what servers of the workload listen on.
func (a *asker) asked(ctx context.Context, typeURL string, names []string) error {
	err := a.judged(ctx, typeURL, names)
	if err != nil {
		a.refused.Store(&err)
	}
	return err
}

func (a *asker) judged(ctx context.Context, typeURL string, names []string) error {
	if err := a.pace.Wait(ctx); err != nil {
		return fmt.Errorf("wait for a request's turn: %w", err)
	}
	if err := a.who.Holds(); err != nil || typeURL != resourcev3.ListenerType {
		return err
	}
	return a.server.nodes.listens(a.node, names)
}

// self is the node that requests are of, whatever they say.
func (a *asker) self() *corev3.Node { return &corev3.Node{Id: a.node.id} }

// wholeStream is a stream of whole states of a workload.
type wholeStream struct {
	discoveryv3.AggregatedDiscoveryService_StreamAggregatedResourcesServer

	asker *asker
}

func (s wholeStream) Recv() (*discoveryv3.DiscoveryRequest, error) {
	req, err := s.AggregatedDiscoveryService_StreamAggregatedResourcesServer.Recv()
	if err != nil {
		return nil, err //nolint:wrapcheck // a status of gRPC, or io.EOF
	}
	req.Node = s.asker.self()
	return req, s.asker.asked(s.Context(), req.GetTypeUrl(), req.GetResourceNames())
}

func (s wholeStream) Send(r *discoveryv3.DiscoveryResponse) error {
	if err := s.asker.who.Holds(); err != nil {
		return err
	}
	return s.AggregatedDiscoveryService_StreamAggregatedResourcesServer.Send(r) //nolint:wrapcheck // a status of gRPC
}

// deltaStream is a stream of changes of a workload.
type deltaStream struct {
	discoveryv3.AggregatedDiscoveryService_DeltaAggregatedResourcesServer

	asker *asker
}

func (s deltaStream) Recv() (*discoveryv3.DeltaDiscoveryRequest, error) {
	req, err := s.AggregatedDiscoveryService_DeltaAggregatedResourcesServer.Recv()
	if err != nil {
		return nil, err //nolint:wrapcheck // a status of gRPC, or io.EOF
	}
	req.Node = s.asker.self()
	return req, s.asker.asked(s.Context(), req.GetTypeUrl(), req.GetResourceNamesSubscribe())
}

func (s deltaStream) Send(r *discoveryv3.DeltaDiscoveryResponse) error {
	if err := s.asker.who.Holds(); err != nil {
		return err
	}
	return s.AggregatedDiscoveryService_DeltaAggregatedResourcesServer.Send(r) //nolint:wrapcheck // a status of gRPC
}
