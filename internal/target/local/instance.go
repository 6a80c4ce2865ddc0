package local

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/conceal"
	"github.com/terrace-idp/terrace/internal/target/local/logs"
	"github.com/terrace-idp/terrace/internal/target/local/process"
)

// instance is one running version of a service: its containers' processes, with
// ports and folders of their own.
type instance struct {
	key       Key
	spec      serviceSpec
	digest    kernel.Digest
	dir       string
	hostPorts map[string]int
	launcher  *process.Launcher
	timing    process.Timing
	log       *logs.Log
	tail      *tail
	said      func(scope kernel.Scope, service, container, line string)
	changed   func()

	containers map[string]*container
	cancel     context.CancelFunc
	sequencing sync.WaitGroup
	// open tells that every port has accepted a connection once.
	open atomic.Bool
}

// container is one container of an instance; its unit exists once what must be
// before it is.
type container struct {
	prepared prepared
	exists   chan struct{}
	unit     *process.Unit
}

// begin starts the containers, each as soon as those before it allow. With
// unattended, it opens by itself when it is ready, however long that takes;
// else somebody calls awaitReady.
func (i *instance) begin(unattended bool) {
	ctx, cancel := context.WithCancel(context.Background())
	i.cancel = cancel
	for name := range i.containers {
		i.sequencing.Go(func() { i.launch(ctx, name) })
	}
	if unattended {
		i.sequencing.Go(func() { _ = i.awaitOpen(ctx) }) // its error is the end of ctx
	}
}

func (i *instance) launch(ctx context.Context, name string) {
	for other, condition := range waitsFor(i.spec.Containers, name) {
		before := i.containers[other]
		select {
		case <-before.exists:
		case <-ctx.Done():
			return
		}
		if _, err := before.unit.Await(ctx, func(s process.State) bool { return satisfies(s, condition) }); err != nil {
			return
		}
	}
	if ctx.Err() != nil {
		return
	}
	c := i.containers[name]
	c.unit = i.launcher.Supervise(i.supervision(name, c.prepared))
	close(c.exists)
}

func satisfies(s process.State, condition string) bool {
	switch condition {
	case whenComplete:
		return s.Phase == process.Complete
	case whenHealthy:
		return s.IsReady()
	default:
		return s.PID != 0 || s.IsReady()
	}
}

func (i *instance) supervision(name string, p prepared) process.Config {
	c := i.spec.Containers[name]
	mask := p.hidden.Cutter(maskedAs)
	config := process.Config{
		Spec: p.process, OneShot: c.isOneShot(), Timing: i.timing,
		Ready: masked(i.readiness(c, p.process), mask), Live: masked(i.probe(c.Liveness, p.process), mask),
		OnChange: func(s process.State) { i.note(name, s) },
	}
	config.Spec.Output = i.output(name, p.hidden)
	if len(i.spec.Ports) == 0 && config.Timing.Settle == 0 {
		config.Timing.Settle = settle
	}
	return config
}

// output returns where a container's output goes: without the values that are hidden
// into the service's log, and its last lines into the instance's tail, for when it fails.
func (i *instance) output(name string, hidden *conceal.Values) io.Writer {
	return hidden.Stream(i.log.Writer(name, func(line string) string {
		i.tail.add(name, line)
		if i.said != nil {
			i.said(i.key.Scope, i.key.Name, name, line)
		}
		return line
	}), maskedAs)
}

// note writes what a person wants to find in the log, and passes the change on.
func (i *instance) note(name string, s process.State) {
	switch s.Phase {
	case process.Waiting:
		i.log.Printf("container %s %s; it is started again", name, s.Last)
	case process.Unready:
		if s.Failed == 1 || s.IsFailing() {
			i.log.Printf("container %s is not ready: %s", name, s.Probe)
		}
	default: // nothing to look into
	}
	i.changed()
}

// isReady reports whether the instance serves.
func (i *instance) isReady() bool {
	if !i.open.Load() {
		return false
	}
	for _, c := range i.containers {
		if s, ok := c.state(); !ok || !s.IsReady() {
			return false
		}
	}
	return true
}

// isWavering reports whether the instance serves, or lacks no more for it than that probes of
// readiness have failed a moment ago.
func (i *instance) isWavering() bool {
	if !i.open.Load() {
		return false
	}
	for _, c := range i.containers {
		s, ok := c.state()
		if !ok || !s.IsReady() && (s.Phase != process.Unready || s.IsFailing()) {
			return false
		}
	}
	return true
}

// state returns the container's state; not ok while it is not started.
func (c *container) state() (process.State, bool) {
	select {
	case <-c.exists:
		return c.unit.State(), true
	default:
		return process.State{}, false
	}
}

// isFailing reports whether the instance cannot be kept running.
func (i *instance) isFailing() bool {
	for _, c := range i.containers {
		s, ok := c.state()
		if ok && (s.IsFailing() || s.Exits >= failingExits && !s.IsReady()) {
			return true
		}
	}
	return false
}

// isBroken reports whether the instance does not serve, and does not come to it while ctx lasts:
// a release has nothing to be compared with then.
func (i *instance) isBroken(ctx context.Context) bool {
	return i.isFailing() || i.awaitReady(ctx) != nil && !errors.Is(ctx.Err(), context.Canceled)
}

// stop ends every process, kindly first, and removes the folder.
func (i *instance) stop() {
	i.cancel()
	i.sequencing.Wait()
	var all sync.WaitGroup
	for _, c := range i.containers {
		if _, ok := c.state(); ok {
			all.Go(c.unit.Stop)
		}
	}
	all.Wait()
	_ = os.RemoveAll(i.dir) // what stays is removed when the service starts again
}

// addrs returns the addresses of the processes' ports.
func (i *instance) addrs() map[string]string {
	out := make(map[string]string, len(i.hostPorts))
	for name, port := range i.hostPorts {
		out[name] = address(port)
	}
	return out
}

// numbered are those addresses by the ports' numbers.
func (i *instance) numbered() map[string]string {
	out := make(map[string]string, len(i.hostPorts))
	for name, port := range i.hostPorts {
		out[strconv.Itoa(i.spec.Ports[name].Port)] = address(port)
	}
	return out
}

// placed is where the instance answers.
func (i *instance) placed() *placed {
	return &placed{addrs: i.addrs(), byNumber: i.numbered(), release: i.spec.Release}
}

// movable returns the ports that were taken from the pool.
func (i *instance) movable() (ports []int) {
	for name, port := range i.hostPorts {
		if !i.spec.Ports[name].Fixed {
			ports = append(ports, port)
		}
	}
	return ports
}

func (i *instance) root(container string) string { return filepath.Join(i.dir, container) }

func (i *instance) names() []string { return slices.Sorted(maps.Keys(i.containers)) }
