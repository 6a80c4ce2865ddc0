package local

import (
	"context"
	"sync"
)

// keyedLocks lets one caller at a time change an object.
type keyedLocks struct {
	mu   sync.Mutex
	held map[Key]*keyedLock
}

type keyedLock struct {
	slot    chan struct{}
	waiters int
}

func newKeyedLocks() *keyedLocks { return &keyedLocks{held: map[Key]*keyedLock{}} }

// lock waits for the object's lock or the end of ctx.
func (l *keyedLocks) lock(ctx context.Context, k Key) (unlock func(), err error) {
	one := l.enter(k)
	select {
	case one.slot <- struct{}{}:
		return func() {
			<-one.slot
			l.leave(k, one)
		}, nil
	case <-ctx.Done():
		l.leave(k, one)
		return nil, ctx.Err()
	}
}

func (l *keyedLocks) enter(k Key) *keyedLock {
	l.mu.Lock()
	defer l.mu.Unlock()
	one, ok := l.held[k]
	if !ok {
		one = &keyedLock{slot: make(chan struct{}, 1)}
		l.held[k] = one
	}
	one.waiters++
	return one
}

func (l *keyedLocks) leave(k Key, one *keyedLock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one.waiters--; one.waiters == 0 {
		delete(l.held, k)
	}
}
