package vaultsync

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// item does what is due with one secret. Its error is an Outage, or one of Terrace itself:
// what is about the one secret is kept with it.
func (j *job) item(ctx context.Context, name string) error {
	if err := j.hold(ctx); err != nil {
		return err
	}
	over := ctx
	ctx, cancel := context.WithTimeout(ctx, itemTime)
	defer cancel()
	i, err := j.Store.Item(ctx, j.sync.Scope, name)
	if kernel.Is(err, kernel.NotFound) {
		i, err = Item{Scope: j.sync.Scope, Name: name}, nil
	}
	if err != nil {
		return err
	}
	before := i
	i.Due = time.Time{}
	bring := j.push
	if j.sync.Direction == Pull {
		bring = j.pull
	}
	facts, err := bring(ctx, &i)
	if err != nil {
		told, whole := j.about(over, ctx, name, err)
		if whole != nil {
			return whole
		}
		facts = append(facts, j.failed(&i, before, told)...)
	}
	if len(facts) == 0 && reflect.DeepEqual(i, before) {
		return nil
	}
	return j.keep(ctx, i, facts)
}

// about is what an error says of one secret, which within was for; else it is whole: one of
// the vault, or of Terrace itself, or the end of all work, which over tells. What was done
// before that is known by the tags, and told the next time.
func (j *job) about(over, within context.Context, name string, err error) (told *kernel.Error, whole error) {
	if _, outage := errors.AsType[*Outage](err); outage || over.Err() != nil {
		return nil, err
	}
	if within.Err() != nil {
		return nil, &Outage{Err: kernel.Errorf(kernel.Unavailable, "%s took too long with %s", j.sync.Vault, name)}
	}
	told, ok := errors.AsType[*kernel.Error](err)
	if !ok || told.Kind == kernel.Internal {
		return nil, err
	}
	return told, nil
}

// hold renews the right to work on the sync now and then.
func (j *job) hold(ctx context.Context) error {
	now := j.Clock.Now()
	if now.Sub(j.held) < leaseTerm/6 {
		return nil
	}
	j.held = now
	return j.Store.Hold(ctx, j.sync, now.Add(leaseTerm))
}

// failed notes what stands in the way of one secret, and tells it once.
func (j *job) failed(i *Item, before Item, err *kernel.Error) []kernel.Fact {
	i.State, i.Reason, i.Fix, i.At, i.Adopted = Failed, err.Message, err.Fix, j.Clock.Now(), false
	if err.Kind == kernel.Conflict {
		i.State = Conflict
	}
	if err.Kind == kernel.Locked || err.Kind == kernel.Stale { // it is underway, or was changed meanwhile
		i.State, i.Due, i.Adopted = Waiting, j.Clock.Now().Add(firstPause), before.Adopted
	}
	if i.State == Waiting || i.State == before.State && i.Reason == before.Reason {
		return nil
	}
	what := map[State]string{Failed: "secret.sync.failed", Conflict: "secret.sync.conflicted"}[i.State]
	return []kernel.Fact{fact(j.sync, what, i.Name, map[string]any{"problem": i.Reason})}
}

// keep writes how a secret stands, with its facts, unless somebody else works on the sync by now.
func (j *job) keep(ctx context.Context, i Item, facts []kernel.Fact) error {
	return j.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := j.Store.Hold(ctx, j.sync, j.Clock.Now().Add(leaseTerm)); err != nil {
			return err
		}
		now, err := j.Store.Item(ctx, i.Scope, i.Name)
		if err != nil && !kernel.Is(err, kernel.NotFound) {
			return err
		}
		i.Adopted = i.Adopted || now.Touched != i.Touched && now.Adopted // decided meanwhile
		save := j.Store.SaveItem
		if i.Gone {
			save = j.Store.DropItem
		}
		if err := save(ctx, i); err != nil {
			return err
		}
		for _, f := range facts {
			if err := j.Journal.Record(ctx, f); err != nil {
				return err
			}
		}
		return nil
	})
}
