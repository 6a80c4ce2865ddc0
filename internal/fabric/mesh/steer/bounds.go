package steer

import (
	"maps"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/terrace-idp/terrace/internal/fabric/mesh/beside"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/xds"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of what the sidecars of one workload may cost a server.
const (
	// maxStreams is how many streams they have open at most: one for each that may stand there,
	// and those that are just opened anew, as many as a client of xDS has.
	maxStreams = beside.MaxOfWorkload + 64
	// streamsPerSecond and streamsAtOnce bound how fast they open them: after a start of the
	// server all come at once.
	streamsPerSecond = 10
	streamsAtOnce    = 2 * maxStreams
	// maxProcesses is how many of its processes report at most; one that says nothing for
	// silence is none of them any more.
	maxProcesses = 256
	silence      = 10 * time.Minute
	// reportsPerSecond and reportsAtOnce bound how fast they report: each does every five seconds.
	reportsPerSecond = 60
	reportsAtOnce    = 600
	// patience bounds how long a sidecar takes to say where others come in.
	patience = 10 * time.Second
)

// owner is a workload of a stage.
type owner struct {
	scope kernel.Scope
	name  string
}

// cost is what the sidecars of a workload cost.
type cost struct {
	streams         int
	opened, reports *rate.Limiter
	// processes are those that report, by when they did last.
	processes map[string]time.Time
	seen      time.Time
}

// costs are those of all workloads.
type costs struct {
	mu     sync.Mutex
	of     map[owner]*cost
	tidied time.Time
}

// open counts a stream of a workload until closed is called; the error is a status of gRPC.
func (c *costs) open(who xds.Caller, now time.Time) (closed func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := c.one(who, now)
	if one.streams >= maxStreams {
		return nil, xds.Later(time.Minute, "the sidecars of %s have %d streams open at this server, which are all that they may", who.Workload, maxStreams)
	}
	if wait := xds.Turn(one.opened, now); wait > 0 {
		return nil, xds.Later(wait, "the sidecars of %s open more than %d streams a second", who.Workload, streamsPerSecond)
	}
	one.streams++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		one.streams--
	}, nil
}

// report judges whether a process of a workload may report now; the error is a status of gRPC.
func (c *costs) report(who xds.Caller, process string, now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := c.one(who, now)
	if wait := xds.Turn(one.reports, now); wait > 0 {
		return xds.Later(wait, "the sidecars of %s report more than %d times a second", who.Workload, reportsPerSecond)
	}
	if _, known := one.processes[process]; !known && len(one.processes) >= maxProcesses {
		maps.DeleteFunc(one.processes, func(_ string, at time.Time) bool { return now.Sub(at) >= silence })
		if len(one.processes) >= maxProcesses {
			return xds.Later(time.Minute, "%d processes of %s have reported within %s, which are all that may", maxProcesses, who.Workload, silence)
		}
	}
	one.processes[process] = now
	return nil
}

// one is the cost of a workload; the lock is held.
func (c *costs) one(who xds.Caller, now time.Time) *cost {
	if now.Sub(c.tidied) >= time.Minute {
		c.tidied = now
		maps.DeleteFunc(c.of, func(_ owner, one *cost) bool { return one.streams == 0 && now.Sub(one.seen) >= silence })
	}
	k := owner{who.Scope, who.Workload}
	one := c.of[k]
	if one == nil {
		one = &cost{opened: rate.NewLimiter(streamsPerSecond, streamsAtOnce), reports: rate.NewLimiter(reportsPerSecond, reportsAtOnce), processes: map[string]time.Time{}}
		if c.of == nil {
			c.of = map[owner]*cost{}
		}
		c.of[k] = one
	}
	one.seen = now
	return one
}
