package steer

import (
	"context"
	"encoding/json"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/graph"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/sidecar"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Ledger keeps what sidecars have counted; graph.Service implements it.
type Ledger interface {
	// Record keeps what a workload has counted, once for each report.
	Record(ctx context.Context, r graph.Report, calls []graph.Call) error
}

// reports takes a report of a sidecar.
func (s *Server) reports(_ any, ctx context.Context, read func(any) error, _ grpc.UnaryServerInterceptor) (any, error) { //nolint:revive // the order is gRPC's
	who, err := s.config.Caller(ctx)
	if err != nil {
		return nil, err //nolint:wrapcheck // a status of gRPC
	}
	var raw wrapperspb.BytesValue
	if err := read(&raw); err != nil {
		return nil, err
	}
	r, err := readReport(raw.GetValue())
	if err != nil {
		return nil, err
	}
	if err := s.costs.report(who, r.Process, s.config.Clock.Now()); err != nil {
		return nil, err
	}
	calls := make([]graph.Call, 0, len(r.Counted))
	for _, c := range r.Counted {
		calls = append(calls, graph.Call{From: c.From, Service: c.Service, Version: c.Version, Refused: c.Refused, Tally: c.Tally})
	}
	// What was taken before is answered again: the answer got lost.
	if err := s.ledger.Record(ctx, graph.Report{Scope: who.Scope, Workload: who.Workload, Process: r.Process, Number: r.Number, Release: r.Release}, calls); err != nil {
		return nil, refusal(err)
	}
	return &emptypb.Empty{}, nil
}

// maxProcess is how long the name of a process is at most, in bytes.
const maxProcess = 64

func readReport(raw []byte) (r sidecar.Report, err error) {
	switch err := json.Unmarshal(raw, &r); {
	case err != nil:
		return r, status.Error(codes.InvalidArgument, "the report cannot be read: it is no JSON of a report")
	case r.Process == "" || len(r.Process) > maxProcess:
		return r, status.Errorf(codes.InvalidArgument, "the report does not say in 1 to %d bytes which process it is of", maxProcess)
	case len(r.Release) > beside.MaxRelease:
		return r, status.Errorf(codes.InvalidArgument, "the report names a release of more than %d bytes", beside.MaxRelease)
	case r.Number < 1:
		return r, status.Errorf(codes.InvalidArgument, "the report has the number %d, and the first one is 1", r.Number)
	case len(r.Counted) > sidecar.MaxCounted:
		return r, status.Errorf(codes.InvalidArgument, "the report has %d counts, more than the %d that one may have", len(r.Counted), sidecar.MaxCounted)
	}
	return r, nil
}

// refusal is an error as gRPC tells it; what is wrong within is not told.
func refusal(err error) error {
	if kernel.Is(err, kernel.Invalid) {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	return status.Error(codes.Unavailable, "what was counted cannot be kept now")
}
