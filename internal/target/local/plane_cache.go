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
	ports  cachePorts
	log    *logs.Log
}

// cachePorts are where a cache listens; 0 is nowhere.
type cachePorts struct{ plain, tls int }

func recordedPorts(o *Object) (p cachePorts) {
	if o == nil {
		return p
	}
	p = cachePorts{number(o.Outputs["port"]), number(o.Outputs["tls_port"])}
	if p.plain == p.tls {
		p.plain = 0
	}
	return p
}

func newCachePlane(c Config, l *process.Launcher, ports *portPool) *cachePlane {
	find := sync.OnceValue(func() cache.Engine { return cache.Find(context.Background()) })
	return &cachePlane{config: c, launcher: l, ports: ports, find: find, running: map[Key]*runningCache{}}
}

func (p *cachePlane) check(k Key, spec json.RawMessage) error {
	_, err := decode[serverSpec](k, spec)
	return err
}

func (p *cachePlane) apply(ctx context.Context, k Key, raw json.RawMessage, previous *Object) (change, error) {
	spec, err := decode[serverSpec](k, raw)
	if err != nil {
		return change{}, err
	}
	r, fresh, err := p.ensure(ctx, k, spec, recordedPorts(previous))
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
	port := r.ports.plain
	if port == 0 {
		port = r.ports.tls
	}
	out := Outputs{
		"host": loopback, "port": port, "username": redisUser,
		"password_reference": reference(passwordName(k)), "engine": r.engine,
	}
	if r.ports.tls != 0 {
		out["tls_port"], out["ca_file"] = r.ports.tls, p.config.CAFile
	}
	return out
}

// ensure returns the running cache, started now if it was not, which takes the passwords
// that are valid now.
func (p *cachePlane) ensure(ctx context.Context, k Key, spec serverSpec, recorded cachePorts) (r *runningCache, fresh bool, err error) {
	valid, err := passwords(ctx, p.config, k)
	if err != nil {
		return nil, false, err
	}
	if r, ok := p.get(k); ok && r.speaks(spec) {
		return r, false, errors.Join(r.server.Admit(ctx, valid), p.renewCertificate(ctx, k, r))
	}
	if err := p.end(k); err != nil { // it starts anew with another way to speak to it
		return nil, false, err
	}
	r, err = p.start(ctx, k, spec, valid, recorded)
	if err != nil {
		return nil, false, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running[k] = r
	return r, true, nil
}

// speaks reports whether the cache is reached as declared.
func (r *runningCache) speaks(spec serverSpec) bool {
	return r.ports.tls == 0 || (r.ports.plain == 0) == (spec.TLS == tlsRequired)
}

// renewCertificate has the cache have the certificate of now.
func (p *cachePlane) renewCertificate(ctx context.Context, k Key, r *runningCache) error {
	_, renewed, err := certify(p.config, p.folder(k))
	if err != nil || !renewed {
		return err
	}
	return r.server.Certify(ctx)
}

func (p *cachePlane) start(ctx context.Context, k Key, spec serverSpec, valid []string, recorded cachePorts) (*runningCache, error) {
	dir := p.folder(k)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, diskError("make the folder of cache "+k.Name, err)
	}
	files, _, err := certify(p.config, dir)
	if err != nil {
		return nil, err
	}
	log, err := logs.Open(filepath.Join(dir, logName), p.config.LogSize)
	if err != nil {
		return nil, diskError("open the log of cache "+k.Name, err)
	}
	engine := p.find()
	r := &runningCache{engine: engine.Name, log: log}
	c := cache.Config{
		Dir: dir, Passwords: valid, Launcher: p.launcher, Timing: p.config.Timing,
		Output: log.Writer("redis", func(s string) string { return s }),
	}
	if err := p.listens(&c, r, files, spec, recorded, engine); err != nil {
		return nil, errors.Join(err, p.release(r))
	}
	if r.server, err = engine.Start(c); err != nil {
		return nil, errors.Join(unlessKernel("start cache "+k.Name, err), p.release(r))
	}
	return r, nil
}

// listens takes the ports that the cache is to have. The embedded server has one.
func (p *cachePlane) listens(c *cache.Config, r *runningCache, files certified, spec serverSpec, recorded cachePorts, engine cache.Engine) (err error) {
	only := spec.TLS == tlsRequired
	if only && files.cert == "" {
		return kernel.Errorf(kernel.Unavailable, "TLS is required of a cache, and there is no authority of certificates")
	}
	if !only {
		if r.ports.plain, err = p.ports.prefer(recorded.plain); err != nil {
			return err
		}
		c.Port = r.ports.plain
	}
	if files.cert == "" || !only && engine.Path == "" {
		return nil
	}
	if r.ports.tls, err = p.ports.prefer(recorded.tls); err != nil {
		return err
	}
	c.TLS = &cache.TLS{Port: r.ports.tls, Only: only, Cert: files.cert, Key: files.key, CA: files.ca}
	return nil
}

// release gives back what a cache has had.
func (p *cachePlane) release(r *runningCache) error {
	for _, port := range []int{r.ports.plain, r.ports.tls} {
		if port != 0 {
			p.ports.release(port)
		}
	}
	return r.log.Close()
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
	spec, err := decode[serverSpec](o.Key, o.Spec)
	if err != nil {
		return err
	}
	r, _, err := p.ensure(ctx, o.Key, spec, recordedPorts(&o))
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
	return p.release(r)
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
