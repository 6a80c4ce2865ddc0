package xds

import (
	"errors"
	"io"
	"slices"
	"sync"

	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	resourcev3 "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
)

// StreamAggregatedResources implements discoveryv3.AggregatedDiscoveryServiceServer.
func (s *Server) StreamAggregatedResources(stream discoveryv3.AggregatedDiscoveryService_StreamAggregatedResourcesServer) error {
	a, err := s.asker(stream.Context())
	if err != nil {
		return err
	}
	defer a.leave()
	first, err := stream.Recv()
	if err != nil {
		return ending(err)
	}
	if err := a.enter(stream.Context(), first.GetNode(), first.GetVersionInfo() != ""); err != nil {
		return err
	}
	return a.ended(s.whole.StreamHandler(&wholeStream{AggregatedDiscoveryService_StreamAggregatedResourcesServer: stream, asker: a, first: first}, resourcev3.AnyType))
}

// DeltaAggregatedResources implements discoveryv3.AggregatedDiscoveryServiceServer.
func (s *Server) DeltaAggregatedResources(stream discoveryv3.AggregatedDiscoveryService_DeltaAggregatedResourcesServer) error {
	a, err := s.asker(stream.Context())
	if err != nil {
		return err
	}
	defer a.leave()
	first, err := stream.Recv()
	if err != nil {
		return ending(err)
	}
	if err := a.enter(stream.Context(), first.GetNode(), len(first.GetInitialResourceVersions()) > 0); err != nil {
		return err
	}
	return a.ended(s.delta.DeltaStreamHandler(&deltaStream{AggregatedDiscoveryService_DeltaAggregatedResourcesServer: stream, asker: a, first: first}, resourcev3.AnyType))
}

// ending is how a stream ends of whom nothing more comes.
func ending(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// wholeStream is a stream of whole states of a workload.
type wholeStream struct {
	discoveryv3.AggregatedDiscoveryService_StreamAggregatedResourcesServer

	asker *asker
	// first is the request that has been read already.
	first *discoveryv3.DiscoveryRequest

	mu sync.Mutex
	// sent are the versions that were sent last, by type.
	sent map[string]string
}

// Recv returns the next request. What a client refuses is not sent to it again as it is: it is
// taken for what the client has.
func (s *wholeStream) Recv() (req *discoveryv3.DiscoveryRequest, err error) {
	if req, s.first = s.first, nil; req == nil {
		if req, err = s.AggregatedDiscoveryService_StreamAggregatedResourcesServer.Recv(); err != nil {
			return nil, err //nolint:wrapcheck // a status of gRPC, or io.EOF
		}
	}
	req.Node = s.asker.self()
	if s.asker.all(req.GetTypeUrl()) && slices.Contains(req.GetResourceNames(), everything) {
		req.ResourceNames = nil // by which the cache means all
	}
	if why := req.GetErrorDetail(); why != nil {
		s.asker.refusal(s.Context(), req.GetTypeUrl(), why.GetMessage())
		s.mu.Lock()
		req.VersionInfo = s.sent[req.GetTypeUrl()]
		s.mu.Unlock()
	}
	return req, s.asker.asked(s.Context(), req.GetTypeUrl(), req.GetResourceNames())
}

func (s *wholeStream) Send(r *discoveryv3.DiscoveryResponse) error {
	if err := s.asker.holds(); err != nil {
		return err
	}
	s.mu.Lock()
	if s.sent == nil {
		s.sent = map[string]string{}
	}
	s.sent[r.GetTypeUrl()] = r.GetVersionInfo()
	s.mu.Unlock()
	return s.AggregatedDiscoveryService_StreamAggregatedResourcesServer.Send(r) //nolint:wrapcheck // a status of gRPC
}

// deltaStream is a stream of changes of a workload.
type deltaStream struct {
	discoveryv3.AggregatedDiscoveryService_DeltaAggregatedResourcesServer

	asker *asker
	// first is the request that has been read already, begun the types that were asked for.
	first *discoveryv3.DeltaDiscoveryRequest
	begun map[string]bool
}

func (s *deltaStream) Recv() (req *discoveryv3.DeltaDiscoveryRequest, err error) {
	if req, s.first = s.first, nil; req == nil {
		if req, err = s.AggregatedDiscoveryService_DeltaAggregatedResourcesServer.Recv(); err != nil {
			return nil, err //nolint:wrapcheck // a status of gRPC, or io.EOF
		}
	}
	req.Node = s.asker.self()
	if kind := req.GetTypeUrl(); s.asker.all(kind) && !s.begun[kind] {
		if len(req.GetResourceNamesSubscribe()) == 0 {
			req.ResourceNamesSubscribe = []string{everything}
		}
		if s.begun == nil {
			s.begun = map[string]bool{}
		}
		s.begun[kind] = true
	}
	if why := req.GetErrorDetail(); why != nil {
		s.asker.refusal(s.Context(), req.GetTypeUrl(), why.GetMessage())
	}
	return req, s.asker.asked(s.Context(), req.GetTypeUrl(), req.GetResourceNamesSubscribe())
}

func (s *deltaStream) Send(r *discoveryv3.DeltaDiscoveryResponse) error {
	if err := s.asker.holds(); err != nil {
		return err
	}
	return s.AggregatedDiscoveryService_DeltaAggregatedResourcesServer.Send(r) //nolint:wrapcheck // a status of gRPC
}
