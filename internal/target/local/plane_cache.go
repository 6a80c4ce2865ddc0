package local

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/local/cache"
	"github.com/terrace-idp/terrace/internal/target/local/logs"
	"github.com/terrace-idp/terrace/internal/target/local/process"
)

const (
	cacheStartTimeout   = 30 * time.Second
	cacheRestoreTimeout = 5 * time.Second
	// redisUser is the user that a password alone belongs to (Redis ACL).
	redisUser = "default"
)

// cachePlane runs caches.
type cachePlane struct {
	config   Config
	launcher *process.Launcher
	ports    *portPool
	find     func() cache.Engine

	mu      sync.Mutex
	running map[Key]*runningCache
}

type runningCache struct {
	server *cache.Server
	engine string
	port   int
	log    *logs.Log
}

func newCachePlane(c Config, l *process.Launcher, ports *portPool) *cachePlane {
	find := sync.OnceValue(func() cache.Engine { return cache.Find(context.Background()) })
	return &cachePlane{config: c, launcher: l, ports: ports, find: find, running: map[Key]*runningCache{}}
}

func (p *cachePlane) check(k Key, spec json.RawMessage) error {
	_, err := decode[emptySpec](k, spec)
	return err
}

func (p *cachePlane) apply(ctx context.Context, k Key, _ json.RawMessage, previous *Object) (change, error) {
	recorded := 0
	if previous != nil {
		recorded = number(previous.Outputs["port"])
	}
	r, fresh, err := p.ensure(ctx, k, recorded)
	if err != nil {
		return change{}, err
	}
	abort := func() {
		if fresh && previous == nil {
			_ = p.end(k) // what it has left is used by the next try
		}
	}
	if err := p.await(ctx, k, r, cacheStartTimeout); err != nil {
		abort()
		return change{}, err
	}
	return change{outputs: p.outputs(k, r), abort: abort}, nil
}

// await returns when the cache answers, or an error after the timeout.
func (p *cachePlane) await(ctx context.Context, k Key, r *runningCache, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := r.server.AwaitReady(ctx); err != nil {
		return kernel.Errorf(kernel.Unavailable, "cache %s: %w", k.Name, err).
			WithFix("see its log in %s", filepath.Join(p.folder(k), logName))
	}
	return nil
}

func (p *cachePlane) outputs(k Key, r *runningCache) Outputs {
	return Outputs{
		"host": loopback, "port": r.port, "username": redisUser,
		"password_reference": reference(passwordName(k)), "engine": r.engine,
	}
}

// ensure returns the running cache, started now if it was not.
func (p *cachePlane) ensure(ctx context.Context, k Key, recorded int) (r *runningCache, fresh bool, err error) {
	if r, ok := p.get(k); ok {
		return r, false, nil
	}
	password, err := ensurePassword(ctx, p.config.Secrets, k, passwordName(k))
	if err != nil {
		return nil, false, err
	}
	r, err = p.start(ctx, k, password, recorded)
	if err != nil {
		return nil, false, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running[k] = r
	return r, true, nil
}

func (p *cachePlane) start(ctx context.Context, k Key, password string, recorded int) (*runningCache, error) {
	dir := p.folder(k)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, diskError("make the folder of cache "+k.Name, err)
	}
	log, err := logs.Open(filepath.Join(dir, logName), p.config.LogSize)
	if err != nil {
		return nil, diskError("open the log of cache "+k.Name, err)
	}
	port, err := p.ports.prefer(recorded)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	engine := p.find()
	server, err := engine.Start(cache.Config{
		Dir: dir, Port: port, Password: password, Launcher: p.launcher, Timing: p.config.Timing,
		Output: log.Writer("redis", func(s string) string { return s }),
	})
	if err != nil {
		p.ports.release(port)
		return nil, errors.Join(unlessKernel("start cache "+k.Name, err), log.Close())
	}
	return &runningCache{server: server, engine: engine.Name, port: port, log: log}, nil
}

func (p *cachePlane) observe(_ context.Context, o Object) (Object, bool, error) {
	r, ok := p.get(o.Key)
	if !ok {
		return o, false, nil // not brought back yet
	}
	if _, err := os.Stat(p.folder(o.Key)); errors.Is(err, fs.ErrNotExist) {
		return o, true, p.end(o.Key)
	}
	o.Outputs = p.outputs(o.Key, r)
	return o, false, nil
}

func (p *cachePlane) remove(ctx context.Context, o Object) error {
	if err := p.end(o.Key); err != nil {
		return err
	}
	if err := os.RemoveAll(p.folder(o.Key)); err != nil {
		return diskError("remove the folder of cache "+o.Name, err)
	}
	return p.config.Secrets.Delete(ctx, o.Scope, passwordName(o.Key))
}

// restore waits until the cache answers, so that services find theirs; one that
// is slow, as with much data to load, is not waited for by all of them.
func (p *cachePlane) restore(ctx context.Context, o Object) error {
	r, _, err := p.ensure(ctx, o.Key, number(o.Outputs["port"]))
	if err != nil {
		return err
	}
	return p.await(ctx, o.Key, r, cacheRestoreTimeout)
}

func (p *cachePlane) get(k Key) (*runningCache, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, ok := p.running[k]
	return r, ok
}

// end stops the cache; its data stays.
func (p *cachePlane) end(k Key) error {
	p.mu.Lock()
	r, ok := p.running[k]
	delete(p.running, k)
	p.mu.Unlock()
	if !ok {
		return nil
	}
	r.server.Close()
	p.ports.release(r.port)
	return r.log.Close()
}

func (p *cachePlane) close() error {
	p.mu.Lock()
	keys := slices.Collect(maps.Keys(p.running))
	p.mu.Unlock()
	return inParallel(keys, p.end)
}

func (p *cachePlane) folder(k Key) string {
	return filepath.Join(scopeDir(p.config.Dir, "caches", k.Scope), k.Name)
}

// number returns a number that came from JSON or from here; 0 for anything else.
func number(v any) int {
	switch n := v.(type) {
	case int:
		return n
	case float64:
		return int(n)
	default:
		return 0
	}
}
