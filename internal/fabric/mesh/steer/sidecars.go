package steer

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/sidecar"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/xds"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxBeside is how many sidecars stand beside a workload at most.
const maxBeside = 256

// beside are the sidecars of a workload by where others come in.
type beside map[string]*present

// present is a sidecar that is there, or was a moment ago.
type present struct {
	streams int
	grpc    bool
	// forget is what forgets one that does not come back.
	forget *time.Timer
}

// sidecars are those that are there.
type sidecars struct {
	mu      sync.Mutex
	stages  map[kernel.Scope]map[string]beside
	changed chan struct{}
	// empty is called, without the lock, once no sidecar of a stage is left.
	empty func(scope kernel.Scope)
}

// turned is closed once there is another sidecar, or one less.
func (s *sidecars) turned() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// enter has a sidecar be told of, until a while after leave is called.
func (s *sidecars) enter(who xds.Caller, hello sidecar.Hello) (leave func(), err error) {
	addr, err := reached(who.Host, hello.Inbound)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stages == nil {
		s.stages = map[kernel.Scope]map[string]beside{}
	}
	if s.stages[who.Scope] == nil {
		s.stages[who.Scope] = map[string]beside{}
	}
	all := s.stages[who.Scope][who.Workload]
	if all == nil {
		all = beside{}
		s.stages[who.Scope][who.Workload] = all
	}
	one := all[addr]
	if one == nil {
		if len(all) >= maxBeside {
			return nil, status.Errorf(codes.ResourceExhausted, "%d sidecars stand beside %s, which are all that may", maxBeside, who.Workload)
		}
		one = &present{}
		all[addr] = one
	}
	if one.streams == 0 && one.forget == nil || one.grpc != hello.GRPC {
		s.turn()
	}
	if one.forget != nil {
		one.forget.Stop()
		one.forget = nil
	}
	one.grpc = hello.GRPC
	one.streams++
	return func() { s.leave(who, addr, one) }, nil
}

func (s *sidecars) leave(who xds.Caller, addr string, one *present) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one.streams--; one.streams > 0 {
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(Linger, func() {
		if s.forget(who, addr, one, &timer) {
			s.empty(who.Scope)
		}
	})
	one.forget = timer
}

// forget has a sidecar not be told of any more that has not come back since a timer began, which
// is read under the lock; last is set where it was the last one of its stage.
func (s *sidecars) forget(who xds.Caller, addr string, one *present, began **time.Timer) (last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one.forget != *began {
		return false
	}
	workloads := s.stages[who.Scope]
	delete(workloads[who.Workload], addr)
	if len(workloads[who.Workload]) == 0 {
		delete(workloads, who.Workload)
	}
	if len(workloads) == 0 {
		delete(s.stages, who.Scope)
	}
	s.turn()
	return len(workloads) == 0
}

// turn tells that there are others; the lock is held.
func (s *sidecars) turn() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// standing are the sidecars of a workload at one moment.
type standing struct {
	addrs []string
	grpc  bool
}

// of returns those of a stage by workload.
func (s *sidecars) of(scope kernel.Scope) map[string]standing {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]standing{}
	for workload, all := range s.stages[scope] {
		var st standing
		for addr, one := range all {
			st.addrs, st.grpc = append(st.addrs, addr), st.grpc || one.grpc
		}
		slices.Sort(st.addrs)
		out[workload] = st
	}
	return out
}

// reached is where others come in at a sidecar that calls from a host.
func reached(from, inbound string) (string, error) {
	host, port, err := net.SplitHostPort(inbound)
	if err == nil && host == "" {
		host = from
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	at, wrong := netip.ParseAddrPort(net.JoinHostPort(host, port))
	if err != nil || wrong != nil || at.Port() == 0 {
		return "", status.Error(codes.InvalidArgument, "others cannot come in at "+inbound+": name an address of IP and a port with --inbound")
	}
	if at.Addr().IsUnspecified() {
		return net.JoinHostPort(from, port), nil
	}
	return at.String(), nil
}
