package local

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
)

// plane realises the objects of one kind.
type plane interface {
	// check refuses a declaration that is not valid.
	check(k Key, spec json.RawMessage) error
	// apply makes the object what spec says; it may be so already. previous is
	// the recorded object, nil for none. What is returned is not in force
	// before its commit is called.
	apply(ctx context.Context, k Key, spec json.RawMessage, previous *Object) (change, error)
	// observe returns the recorded object as it really is; gone tells that it
	// has vanished.
	observe(ctx context.Context, o Object) (seen Object, gone bool, err error)
	// remove ends the object; what is not there is no error.
	remove(ctx context.Context, o Object) error
	// restore brings the object back after a start of the daemon.
	restore(ctx context.Context, o Object) error
	// close stops what runs.
	close() error
}

// change is a change that has been made ready.
type change struct {
	outputs Outputs
	// next is the version of a service that is made ready.
	next *instance
	// commit puts it in force once it is recorded, abort takes it back; nil does nothing.
	commit, abort func()
}

func (c change) finish(ok bool) {
	switch {
	case ok && c.commit != nil:
		c.commit()
	case !ok && c.abort != nil:
		c.abort()
	}
}

// inParallel calls do for every item at a time and joins the errors.
func inParallel[T any](items []T, do func(T) error) error {
	errs := make([]error, len(items))
	var all sync.WaitGroup
	for i, item := range items {
		all.Go(func() { errs[i] = do(item) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// passive is for planes behind which nothing of this room runs.
type passive struct{}

func (passive) restore(context.Context, Object) error { return nil }

func (passive) close() error { return nil }
