package steer

import (
	"context"
	"encoding/json"
	"sync"
	"time"

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
	// Record keeps what a workload has counted.
	Record(ctx context.Context, scope kernel.Scope, workload string, calls []graph.Call) error
}

// remembered is how long a process is remembered that reports no more.
const remembered = time.Hour

// reported is which report was taken last, by process.
type reported struct {
	mu   sync.Mutex
	last map[process]*taken
}

type process struct {
	scope    kernel.Scope
	workload string
	name     string
}

// taken is the number of the report that was taken last. Its lock is held while one is.
type taken struct {
	mu     sync.Mutex
	number int64
	at     time.Time
}

// of returns what was taken of a process, and forgets those that are gone.
func (r *reported) of(p process, now time.Time) *taken {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil {
		r.last = map[process]*taken{}
	}
	one := r.last[p]
	if one == nil {
		for other, t := range r.last {
			if now.Sub(t.at) > remembered {
				delete(r.last, other)
			}
		}
		one = &taken{}
		r.last[p] = one
	}
	one.at = now
	return one
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
	last := s.kept.of(process{who.Scope, who.Workload, r.Process}, s.config.Clock.Now())
	last.mu.Lock()
	defer last.mu.Unlock()
	if r.Number <= last.number {
		return &emptypb.Empty{}, nil // it was taken, and the answer got lost
	}
	calls := make([]graph.Call, 0, len(r.Counted))
	for _, c := range r.Counted {
		calls = append(calls, graph.Call{From: c.From, Service: c.Service, Version: c.Version, Tally: c.Tally})
	}
	if err := s.ledger.Record(ctx, who.Scope, who.Workload, calls); err != nil {
		return nil, refusal(err)
	}
	last.number = r.Number
	return &emptypb.Empty{}, nil
}

// refusal is an error as gRPC tells it; what is wrong within is not told.
func refusal(err error) error {
	if kernel.Is(err, kernel.Invalid) {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	return status.Error(codes.Unavailable, "what was counted cannot be kept now")
}
