package beside

import (
	"cmp"
	"maps"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Record is a sidecar as daemons tell each other of it.
type Record struct {
	Scope    kernel.Scope
	Workload string
	Standing
	// Envoy tells that it is an Envoy, and not a sidecar of Terrace's own.
	Envoy bool
	// Since is when it has come, or has changed.
	Since time.Time
}

// Key is what a daemon knows a sidecar by.
type Key struct {
	Scope          kernel.Scope
	Workload, Addr string
}

// Key is what its daemon knows it by.
func (r Record) Key() Key { return Key{r.Scope, r.Workload, r.Addr} }

// others are sidecars by stage, workload and where others come in.
type others map[kernel.Scope]map[string]map[string]Standing

// together are records of several daemons. Of one that several know, as it has moved from one to
// another, the youngest holds.
func together(all map[string]held) others {
	type young struct {
		since  time.Time
		daemon string
	}
	out, from := others{}, map[Key]young{}
	for daemon, of := range all {
		for _, r := range of.records {
			k := r.Key()
			before, known := from[k]
			if known && cmp.Or(r.Since.Compare(before.since), cmp.Compare(daemon, before.daemon)) < 0 {
				continue
			}
			from[k] = young{r.Since, daemon}
			if out[r.Scope] == nil {
				out[r.Scope] = map[string]map[string]Standing{}
			}
			if out[r.Scope][r.Workload] == nil {
				out[r.Scope][r.Workload] = map[string]Standing{}
			}
			out[r.Scope][r.Workload][r.Addr] = r.Standing
		}
	}
	return out
}

// learn takes what others know in place of what they knew.
func (s *Sidecars) learn(next others) {
	s.mu.Lock()
	defer s.mu.Unlock()
	same := maps.EqualFunc(s.others, next, func(a, b map[string]map[string]Standing) bool {
		return maps.EqualFunc(a, b, maps.Equal[map[string]Standing])
	})
	s.others = next
	if !same {
		s.turn()
	}
}

// own are those that this daemon knows by itself.
func (s *Sidecars) own() map[Key]Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[Key]Record{}
	for scope, workloads := range s.stages {
		for workload, of := range workloads {
			for _, one := range of {
				r := Record{Scope: scope, Workload: workload, Standing: one.standing, Envoy: one.envoy}
				out[r.Key()] = r
			}
		}
	}
	return out
}

// elsewhere is how many stand beside a workload that others alone know, but the one at an
// address; the lock is held.
func (s *Sidecars) elsewhere(scope kernel.Scope, workload, addr string) (n int) {
	for at := range s.others[scope][workload] {
		if at != addr && s.stages[scope][workload][at] == nil {
			n++
		}
	}
	return n
}
