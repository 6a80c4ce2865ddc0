package beside

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// Linger is how long a sidecar is still told of to others whose stream has ended: it
	// comes back, or its callers find out. So long after its start a server has nothing to
	// say to sidecars that hold something, since others have not come back yet.
	Linger = 10 * time.Second
	// MaxOfWorkload is how many sidecars stand beside a workload at most.
	MaxOfWorkload = 256
	// MaxRelease is how long the name of a release is at most.
	MaxRelease = 128
)

// Sidecar is one beside a workload.
type Sidecar struct {
	Scope    kernel.Scope
	Workload string
	// From is the host that it calls from, Inbound where it says that others come in, host:port.
	From, Inbound string
	// GRPC tells that the workload speaks gRPC.
	GRPC bool
	// Serves is the port that the workload itself listens on; 0 is its only one.
	Serves uint16
	// Release is the one that it stands beside, "" where it does not say.
	Release string
	// Envoy tells that it is an Envoy, and not a sidecar of Terrace's own.
	Envoy bool
}

// Standing is what is known of a sidecar by others.
type Standing struct {
	// Addr is where others come in, an address of IP with a port.
	Addr    string
	GRPC    bool
	Serves  uint16
	Release string
}

// Sidecars are those that are there. The zero value is not usable.
type Sidecars struct {
	complete chan struct{}

	mu sync.Mutex
	// awaited is what has still to come before it is complete.
	awaited int
	stages  map[kernel.Scope]map[string]all
	// others are those that other daemons know.
	others  others
	changed chan struct{}
	// empty are called, without the lock, once no sidecar of a stage is left.
	empty []func(scope kernel.Scope)
}

// all are the sidecars of a workload by where others come in.
type all map[string]*present

// present is a sidecar that is there, or was a moment ago.
type present struct {
	standing Standing
	envoy    bool
	streams  int
	// forget is what forgets one that does not come back.
	forget *time.Timer
}

// New returns that none is there. Sidecars have Linger to come back from before.
func New() *Sidecars {
	s := &Sidecars{complete: make(chan struct{}), awaited: 1, stages: map[kernel.Scope]map[string]all{}, changed: make(chan struct{})}
	time.AfterFunc(Linger, s.arrived)
	return s
}

// arrived tells that something has come that it waits for to be complete.
func (s *Sidecars) arrived() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.awaited--; s.awaited == 0 {
		close(s.complete)
	}
}

// Complete is closed once sidecars had the time to come back, and what other daemons know was
// read, where there is a Spread.
func (s *Sidecars) Complete() <-chan struct{} { return s.complete }

// WhenEmpty has do be called once no sidecar of a stage is left. It is called before any enters.
func (s *Sidecars) WhenEmpty(do func(scope kernel.Scope)) { s.empty = append(s.empty, do) }

// Turned is closed once there is another sidecar, or one less.
func (s *Sidecars) Turned() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// Enter has a sidecar be told of, until a while after leave is called. The error is a status of
// gRPC.
func (s *Sidecars) Enter(one Sidecar) (leave func(), err error) {
	addr, err := reached(one.From, one.Inbound)
	if err != nil {
		return nil, err
	}
	if len(one.Release) > MaxRelease {
		return nil, status.Errorf(codes.InvalidArgument, "a release has no more than %d characters", MaxRelease)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.place(one, addr)
	if err != nil {
		return nil, err
	}
	now := Standing{addr, one.GRPC, one.Serves, one.Release}
	if p.streams == 0 && p.forget == nil || p.standing != now {
		s.turn()
	}
	if p.forget != nil {
		p.forget.Stop()
		p.forget = nil
	}
	p.standing, p.envoy = now, one.Envoy
	p.streams++
	return func() { s.leave(one, addr, p) }, nil
}

// place is where a sidecar is noted; the lock is held.
func (s *Sidecars) place(one Sidecar, addr string) (*present, error) {
	if s.stages[one.Scope] == nil {
		s.stages[one.Scope] = map[string]all{}
	}
	of := s.stages[one.Scope][one.Workload]
	if of == nil {
		of = all{}
		s.stages[one.Scope][one.Workload] = of
	}
	p := of[addr]
	if p == nil {
		if len(of)+s.elsewhere(one.Scope, one.Workload, addr) >= MaxOfWorkload {
			return nil, status.Errorf(codes.ResourceExhausted, "%d sidecars stand beside %s, which are all that may", MaxOfWorkload, one.Workload)
		}
		p = &present{}
		of[addr] = p
	}
	return p, nil
}

func (s *Sidecars) leave(who Sidecar, addr string, one *present) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one.streams--; one.streams > 0 {
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(Linger, func() {
		if s.forget(who, addr, one, &timer) {
			for _, do := range s.empty {
				do(who.Scope)
			}
		}
	})
	one.forget = timer
}

// forget has a sidecar not be told of any more that has not come back since a timer began, which
// is read under the lock; last is set where it was the last one of its stage.
func (s *Sidecars) forget(who Sidecar, addr string, one *present, began **time.Timer) (last bool) {
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
func (s *Sidecars) turn() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Of returns those of a stage by workload, in the order of their addresses. What this daemon
// knows of one goes before what others do.
func (s *Sidecars) Of(scope kernel.Scope) map[string][]Standing {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string][]Standing{}
	for workload, of := range s.stages[scope] {
		for _, one := range of {
			out[workload] = append(out[workload], one.standing)
		}
	}
	for workload, of := range s.others[scope] {
		for addr, one := range of {
			if s.stages[scope][workload][addr] == nil {
				out[workload] = append(out[workload], one)
			}
		}
	}
	for _, of := range out {
		slices.SortFunc(of, func(a, b Standing) int { return strings.Compare(a.Addr, b.Addr) })
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
		return "", status.Errorf(codes.InvalidArgument, "others cannot come in at %.80q: name an address of IP and a port with --inbound", inbound)
	}
	if at.Addr().IsUnspecified() {
		return net.JoinHostPort(from, port), nil
	}
	return at.String(), nil
}
