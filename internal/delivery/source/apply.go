package source

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// objectTime bounds the work on one object.
const objectTime = 2 * time.Minute

// apply brings about what was planned: stages, definitions, workloads, routes and the
// mesh, and then the removals in the opposite order. Each object is kept as soon as it is
// done, and doing it again changes nothing, so that a crash in between costs
// nothing but time.
func (p *planner) apply(ctx context.Context) error {
	if err := p.applyStages(ctx); err != nil {
		return err
	}
	// A definition may need what another gives up: what fails is tried once more.
	for range 2 {
		if err := p.each(ctx, DefinitionKind, p.applyDefinition); err != nil {
			return err
		}
	}
	if err := p.each(ctx, WorkloadKind, p.applyWorkload); err != nil {
		return err
	}
	for _, kind := range documentKinds() {
		if err := p.each(ctx, kind, p.applyDocuments); err != nil {
			return err
		}
	}
	return p.prune(ctx)
}

// each does a thing with all of a kind that have a file, workloads after those
// that they take outputs of.
func (p *planner) each(ctx context.Context, kind Kind, do func(ctx context.Context, c *Change, o *Object) error) error {
	var all []*Change
	for i := range p.diff.Changes {
		if c := &p.diff.Changes[i]; c.Kind == kind && c.wanted != nil {
			all = append(all, c)
		}
	}
	for _, c := range giversFirst(all, (*Change).taken) {
		if err := p.one(ctx, c, do); err != nil {
			return err
		}
	}
	return nil
}

// one does a thing with an object and keeps how it went. Its error ends the
// reconciliation; what is wrong with the object does not.
func (p *planner) one(ctx context.Context, c *Change, do func(ctx context.Context, c *Change, o *Object) error) error {
	if err := p.lease(ctx, p.source); err != nil {
		return err
	}
	o := p.kept(c)
	if c.Action != Nothing {
		c.Message = ""
		inner, cancel := context.WithTimeout(because(ctx, c), objectTime)
		err := do(inner, c, &o)
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c.settle(&o, err)
	}
	if o.State == gone {
		return nil
	}
	return p.keep(ctx, c, o)
}

// because takes the push away as the cause of changes that put back alone what was
// changed by hand.
func because(ctx context.Context, changes ...*Change) context.Context {
	if slices.ContainsFunc(changes, func(c *Change) bool { return c.Action != Heal }) {
		return ctx
	}
	return kernel.WithCause(ctx, "")
}

// gone is the state of an object that was removed.
const gone State = ""

// settle notes how an action went; one that succeeded is not done again.
func (c *Change) settle(o *Object, err error) {
	if err != nil {
		var src []byte
		if c.wanted != nil {
			src = c.wanted.src
		}
		c.State, c.Problems = Broken, problemsOf(c.File, src, err)
		if e, ok := errors.AsType[*unbuilt](err); ok {
			c.Problems = e.problems
		}
		o.State, o.Problems, o.Message = Broken, c.Problems, c.Message
		return
	}
	c.Problems, o.Problems, o.Message = nil, nil, c.Message
	c.State = o.State
	if c.wanted != nil {
		c.Action = Nothing
	}
}

// kept returns the object as it is known, or a new one.
func (p *planner) kept(c *Change) Object {
	if c.object != nil {
		o := *c.object
		o.File, o.State, o.Message, o.Problems = c.File, c.State, c.Message, c.Problems
		if c.wanted != nil {
			o.Removing, o.Destroys = false, nil // its file is there again
		}
		return o
	}
	return Object{Key: c.Key, Source: p.source.ID, File: c.File, State: c.State, Message: c.Message, Problems: c.Problems}
}

func (p *planner) keep(ctx context.Context, c *Change, o Object) error {
	if c.object != nil && same(*c.object, o) {
		return nil
	}
	if c.object == nil && o.Digest == "" && o.State == Broken && p.foreign(ctx, c.Key) {
		return nil // it is another source's: nothing of it is kept here
	}
	o.At, o.Commit = p.Clock.Now(), p.tree.commit
	if err := p.Store.PutObject(ctx, p.source, o); err != nil {
		return err
	}
	c.object = &o
	return nil
}

func (p *planner) foreign(ctx context.Context, k Key) bool {
	owner, _, err := p.Store.Owner(ctx, p.source.Tenant, k)
	return err == nil && owner.Source != p.source.ID
}

func same(a, b Object) bool {
	equal := func(x, y kernel.Problem) bool { return x == y }
	return a.File == b.File && a.Digest == b.Digest && a.State == b.State && a.Message == b.Message && a.Release == b.Release && a.Run == b.Run &&
		a.Removing == b.Removing && slices.EqualFunc(a.Problems, b.Problems, equal) && slices.EqualFunc(a.Images, b.Images, Image.equal)
}

func (p *planner) applyDefinition(ctx context.Context, c *Change, o *Object) error {
	_, err := p.Definitions.ApplyDefinition(ctx, kernel.Scope{Tenant: p.source.Tenant}, c.Name, c.wanted.src)
	if err == nil {
		o.Digest, o.State = c.wanted.digest, Synced
	}
	return err
}
