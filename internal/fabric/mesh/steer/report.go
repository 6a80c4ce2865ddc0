package steer

import (
	"context"
	"encoding/json"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"

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
	var r sidecar.Report
	if err := json.Unmarshal(raw.GetValue(), &r); err != nil || len(r.Process) > 64 || len(r.Counted) > sidecar.MaxCounted {
		return nil, status.Error(codes.InvalidArgument, "the report cannot be read")
	}
	calls := make([]graph.Call, 0, len(r.Counted))
	for _, c := range r.Counted {
		calls = append(calls, graph.Call{From: c.From, Service: c.Service, Version: c.Version, Tally: c.Tally})
	}
	// What was taken before is answered again: the answer got lost.
	if err := s.ledger.Record(ctx, graph.Report{Scope: who.Scope, Workload: who.Workload, Process: r.Process, Number: r.Number}, calls); err != nil {
		return nil, refusal(err)
	}
	return &emptypb.Empty{}, nil
}

// refusal is an error as gRPC tells it; what is wrong within is not told.
func refusal(err error) error {
	if kernel.Is(err, kernel.Invalid) {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	return status.Error(codes.Unavailable, "what was counted cannot be kept now")
}
