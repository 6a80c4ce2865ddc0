package httpserver

import (
	"context"
	"sync"

	"github.com/terrace-idp/terrace/internal/kernel"
)

type recordKey struct{}

// record is what is learned about one request on its way, for its line in the log.
type record struct {
	body   *body
	cancel context.CancelFunc
	limits Limits

	mu    sync.Mutex
	actor kernel.Actor
	err   error
}

func recordOf(ctx context.Context) *record {
	r, _ := ctx.Value(recordKey{}).(*record)
	return r
}

// note keeps the first error of a request.
func note(ctx context.Context, err error) {
	r := recordOf(ctx)
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

func (r *record) setActor(a kernel.Actor) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.actor = a
}

func (r *record) read() (kernel.Actor, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.actor, r.err
}
