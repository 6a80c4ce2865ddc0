package graph

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/traffic"
	"github.com/terrace-idp/terrace/internal/fabric/mesh"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// maxEdges is how many edges of a stage are counted apart in an hour.
	maxEdges = 2000
	// A route of a count says who has counted: the caller, of a service and who answered, or
	// the workload that was called.
	asSource      = "source/"
	asDestination = "destination/"
	// maxPlace is how long a name of a workload is at most.
	maxPlace = 63
)

// name is that of a workload.
var name = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)

// callers are the edges that were counted apart, of each stage.
type callers struct {
	mu     sync.Mutex
	stages map[kernel.Scope]*edges
}

type edges struct {
	since time.Time
	known map[[2]string]struct{}
}

// apart tells whether an edge is counted apart: those that come first within an hour are.
func (c *callers) apart(scope kernel.Scope, now time.Time, route, consumer string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stages == nil {
		c.stages = map[kernel.Scope]*edges{}
	}
	e := c.stages[scope]
	if e == nil || now.Sub(e.since) >= time.Hour {
		e = &edges{now, map[[2]string]struct{}{}}
		c.stages[scope] = e
	}
	k := [2]string{route, consumer}
	if _, ok := e.known[k]; !ok && len(e.known) >= maxEdges {
		return false
	}
	e.known[k] = struct{}{}
	return true
}

// Record keeps what a workload has counted, once for each report. What it says of others is of
// its own stage.
func (s *Service) Record(ctx context.Context, r Report, calls []Call) error {
	now, scope, workload := s.Clock.Now(), r.Scope, r.Workload
	var counts []traffic.Count
	for _, c := range calls {
		route, consumer := asDestination+workload, c.From
		if c.From == "" {
			if !named(c.Service) || !named(c.Version) {
				return kernel.Errorf(kernel.Invalid, "%.80q of %.80q is no workload", c.Version, c.Service)
			}
			route, consumer = asSource+c.Service+"/"+c.Version, mesh.ID(s.Domain, scope, workload)
		} else if c.From != traffic.Others && (!strings.HasPrefix(c.From, "spiffe://"+s.Domain+"/") || len(c.From) > 2048) {
			return kernel.Errorf(kernel.Invalid, "%.80q is no workload", c.From)
		}
		if !whole(c.Tally) {
			return kernel.Errorf(kernel.Invalid, "what was counted is less than nothing, or more than can be")
		}
		if !s.callers.apart(scope, now, route, consumer) {
			route, consumer = asDestination+traffic.Others, traffic.Others
		}
		counts = append(counts, traffic.Count{Key: traffic.Key{Tenant: scope.Tenant, Project: scope.Project, Stage: scope.Stage, Route: route}, Consumer: consumer, At: now, Tally: c.Tally})
	}
	counts = together(counts)
	if len(counts) == 0 {
		return nil
	}
	var first bool
	err := s.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		first, err = s.Store.Take(ctx, scope, workload, r.Process, r.Number, now)
		if err != nil || !first {
			return err
		}
		return s.Store.Add(ctx, counts)
	})
	if err == nil && first && r.Release != "" && s.Answered != nil {
		s.Answered(scope, workload, r.Release, answered(calls))
	}
	return err
}

// answered is what a workload has answered of the calls that it has counted. What was refused
// before it says nothing of it, and any caller can have that happen.
func answered(calls []Call) (sum traffic.Tally) {
	for _, c := range calls {
		if c.From != "" && !c.Refused {
			sum.Add(c.Tally)
		}
	}
	return sum
}

func named(workload string) bool { return len(workload) <= maxPlace && name.MatchString(workload) }

// whole tells that nothing of a tally is less than nothing, or so much that those of a report
// together overflow.
func whole(t traffic.Tally) bool {
	const mostRequests, most = 1 << 40, 1 << 52
	for _, n := range slices.Concat(t.Places[:], t.Classes[:]) {
		if n < 0 || n > mostRequests {
			return false
		}
	}
	return t.Bytes >= 0 && t.Bytes <= most && t.Nanos >= 0 && t.Nanos <= most
}

// together adds up counts of one kind: a statement of the database takes each once.
func together(all []traffic.Count) []traffic.Count {
	type of struct {
		traffic.Key

		consumer string
	}
	at := map[of]int{}
	var out []traffic.Count
	for _, c := range all {
		k := of{c.Key, c.Consumer}
		if i, ok := at[k]; ok {
			out[i].Tally.Add(c.Tally)
			continue
		}
		at[k] = len(out)
		out = append(out, c)
	}
	return out
}

// tidy forgets stages of which another hour would begin.
func (c *callers) tidy(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.stages, func(_ kernel.Scope, e *edges) bool { return now.Sub(e.since) >= time.Hour })
}

// Tidy removes what nobody asks for any more.
func (s *Service) Tidy(ctx context.Context) error {
	now := s.Clock.Now()
	s.callers.tidy(now)
	return s.Store.Tidy(ctx, now)
}
