package workloadapi

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	secretv3 "github.com/envoyproxy/go-control-plane/envoy/service/secret/v3"
	cachev3 "github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	resourcev3 "github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/delta/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/sotw/v3"
	"golang.org/x/time/rate"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
)

const (
	// maxSecretStreams is how many streams of secrets a workload has open at most.
	maxSecretStreams = 64
	// secretsPerSecond and secretsAtOnce bound how fast a stream asks.
	secretsPerSecond = 10
	secretsAtOnce    = 100
	// self is the node that requests are of, whatever they say.
	self = "self"
	// everything is the name that asks for all secrets.
	everything = "*"
)

// secrets is the secret discovery service: an Envoy of a workload has its certificate and its
// bundle from there. Who asks is recognised as on the Workload API, at each request and answer.
type secrets struct {
	secretv3.UnimplementedSecretDiscoveryServiceServer

	service *Service

	mu      sync.Mutex
	streams map[pki.Workload]int
}

func newSecrets(s *Service) *secrets {
	return &secrets{service: s, streams: map[pki.Workload]int{}}
}

// StreamSecrets implements secretv3.SecretDiscoveryServiceServer.
func (s *secrets) StreamSecrets(stream secretv3.SecretDiscoveryService_StreamSecretsServer) error {
	return s.serve(stream.Context(), func(f *follower) error {
		return sotw.NewServer(f.ctx, f.cache, nil).StreamHandler(&wholeSecrets{SecretDiscoveryService_StreamSecretsServer: stream, of: f}, resourcev3.SecretType)
	})
}

// DeltaSecrets implements secretv3.SecretDiscoveryServiceServer.
func (s *secrets) DeltaSecrets(stream secretv3.SecretDiscoveryService_DeltaSecretsServer) error {
	return s.serve(stream.Context(), func(f *follower) error {
		return delta.NewServer(f.ctx, f.cache, nil).DeltaStreamHandler(deltaSecrets{stream, f}, resourcev3.SecretType)
	})
}

// serve handles a stream of whoever calls, until it ends or they are nobody any more.
func (s *secrets) serve(ctx context.Context, handle func(*follower) error) error {
	w, err := s.service.identify(ctx)
	if err != nil {
		return err
	}
	if err := s.enter(w); err != nil {
		return err
	}
	defer s.exit(w)
	f := &follower{service: s.service, of: w, pace: rate.NewLimiter(secretsPerSecond, secretsAtOnce), held: s.service.of(w, true)}
	defer s.service.leave(f.held)
	f.cache = cachev3.NewSnapshotCache(false, f, nil)
	var stop context.CancelCauseFunc
	f.ctx, stop = context.WithCancelCause(ctx)
	defer stop(nil)
	next := s.service.next()
	if err := f.take(f.ctx); err != nil {
		return s.service.failed(ctx, err)
	}
	go func() { stop(f.follow(next)) }()
	err = handle(f)
	if why := f.refused.Load(); why != nil {
		return *why
	}
	if cause := context.Cause(f.ctx); err == nil && cause != nil && ctx.Err() == nil {
		return cause
	}
	return err
}

func (s *secrets) enter(w pki.Workload) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.streams[w] >= maxSecretStreams {
		return status.Errorf(codes.ResourceExhausted, "%s has %d streams of secrets open, which are all that it may", w.Name, maxSecretStreams)
	}
	s.streams[w]++
	return nil
}

func (s *secrets) exit(w pki.Workload) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.streams[w]--; s.streams[w] == 0 {
		delete(s.streams, w)
	}
}

// follower keeps what one stream is told current.
type follower struct {
	// ctx is the stream's; it ends sooner where nothing more is told.
	ctx     context.Context //nolint:containedctx // a stream lives as long as its follower
	service *Service
	of      pki.Workload
	held    *held
	pace    *rate.Limiter
	cache   cachev3.SnapshotCache
	// refused is why a request was not taken: handlers end without an error then.
	refused atomic.Pointer[error]
}

// ID implements cachev3.NodeHash.
func (*follower) ID(*corev3.Node) string { return self }

