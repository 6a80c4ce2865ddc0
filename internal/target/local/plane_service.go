package local

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/local/bundle"
	"github.com/terrace-idp/terrace/internal/target/local/process"
)

// drainTime is how long a replaced version still serves what it was sent before
// the switch, until it is asked to end.
const drainTime = 500 * time.Millisecond

// servicePlane runs services.
type servicePlane struct {
	// ctx ends with the Service.
	ctx       context.Context //nolint:containedctx // rollouts end with it
	config    Config
	launcher  *process.Launcher
	bundles   *bundle.Cache
	ports     *portPool
	endpoints *endpoints

	mu      sync.Mutex
	running map[Key]*running
	// rolling are rollouts under way; none begins once ctx has ended.
	rolling sync.WaitGroup
	// restored says that all that is recorded was tried to be brought back.
	restored bool
}

func newServicePlane(ctx context.Context, c Config, l *process.Launcher, ports *portPool) *servicePlane {
	return &servicePlane{
		ctx: ctx, config: c, launcher: l, bundles: bundle.NewCache(filepath.Join(c.Dir, "artifacts"), c.Artifacts),
		ports: ports, endpoints: newEndpoints(), running: map[Key]*running{},
	}
}

func (p *servicePlane) check(k Key, spec json.RawMessage) error {
	_, err := decode[serviceSpec](k, spec)
	return err
}

// apply makes the declared version ready beside the one that serves, has it take over in steps
// where the stage says so, and returns how to switch to it. Until that is done the recorded
// version is the one before: it alone comes back where the daemon ends meanwhile.
func (p *servicePlane) apply(ctx context.Context, k Key, raw json.RawMessage, previous *Object) (change, error) {
	spec, err := decode[serviceSpec](k, raw)
	if err != nil {
		return change{}, err
	}
	r, err := p.entry(k)
	if err != nil {
		return change{}, err
	}
	starting, cancel := context.WithTimeout(ctx, spec.startTimeout())
	defer cancel()
	digest := kernel.DigestOf(raw)
	old := r.instance()
	if old != nil && old.digest == digest {
		err := old.awaitReady(starting)
		return change{outputs: r.outputs(old, p.notes(spec))}, err
	}
	made, err := p.next(starting, r, old, spec, digest, recordedEndpoints(previous))
	if s, ok := p.strategy(r, old, spec); ok && err == nil && !old.isBroken(starting) {
		made, err = p.takeOver(ctx, r, old, made, s)
	}
	if err != nil && previous == nil && old == nil {
		return made, errors.Join(err, p.forget(r))
	}
	if err != nil {
		p.tidy()
	}
	return made, err
}

// next makes the version after old, which may be nil, ready to serve.
func (p *servicePlane) next(ctx context.Context, r *running, old *instance, spec serviceSpec, digest kernel.Digest, recorded map[string]string) (change, error) {
	if old != nil && (old.spec.isFixed() || spec.isFixed()) {
		return p.recreate(ctx, r, old, spec, digest)
	}
	return p.replace(ctx, r, spec, digest, recorded)
}

// replace starts the new version beside the old one.
func (p *servicePlane) replace(ctx context.Context, r *running, spec serviceSpec, digest kernel.Digest, recorded map[string]string) (change, error) {
	next, err := p.build(ctx, r, spec, digest)
	if err != nil {
		return change{}, err
	}
	next.begin(false)
	fresh, err := r.ensureForwards(ctx, p.ports, spec, recorded)
	if err == nil {
		err = next.awaitReady(ctx)
	}
	undo := func() {
		p.withdraw(r, next)
		_ = r.dropForwards(p.ports, fresh...) // they have served nobody
	}
	if err != nil {
		undo()
		return change{}, err
	}
	return change{outputs: r.outputs(next, p.notes(spec)), next: next, commit: func() { p.switchTo(r, next) }, abort: undo}, nil
}

// recreate ends the old version first, for one of them needs a port for itself.
// When the new one fails the old one is started again.
func (p *servicePlane) recreate(ctx context.Context, r *running, old *instance, spec serviceSpec, digest kernel.Digest) (change, error) {
	p.take(r, nil)
	p.retire(old)
	back := func() {
		again, err := p.build(context.WithoutCancel(ctx), r, old.spec, old.digest)
		if err != nil {
			r.log.Printf("the version before could not be started again: %v", err)
			return
		}
		again.begin(true)
		p.take(r, again)
	}
	made, err := p.replace(ctx, r, spec, digest, nil)
	if err != nil {
		back()
		return change{}, err
	}
	undo := made.abort
	made.abort = func() {
		undo()
		back()
	}
	return made, nil
}

