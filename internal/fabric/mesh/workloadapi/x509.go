package workloadapi

import (
	"context"

	"github.com/spiffe/go-spiffe/v2/proto/spiffe/workload"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// identify tells which workload calls.
func (s *Service) identify(ctx context.Context) (pki.Workload, error) {
	if c, ok := callerOf(ctx); ok {
		if w, ok := s.workload(c); ok {
			return w, nil
		}
	}
	return pki.Workload{}, status.Error(codes.PermissionDenied, "no identity issued: this process was not started for a workload")
}

// keep sends what make returns, and again whenever it is something else.
func keep[M proto.Message](s *Service, ctx context.Context, send func(M) error, build func(ctx context.Context, w pki.Workload) (M, error)) error {
	var last M
	for begun := false; ; begun = true {
		next := s.next()
		w, err := s.identify(ctx) // it may have ended, and the connection be another's
		if err != nil {
			return err
		}
		m, err := build(ctx, w)
		switch {
		case err != nil && (!begun || status.Code(err) == codes.PermissionDenied):
			return s.failed(ctx, err)
		case err == nil && (!begun || !proto.Equal(last, m)):
			if err := send(m); err != nil {
				return err
			}
			last = m
		}
		select {
		case <-next:
		case <-ctx.Done():
			return status.FromContextError(ctx.Err()).Err()
		}
	}
}

// failed says that there is nothing to give for now: clients come again.
func (s *Service) failed(ctx context.Context, err error) error {
	if _, ok := status.FromError(err); ok {
		return err
	}
	if ctx.Err() == nil {
		s.config.Log.WarnContext(ctx, "a workload gets no identity", "error", err)
	}
	if kernel.Is(err, kernel.Invalid) {
		return status.Error(codes.PermissionDenied, "no identity issued")
	}
	return status.Error(codes.Unavailable, "no identity can be issued now")
}

// FetchX509SVID sends the X509-SVID of the caller, and each that takes its place.
func (s *Service) FetchX509SVID(_ *workload.X509SVIDRequest, stream workload.SpiffeWorkloadAPI_FetchX509SVIDServer) error {
	w, err := s.identify(stream.Context())
	if err != nil {
		return err
	}
	h := s.of(w, true)
	defer s.leave(h)
	return keep(s, stream.Context(), stream.Send, func(ctx context.Context, now pki.Workload) (*workload.X509SVIDResponse, error) {
		if now != w {
			return nil, status.Error(codes.PermissionDenied, "the process that opened the connection has ended")
		}
		c, err := s.current(ctx, h)
		if err != nil {
			return nil, err
		}
		bundle, crls, err := s.trusted(ctx)
		if err != nil {
			return nil, err
		}
		return &workload.X509SVIDResponse{Crl: crls, Svids: []*workload.X509SVID{{
			SpiffeId: w.URI(s.config.Trust.Domain()).String(), X509Svid: c.chain, X509SvidKey: c.key, Bundle: bundle,
		}}}, nil
	})
}

// FetchX509Bundles sends whom the trust domain trusts, and whenever that changes.
func (s *Service) FetchX509Bundles(_ *workload.X509BundlesRequest, stream workload.SpiffeWorkloadAPI_FetchX509BundlesServer) error {
	return keep(s, stream.Context(), stream.Send, func(ctx context.Context, _ pki.Workload) (*workload.X509BundlesResponse, error) {
		bundle, crls, err := s.trusted(ctx)
		if err != nil {
			return nil, err
		}
		return &workload.X509BundlesResponse{Crl: crls, Bundles: map[string][]byte{"spiffe://" + s.config.Trust.Domain(): bundle}}, nil
	})
}
