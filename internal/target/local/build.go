package local

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// build makes an instance with its ports and folders; nothing of it runs yet.
func (p *servicePlane) build(ctx context.Context, r *running, spec serviceSpec, digest kernel.Digest) (*instance, error) {
	i := &instance{
		key: r.key, spec: spec, digest: digest, dir: filepath.Join(r.dir, kernel.NewID(instancePrefix)),
		hostPorts: map[string]int{}, launcher: p.launcher, timing: p.config.Timing, log: r.log, tail: &tail{}, said: p.config.Said,
		changed: func() { p.refresh(r) }, containers: map[string]*container{}, cancel: func() {},
	}
	err := p.assign(ctx, i)
	if err == nil {
		err = p.prepare(ctx, i)
	}
	if err != nil {
		p.retire(i)
		return nil, err
	}
	return i, nil
}

// assign gives the instance its ports.
func (p *servicePlane) assign(ctx context.Context, i *instance) error {
	for _, name := range i.spec.portNames() {
		declared := i.spec.Ports[name]
		if declared.Fixed {
			if err := checkFixed(i.key.Name, name, declared.target()); err != nil {
				return err
			}
			i.hostPorts[name] = declared.target()
			continue
		}
		port, err := p.ports.take()
		if err != nil {
			return err
		}
		i.hostPorts[name] = port
	}
	return nil
}

func (p *servicePlane) prepare(ctx context.Context, i *instance) error {
	w := &workshop{config: p.config, key: i.key, spec: i.spec, hostPorts: i.hostPorts, bundles: p.bundles}
	for _, name := range slices.Sorted(maps.Keys(i.spec.Containers)) {
		made, err := w.prepare(ctx, name, i.root(name))
		if err != nil {
			return err
		}
		i.containers[name] = &container{prepared: made, exists: make(chan struct{})}
	}
	return nil
}

// entry returns the service's place among what runs, made when missing.
func (p *servicePlane) entry(k Key) (*running, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r, ok := p.running[k]; ok {
		return r, nil
	}
	r, err := openRunning(k, p.folder(k), p.config.LogSize)
	if err == nil {
		p.running[k] = r
	}
	return r, err
}

func (p *servicePlane) find(k Key) (*running, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, ok := p.running[k]
	return r, ok
}

func (p *servicePlane) all() []*running {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Collect(maps.Values(p.running))
}

func (p *servicePlane) folder(k Key) string {
	return filepath.Join(scopeDir(p.config.Dir, "services", k.Scope), k.Name)
}

// notes tells what of a declaration this machine cannot do.
func (p *servicePlane) notes(spec serviceSpec) (notes []string) {
	why := p.launcher.Enforcement()
	for _, name := range slices.Sorted(maps.Keys(spec.Containers)) {
		c := spec.Containers[name]
		if (c.CPULimit != "" || c.MemoryLimit != "") && why != "" {
			notes = append(notes, "the limits of container "+name+" are not enforced: "+why)
		}
		for path, v := range c.Volumes {
			if v.ReadOnly {
				notes = append(notes, "container "+name+" can write to its volume "+path+": processes have no read-only volumes")
			}
		}
	}
	slices.Sort(notes)
	return notes
}

// recordedEndpoints returns the addresses that the object had.
func recordedEndpoints(o *Object) map[string]string {
	out := map[string]string{}
	if o == nil {
		return out
	}
	members, _ := o.Outputs["endpoints"].(map[string]any)
	for name, v := range members {
		out[name], _ = v.(string)
	}
	return out
}

// logPath returns where a service's log is, or NotFound where there is none.
func (p *servicePlane) logPath(k Key) (string, error) {
	path := filepath.Join(p.folder(k), logName)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return "", kernel.Errorf(kernel.NotFound, "service %s has no log in %s", k.Name, k.Scope)
	}
	return path, nil
}
