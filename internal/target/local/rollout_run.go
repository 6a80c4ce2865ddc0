package local

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/local/canary"
)

// defaultLook is how often a rollout is looked at.
const defaultLook = time.Second

// strategy is how next takes over from old; not ok where it does at once: on a first
// deployment, where the stage says nothing, and where nothing passes through the gateway that
// could be counted.
func (p *servicePlane) strategy(r *running, old *instance, spec serviceSpec) (canary.Strategy, bool) {
	if p.config.Rollouts == nil || p.config.Answers == nil || old == nil || old.spec.Release == spec.Release {
		return canary.Strategy{}, false
	}
	s, ok := p.config.Rollouts.Strategy(r.key.Scope.Stage)
	switch {
	case !ok || len(s.Steps) == 0:
		return s, false
	case old.spec.isFixed() || spec.isFixed():
		r.log.Printf("the release takes over at once: a fixed port has room for one instance")
		return s, false
	case len(old.addrs()) == 0 || len(spec.Ports) == 0:
		return s, false
	}
	return s, true
}

// takeOver has what is made ready take over in steps, or takes it back. What became of it is
// told once the release is recorded, or is not.
func (p *servicePlane) takeOver(ctx context.Context, r *running, old *instance, made change, s canary.Strategy) (change, error) {
	p.mu.Lock()
	err := p.ctx.Err()
	if err == nil {
		p.rolling.Add(1)
		defer p.rolling.Done()
	}
	p.mu.Unlock()
	var ro *rollout
	if err == nil {
		ro, err = p.rollOut(ctx, r, old, made.next, s)
	}
	if err != nil {
		made.finish(false)
		return made, err
	}
	told := made
	told.commit = func() {
		made.finish(true)
		p.promoted(ctx, r, ro)
	}
	told.abort = func() {
		_ = p.aborted(ctx, r, ro, "it could not be recorded") // the run has the cause
		made.finish(false)
	}
	return told, nil
}

// rollOut gives next, which is ready, more and more of the requests of old, all in the end. On an
// error it has none any more, and old has all.
func (p *servicePlane) rollOut(ctx context.Context, r *running, old, next *instance, s canary.Strategy) (*rollout, error) {
	now := p.config.Clock.Now()
	by, _ := kernel.ActorFrom(ctx)
	ro := &rollout{decided: make(chan decision, 1), seen: Rollout{
		Scope: r.key.Scope, Service: r.key.Name, Run: by.ID, From: old.spec.Release, To: next.spec.Release,
		Phase: RolloutProgressing, Steps: len(s.Steps), StartedAt: now, StepAt: now,
	}}
	if err := p.told(ctx, "rollout.started", ro.look()); err != nil {
		return nil, err
	}
	r.setRollout(ro)
	for i, step := range s.Steps {
		promoted, reason := p.step(ctx, r, ro, i, step, s.Analysis, old, next)
		if reason != "" {
			return nil, p.aborted(ctx, r, ro, reason)
		}
		if promoted {
			break
		}
	}
	if by := ro.close(); by != "" {
		return nil, p.aborted(ctx, r, ro, by+" aborted it")
	}
	ro.mu.Lock()
	ro.seen.Weight = 100
	ro.mu.Unlock()
	p.shift(r, next, 100)
	return ro, nil
}

// promoted says that the release has taken over and is the one that comes back.
func (p *servicePlane) promoted(ctx context.Context, r *running, ro *rollout) {
	seen := ro.end(RolloutPromoted, "")
	r.log.Printf("the rollout of release %s has ended: it has taken over", seen.To)
	if err := p.told(ctx, "rollout.promoted", seen); err != nil {
		p.config.Log.ErrorContext(ctx, "a promoted rollout is not recorded", "service", r.key.String(), "error", err)
	}
}

// aborted returns all requests to the release before.
func (p *servicePlane) aborted(ctx context.Context, r *running, ro *rollout, reason string) error {
	ro.close()
	at := ro.look()
	p.shift(r, nil, 0)
	seen := ro.end(RolloutAborted, reason)
	seen.Weight = at.Weight
	r.log.Printf("the rollout of release %s was aborted at %d %%: %s", seen.To, at.Weight, reason)
	err := p.told(ctx, "rollout.aborted", seen)
	if err != nil {
		p.config.Log.ErrorContext(ctx, "an aborted rollout is not recorded", "service", r.key.String(), "error", err)
	}
	return kernel.Errorf(kernel.Refused, "the rollout of release %s of service %s was aborted at %d %% of the requests: %s; release %s serves on",
		seen.To, r.key.Name, at.Weight, reason, seen.From).
		WithFix("see the service's log with: terrace service logs %s --stage %s --project %s; deploy again when it is mended", r.key.Name, r.key.Scope.Stage, r.key.Scope.Project)
}

// step holds one step until it may go on; a reason aborts, promoted leaves the rest out.
func (p *servicePlane) step(ctx context.Context, r *running, ro *rollout, i int, step canary.Step, a canary.Analysis, old, next *instance) (promoted bool, reason string) {
	began := p.config.Clock.Now()
	seenNext, stopNext := p.watch(r.key, next)
	seenBefore, stopBefore := p.watch(r.key, old)
	defer stopNext()
	defer stopBefore()
	ro.mu.Lock()
	ro.seen.Step, ro.seen.Weight, ro.seen.StepAt, ro.next, ro.before = i+1, step.Weight, began, seenNext, seenBefore
	ro.mu.Unlock()
	p.shift(r, next, step.Weight)
	r.log.Printf("release %s gets %d %% of the requests (step %d)", next.spec.Release, step.Weight, i+1)
	look := time.NewTicker(cmp.Or(p.config.RolloutLook, defaultLook))
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return false, "it was interrupted: " + context.Cause(ctx).Error()
		case <-p.ctx.Done():
			return false, "Terrace is stopped"
		case d := <-ro.decided:
			if d.promote {
				return true, ""
			}
			return false, fmt.Sprintf("%s aborted it", d.by)
		case <-look.C:
		}
		if next.isFailing() {
			return false, "its processes do not stay ready"
		}
		switch v, reason := a.Judge(step, p.config.Clock.Now().Sub(began), seenNext(), seenBefore()); v {
		case canary.Advance:
			return false, ""
		case canary.Abort:
			return false, reason
		case canary.Wait:
		}
	}
}

// watch counts what an instance answers.
func (p *servicePlane) watch(k Key, i *instance) (seen func() canary.Seen, stop func()) {
	return p.config.Answers.Watch(k.Scope, k.Name, i.spec.Release, slices.Collect(maps.Values(i.addrs())))
}

// shift gives next a share of new requests, in percent; nil has none.
func (p *servicePlane) shift(r *running, next *instance, weight int) {
	r.mu.Lock()
	r.next, r.share = next, weight
	r.mu.Unlock()
	p.refresh(r)
}
