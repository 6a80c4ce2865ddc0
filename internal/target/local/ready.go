package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/local/process"
)

const (
	// settle is how long a process that has neither port nor probe must run.
	settle = 500 * time.Millisecond
	// portPause is the time between two looks whether a port is open.
	portPause = 50 * time.Millisecond
	// hopelessExits is how often a process may end during a start.
	hopelessExits = 5
	// failingExits is how often it may end later until its service counts as failing.
	failingExits = 3
)

// probe returns what a declared probe does; nil for none.
func (i *instance) probe(p *probeSpec, of process.Spec) process.Probe {
	switch {
	case p == nil:
		return nil
	case p.HTTP != nil:
		return i.httpProbe(*p.HTTP).Probe
	case len(p.Exec) > 0:
		of.Path, of.Args = p.Exec[0], p.Exec[1:]
		return i.launcher.Exec(of)
	default:
		return nil
	}
}

// masked keeps the values of secrets out of what a probe says: a command may
// have printed them.
func masked(p process.Probe, mask func(string) string) process.Probe {
	if p == nil {
		return nil
	}
	return func(ctx context.Context) error {
		err := p(ctx)
		if err == nil {
			return nil
		}
		return errors.New(mask(err.Error()))
	}
}

func (i *instance) httpProbe(p httpProbeSpec) process.HTTP {
	scheme := strings.ToLower(p.Scheme)
	if scheme == "" {
		scheme = "http"
	}
	url := scheme + "://" + address(i.probePort(p.Port)) + "/" + strings.TrimPrefix(p.Path, "/")
	return process.HTTP{URL: url, Host: p.Host, Headers: p.Headers}
}

// probePort returns the port of this machine for a port that a probe names: as
// the process or other workloads know it; 0 is the first.
func (i *instance) probePort(named int) int {
	for _, name := range i.spec.portNames() {
		if p := i.spec.Ports[name]; named == 0 || p.target() == named {
			return i.hostPorts[name]
		}
	}
	for name, p := range i.spec.Ports {
		if p.Port == named {
			return i.hostPorts[name]
		}
	}
	return named
}

// readiness returns the container's readiness probe. Where it declares none and
// is the only one that stays, the ports must accept connections.
func (i *instance) readiness(c containerSpec, of process.Spec) process.Probe {
	if p := i.probe(c.Readiness, of); p != nil {
		return p
	}
	staying := 0
	for _, other := range i.spec.Containers {
		if !other.isOneShot() {
			staying++
		}
	}
	if c.isOneShot() || staying > 1 || len(i.streams()) == 0 {
		return nil
	}
	return i.portsOpen
}

// streams returns the names of the TCP ports.
func (i *instance) streams() (names []string) {
	for _, name := range i.spec.portNames() {
		if !i.spec.Ports[name].isUDP() {
			names = append(names, name)
		}
	}
	return names
}

// portsOpen reports a TCP port on which nothing listens.
func (i *instance) portsOpen(ctx context.Context) error {
	for _, name := range i.streams() {
		if err := process.TCP(address(i.hostPorts[name]))(ctx); err != nil {
			variable := "PORT_" + variableName(name)
			if len(i.spec.Ports) == 1 {
				variable = "PORT"
			}
			if i.spec.Ports[name].Fixed {
				return fmt.Errorf("nothing listens on port %s (%d)", name, i.hostPorts[name])
			}
			return fmt.Errorf("nothing listens on port %s: the process must listen on the port in $%s, which is %d", name, variable, i.hostPorts[name])
		}
	}
	return nil
}

// awaitReady waits until every container is ready and every port open, or one
// of them is hopeless, or ctx is done; then it says why.
func (i *instance) awaitReady(ctx context.Context) error {
	for _, name := range i.names() {
		c := i.containers[name]
		select {
		case <-c.exists:
		case <-ctx.Done():
			return i.failure(ctx, nil)
		}
		s, err := c.unit.Await(ctx, func(s process.State) bool {
			return s.IsReady() || s.Exits >= hopelessExits || s.Phase == process.Stopped
		})
		if err != nil || !s.IsReady() {
			return i.failure(ctx, nil)
		}
	}
	return i.awaitPorts(ctx)
}

// awaitOpen waits, however often the containers have to be started, until the
// instance can be opened to callers.
func (i *instance) awaitOpen(ctx context.Context) error {
	for _, name := range i.names() {
		c := i.containers[name]
		select {
		case <-c.exists:
		case <-ctx.Done():
			return ctx.Err()
		}
		if _, err := c.unit.Await(ctx, process.State.IsReady); err != nil {
			return err
		}
	}
	return i.awaitPorts(ctx)
}

func (i *instance) awaitPorts(ctx context.Context) error {
	for {
		err := i.portsOpen(ctx)
		if err == nil {
			i.open.Store(true)
			i.changed()
			return nil
		}
		select {
		case <-time.After(portPause):
		case <-ctx.Done():
			return i.failure(ctx, err)
		}
	}
}

// failure tells why the instance is not ready: what each container lacks, and
// the last lines of the log.
func (i *instance) failure(ctx context.Context, ports error) error {
	var reasons []string
	for _, name := range i.names() {
		if reason := i.containers[name].reason(); reason != "" {
			reasons = append(reasons, "container "+name+" "+reason)
		}
	}
	if ports != nil {
		reasons = append(reasons, ports.Error())
	}
	within := ""
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		within = " within " + i.spec.startTimeout().String()
	}
	err := kernel.Errorf(kernel.Unavailable, "service %s did not become ready%s: %s", i.key.Name, within, strings.Join(reasons, "; "))
	return err.WithFix("correct what the log shows and deploy again; what ran before keeps running").WithProblems(i.tail.last()...)
}

// reason tells what a container lacks to be ready, "" for nothing.
func (c *container) reason() string {
	s, ok := c.state()
	switch {
	case !ok:
		return "waits for one that must be before it"
	case s.IsReady():
		return ""
	}
	var parts []string
	if s.Last != "" {
		parts = append(parts, s.Last+times(s.Exits))
	}
	if s.Probe != "" {
		parts = append(parts, "its probe says: "+s.Probe)
	}
	switch {
	case len(parts) == 0:
		return "is still starting"
	case s.Last == "":
		return "runs, but " + parts[0]
	}
	return strings.Join(parts, ", ")
}

func times(n int) string {
	if n < 2 {
		return ""
	}
	return " (" + strconv.Itoa(n) + " times)"
}

// reachable tells the address for a port on which others reach the service
// directly, for those that no forwarder can serve.
func (i *instance) reachable(name string) string {
	return net.JoinHostPort(loopback, strconv.Itoa(i.hostPorts[name]))
}
