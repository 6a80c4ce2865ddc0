package local

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/local/forward"
	"github.com/terrace-idp/terrace/internal/target/local/logs"
)

// running is a service with its log, the stable addresses of its ports and the
// instance that serves.
type running struct {
	key Key
	dir string
	log *logs.Log

	mu      sync.Mutex
	current *instance
	// next is on its way to take over, with a share of new requests in percent; rollout is how
	// that goes, or how it went the last time.
	next     *instance
	share    int
	rollout  *rollout
	forwards map[string]*forward.Forwarder
	retiring sync.WaitGroup
}

// open returns a service of which nothing runs yet, in a clean folder.
func openRunning(k Key, dir string, logSize int64) (*running, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, diskError("make the folder of service "+k.Name, err)
	}
	stale, _ := filepath.Glob(filepath.Join(dir, instancePrefix+"*"))
	for _, folder := range stale {
		_ = os.RemoveAll(folder) // of a daemon that died; it is in nobody's way
	}
	log, err := logs.Open(filepath.Join(dir, logName), logSize)
	if err != nil {
		return nil, diskError("open the log of service "+k.Name, err)
	}
	return &running{key: k, dir: dir, log: log, forwards: map[string]*forward.Forwarder{}}, nil
}

const (
	logName        = "log"
	instancePrefix = "inst"
)

func (r *running) instance() *instance {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.current
}

func (r *running) setRollout(ro *rollout) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rollout = ro
}

// ensureForwards makes sure that every TCP port that can be moved has a stable
// address, the recorded one if it is free. It returns the ports that are new.
func (r *running) ensureForwards(ctx context.Context, pool *portPool, spec serviceSpec, recorded map[string]string) (fresh []string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, p := range spec.Ports {
		if p.Fixed || p.isUDP() || r.forwards[name] != nil {
			continue
		}
		f, err := openForward(ctx, pool, portOf(recorded[name]))
		if err != nil {
			return fresh, kernel.Errorf(kernel.Unavailable, "port %s of service %s: %w", name, r.key.Name, err)
		}
		r.forwards[name] = f
		fresh = append(fresh, name)
	}
	return fresh, nil
}

// openForward listens on the wanted port, or on another one where that is taken.
func openForward(ctx context.Context, pool *portPool, wanted int) (*forward.Forwarder, error) {
	for attempt := 0; ; attempt++ {
		port, err := pool.prefer(wanted)
		if err != nil {
			return nil, err
		}
		f, err := forward.Listen(ctx, address(port))
		if err == nil || attempt == forwardAttempts {
			return f, err
		}
		pool.release(port)
		wanted = 0
	}
}

// forwardAttempts bounds the search for a port that others do not take first.
const forwardAttempts = 10

// dropForwards ends the stable addresses of ports.
func (r *running) dropForwards(pool *portPool, names ...string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, name := range names {
		f := r.forwards[name]
		delete(r.forwards, name)
		pool.release(portOf(f.Addr()))
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// unused returns the ports that have a stable address and that spec does not declare so.
func (r *running) unused(spec serviceSpec) (names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name := range r.forwards {
		if p, ok := spec.Ports[name]; !ok || p.Fixed || p.isUDP() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// outputs returns what others may know of the service when i serves.
func (r *running) outputs(i *instance, notes []string) Outputs {
	r.mu.Lock()
	defer r.mu.Unlock()
	addrs := map[string]any{}
	for name := range i.spec.Ports {
		addrs[name] = i.reachable(name)
		if f := r.forwards[name]; f != nil {
			addrs[name] = f.Addr()
		}
	}
	status := statusReady
	if i.isFailing() {
		status = statusFailing
	}
	out := Outputs{"endpoints": addrs, "status": status}
	if len(notes) > 0 {
		out["notes"] = notes
	}
	return out
}

// The values of a service's output "status".
const (
	statusReady   = "ready"
	statusFailing = "failing"
)
