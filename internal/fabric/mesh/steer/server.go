package steer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/sidecar"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/xds"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// lookEvery is how often it is looked whether a sidecar still is who it was.
	lookEvery = 10 * time.Second
	// gather is how long changes are waited for that come together.
	gather = 10 * time.Millisecond
)

// Server speaks to sidecars.
type Server struct {
	config xds.Config
	ledger Ledger
	costs  costs

	mu     sync.Mutex
	stages map[kernel.Scope]said
}

// said is what was made of a stage, while nothing has changed.
type said struct {
	moment   moment
	services []sidecar.Service
}

// moment is told apart by the channels that are closed when it is over.
type moment struct{ turned, moved, joined <-chan struct{} }

// New returns a server for the listener of a configuration; Register puts it there. What
// sidecars report goes to the ledger.
func New(c xds.Config, l Ledger) *Server {
	s := &Server{config: c, ledger: l, stages: map[kernel.Scope]said{}}
	c.Beside.WhenEmpty(s.forget)
	return s
}

// Register adds the service to a server of gRPC.
func (s *Server) Register(to grpc.ServiceRegistrar) {
	to.RegisterService(&grpc.ServiceDesc{
		ServiceName: sidecar.ControlService, HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{MethodName: sidecar.MethodReport, Handler: s.reports}},
		Streams: []grpc.StreamDesc{{StreamName: sidecar.MethodFollow, ServerStreams: true, Handler: func(_ any, stream grpc.ServerStream) error { return s.follow(stream) }}},
	}, s)
}

// follow tells a sidecar what to do, and again whenever that changes.
func (s *Server) follow(stream grpc.ServerStream) error {
	who, err := s.config.Caller(stream.Context())
	if err != nil {
		return err //nolint:wrapcheck // a status of gRPC
	}
	closed, err := s.costs.open(who, s.config.Clock.Now())
	if err != nil {
		return err
	}
	defer closed()
	hello, err := greeted(stream)
	if err != nil {
		return err
	}
	leave, err := s.config.Beside.Enter(beside.Sidecar{Scope: who.Scope, Workload: who.Workload, From: who.Host, Inbound: hello.Inbound, GRPC: hello.GRPC, Serves: hello.Serves, Release: hello.Release})
	if status.Code(err) == codes.ResourceExhausted {
		return xds.Later(time.Minute, "%s", status.Convert(err).Message())
	}
	if err != nil {
		return err //nolint:wrapcheck // a status of gRPC
	}
	defer leave()
	if hello.Holds {
		select {
		case <-s.config.Beside.Complete():
		case <-stream.Context().Done():
			return nil
		}
	}
	return s.tell(stream, who, hello.Parts)
}

// greeted is how a sidecar presents itself, for which it has a while.
func greeted(stream grpc.ServerStream) (hello sidecar.Hello, err error) {
	var asked wrapperspb.BytesValue
	got := make(chan error, 1)
	go func() { got <- stream.RecvMsg(&asked) }() // ends with the stream
	select {
	case err = <-got:
	case <-time.After(patience):
		return hello, status.Errorf(codes.DeadlineExceeded, "the sidecar has not said within %s where others come in", patience)
	}
	if err != nil {
		return hello, err
	}
	if err := json.Unmarshal(asked.GetValue(), &hello); err != nil {
		return hello, status.Error(codes.InvalidArgument, "the sidecar does not say where others come in: what it has sent is no JSON of that")
	}
	return hello, nil
}

func (s *Server) tell(stream grpc.ServerStream, who xds.Caller, parts bool) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	var last []byte
	for {
		now := s.moment()
		next, err := s.document(now, who, parts)
		if err != nil {
			return err
		}
		if err := who.Holds(); err != nil {
			return err //nolint:wrapcheck // a status of gRPC
		}
		if !bytes.Equal(next, last) {
			if err := stream.SendMsg(wrapperspb.Bytes(next)); err != nil {
				return err //nolint:wrapcheck // as above
			}
			last = next
		}
		if !now.over(stream.Context(), look.C) {
			return nil
		}
	}
}

// moment is what there is now.
func (s *Server) moment() moment {
	return moment{s.config.Tables.Turned(), s.config.Instances.Moved(), s.config.Beside.Turned()}
}

// over waits until there is something else, or it is to be looked; it is false once ctx ends.
func (m moment) over(ctx context.Context, look <-chan time.Time) bool {
	select {
	case <-ctx.Done():
		return false
	case <-look:
		return true
	case <-m.turned:
	case <-m.moved:
	case <-m.joined:
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(gather):
		return true
	}
}

// document is what a sidecar is told, which understands parts of a version or does not. What all
// of a stage are told is made once.
func (s *Server) document(now moment, who xds.Caller, parts bool) ([]byte, error) {
	table, services := s.config.Tables.Table(who.Scope), s.services(now, who.Scope)
	if !parts {
		services = whole(services)
	}
	out, err := json.Marshal(sidecar.Document{Authorization: authorization(table, who.Workload), Services: services})
	if err != nil {
		return nil, fmt.Errorf("write what a sidecar is told: %w", err)
	}
	return out, nil
}

func (s *Server) services(now moment, scope kernel.Scope) []sidecar.Service {
	s.mu.Lock()
	defer s.mu.Unlock()
	if made, ok := s.stages[scope]; ok && made.moment == now {
		return made.services
	}
	v := view{scope: scope, table: s.config.Tables.Table(scope), instances: s.config.Instances, beside: s.config.Beside.Of(scope)}
	made := said{now, v.services()}
	s.stages[scope] = made
	return made.services
}

// forget drops what was made of a stage that has no sidecar any more.
func (s *Server) forget(scope kernel.Scope) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.stages, scope)
}