// switchTo makes next the version that serves, and ends the one before when
// what it was sent is answered.
func (p *servicePlane) switchTo(r *running, next *instance) {
	old := p.take(r, next)
	r.log.Printf("release %s %s serves", next.spec.ReleaseVersion, next.spec.Release)
	_ = r.dropForwards(p.ports, r.unused(next.spec)...) // nobody may use them any more
	if old != nil {
		r.retiring.Go(func() {
			time.Sleep(drainTime)
			p.retire(old)
			p.tidy()
		})
	}
}

// take makes next the current instance, nil for none, and returns the one before.
func (p *servicePlane) take(r *running, next *instance) (old *instance) {
	r.mu.Lock()
	old, r.current = r.current, next
	r.next, r.share = nil, 0
	r.mu.Unlock()
	p.refresh(r)
	return old
}

// refresh publishes where the service answers now.
func (p *servicePlane) refresh(r *running) {
	r.mu.Lock()
	defer r.mu.Unlock()
	serving := r.current
	ready, joins := serving != nil && serving.isReady(), r.next != nil && r.share > 0 && r.next.isReady()
	switch {
	case ready && joins:
		p.endpoints.set(r.key, serving.placed(), r.next.placed().sharing(r.share))
	case ready:
		p.endpoints.set(r.key, serving.placed(), nil)
	case joins: // what it takes over from is away
		serving = r.next
		p.endpoints.set(r.key, serving.placed(), nil)
	case serving != nil && serving.isWavering(): // nobody else could be asked meanwhile
		p.endpoints.set(r.key, serving.placed(), nil)
	default:
		p.endpoints.set(r.key, nil, nil)
	}
	for name, f := range r.forwards {
		target := ""
		if serving != nil {
			if _, ok := serving.hostPorts[name]; ok {
				target = serving.reachable(name)
			}
		}
		f.Point(target)
	}
}

// withdraw ends a version that has not taken over, when what it was sent is answered.
func (p *servicePlane) withdraw(r *running, i *instance) {
	r.mu.Lock()
	asked := r.next == i || r.rollout != nil
	if r.next == i {
		r.next, r.share = nil, 0
	}
	r.mu.Unlock()
	if !asked {
		p.retire(i)
		return
	}
	p.refresh(r)
	r.retiring.Go(func() {
		time.Sleep(drainTime)
		p.retire(i)
		p.tidy()
	})
}

func (p *servicePlane) retire(i *instance) {
	i.stop()
	p.ports.release(i.movable()...)
}

func (p *servicePlane) observe(_ context.Context, o Object) (Object, bool, error) {
	r, ok := p.find(o.Key)
	if !ok {
		return o, false, nil // not brought back yet
	}
	if i := r.instance(); i != nil {
		spec, err := decode[serviceSpec](o.Key, o.Spec)
		if err != nil {
			return o, false, err
		}
		o.Outputs = r.outputs(i, p.notes(spec))
	}
	return o, false, nil
}

func (p *servicePlane) remove(_ context.Context, o Object) error {
	r, ok := p.find(o.Key)
	if !ok {
		return diskError("remove the folder of service "+o.Name, os.RemoveAll(p.folder(o.Key)))
	}
	return p.forget(r)
}

// forget ends a service with everything of it.
func (p *servicePlane) forget(r *running) error {
	err := p.shut(r)
	p.mu.Lock()
	delete(p.running, r.key)
	p.mu.Unlock()
	p.tidy()
	return errors.Join(err, diskError("remove the folder of service "+r.key.Name, os.RemoveAll(r.dir)))
}

// shut ends what runs of a service.
func (p *servicePlane) shut(r *running) error {
	if old := p.take(r, nil); old != nil {
		p.retire(old)
	}
	r.retiring.Wait()
	return errors.Join(r.dropForwards(p.ports, r.unused(serviceSpec{})...), r.log.Close())
}

func (p *servicePlane) restore(ctx context.Context, o Object) error {
	spec, err := decode[serviceSpec](o.Key, o.Spec)
	if err != nil {
		return err
	}
	r, err := p.entry(o.Key)
	if err != nil || r.instance() != nil {
		return err
	}
	if _, err := r.ensureForwards(ctx, p.ports, spec, recordedEndpoints(&o)); err != nil {
		return err
	}
	i, err := p.build(ctx, r, spec, kernel.DigestOf(o.Spec))
	if err != nil {
		return err
	}
	i.begin(true)
	p.take(r, i)
	return nil
}

// close ends everything; ctx has ended before.
func (p *servicePlane) close() error {
	p.mu.Lock()   // who was about to begin a rollout has begun it
	p.mu.Unlock() //nolint:staticcheck // as above
	p.rolling.Wait()
	return inParallel(p.all(), p.shut)
}