// follow takes up each change after next until the stream ends, or the workload gets nothing
// more.
func (f *follower) follow(next <-chan struct{}) error {
	for {
		select {
		case <-f.ctx.Done():
			return nil
		case <-next:
		}
		next = f.service.next()
		if err := f.take(f.ctx); status.Code(err) == codes.PermissionDenied {
			return err
		} // what cannot be made now is made at the next change; what was told holds
	}
}

// still tells that who has opened the stream is who they were.
func (f *follower) still(ctx context.Context) error {
	w, err := f.service.identify(ctx)
	if err == nil && w != f.of {
		err = status.Error(codes.PermissionDenied, "the process that opened the connection has ended")
	}
	return err
}

// asked judges a request.
func (f *follower) asked(ctx context.Context, typeURL string, names []string, nack string) error {
	err := f.judged(ctx, typeURL, names)
	if err != nil {
		f.refused.Store(&err)
	} else if nack != "" {
		f.service.config.Log.WarnContext(ctx, "an Envoy refuses its secrets", "workload", f.of.URI(f.service.config.Trust.Domain()).String(), "error", nack)
	}
	return err
}

func (f *follower) judged(ctx context.Context, typeURL string, names []string) error {
	if err := f.pace.Wait(ctx); err != nil {
		return errors.Join(status.FromContextError(ctx.Err()).Err(), err)
	}
	if typeURL != "" && typeURL != resourcev3.SecretType {
		return status.Errorf(codes.InvalidArgument, "%.200q are not served here, but %s", typeURL, resourcev3.SecretType)
	}
	for _, name := range names {
		if !f.knows(name) {
			return status.Errorf(codes.InvalidArgument, "there is no secret %.200q for this workload: ask for %s, %s, its SPIFFE ID, or its trust domain's id", name, OwnCertificate, Roots)
		}
	}
	return f.still(ctx)
}

// wholeSecrets is a stream of whole states.
type wholeSecrets struct {
	secretv3.SecretDiscoveryService_StreamSecretsServer

	of *follower
	// sent is the version that was sent last.
	sent atomic.Pointer[string]
}

func (s *wholeSecrets) Recv() (*discoveryv3.DiscoveryRequest, error) {
	req, err := s.SecretDiscoveryService_StreamSecretsServer.Recv()
	if err != nil {
		return nil, err //nolint:wrapcheck // a status of gRPC, or io.EOF
	}
	if slices.Contains(req.GetResourceNames(), everything) {
		req.ResourceNames = nil // by which the cache means all
	}
	if last := s.sent.Load(); req.GetErrorDetail() != nil && last != nil {
		req.VersionInfo = *last // what was refused is not sent again as it is
	}
	return req, s.of.asked(s.Context(), req.GetTypeUrl(), req.GetResourceNames(), req.GetErrorDetail().GetMessage())
}

func (s *wholeSecrets) Send(r *discoveryv3.DiscoveryResponse) error {
	if err := s.of.still(s.Context()); err != nil {
		return err
	}
	s.sent.Store(&r.VersionInfo)
	return s.SecretDiscoveryService_StreamSecretsServer.Send(r) //nolint:wrapcheck // a status of gRPC
}

// deltaSecrets is a stream of changes.
type deltaSecrets struct {
	secretv3.SecretDiscoveryService_DeltaSecretsServer

	of *follower
}

func (s deltaSecrets) Recv() (*discoveryv3.DeltaDiscoveryRequest, error) {
	req, err := s.SecretDiscoveryService_DeltaSecretsServer.Recv()
	if err != nil {
		return nil, err //nolint:wrapcheck // a status of gRPC, or io.EOF
	}
	return req, s.of.asked(s.Context(), req.GetTypeUrl(), req.GetResourceNamesSubscribe(), req.GetErrorDetail().GetMessage())
}

func (s deltaSecrets) Send(r *discoveryv3.DeltaDiscoveryResponse) error {
	if err := s.of.still(s.Context()); err != nil {
		return err
	}
	return s.SecretDiscoveryService_DeltaSecretsServer.Send(r) //nolint:wrapcheck // a status of gRPC
}
