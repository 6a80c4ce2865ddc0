package subscription

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// batch is how many deliveries are recorded at once: a crash has at most so
	// many sent again.
	batch = 64
	// recordWithin bounds how long a delivery stays unrecorded while others follow.
	recordWithin = time.Second
	// lookEvery is how often a worker looks without being woken.
	lookEvery = time.Minute
	// quiet is how far a cursor may be behind events that nobody wanted.
	quiet = 4096
)

// worker delivers the events of one subscription in their order.
type worker struct {
	service  *Service
	sub      Subscription
	wakeup   chan struct{}
	requeued chan struct{}
	cancel   context.CancelFunc
	over     chan struct{}

	sender Sender
	// saved is the cursor in the store, position how far it has come.
	saved, position uint64
	done            []Delivery
	oldest          time.Time
	// again is the delivery that a worker before this one tried last.
	again *Delivery
	// refused counts the events in a row that the sink refused as such.
	refused int
}

func (s *Service) begin(ctx context.Context, sub Subscription) *worker {
	ctx, cancel := context.WithCancel(kernel.WithActor(ctx, kernel.System("subscriptions", sub.Scope.Tenant)))
	w := &worker{service: s, sub: sub, wakeup: make(chan struct{}, 1), requeued: make(chan struct{}, 1), cancel: cancel, over: make(chan struct{})}
	go func() {
		defer close(w.over)
		w.run(ctx)
	}()
	return w
}

func (w *worker) stop() { w.cancel(); <-w.over }

func (w *worker) ended() bool {
	select {
	case <-w.over:
		return true
	default:
		return false
	}
}

func (w *worker) wants(e event.Event) bool {
	return e.Tenant == w.sub.Scope.Tenant && w.sub.sees(e.Fact(), e.Subject, e.Project) && Match(w.sub.Filters, e)
}

// run works until ctx ends or the subscription is paused. What fails here is the
// database or the sink's settings: it begins again after a while.
func (w *worker) run(ctx context.Context) {
	defer w.cancel()
	for failures := 0; ctx.Err() == nil; failures++ {
		err := w.work(ctx)
		switch {
		case err == nil, ctx.Err() != nil:
			return
		case kernel.Is(err, kernel.Stale): // another process delivers, or will
			w.service.nudge(nil)
			return
		}
		w.service.Log.WarnContext(ctx, "a subscription could not be served", "subscription", w.sub.Name, "tenant", w.sub.Scope.Tenant, "error", err)
		wait(ctx, min(time.Second<<min(failures, 5), 30*time.Second))
	}
}

func (w *worker) work(ctx context.Context) error {
	if err := w.open(ctx); err != nil {
		return err
	}
	defer w.sender.Close()
	defer func() { // what was sent before the end is not sent again
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimWithin)
		defer cancel()
		_ = w.flush(last) // else it is: at least once
	}()
	for ctx.Err() == nil {
		if err := w.redeliver(ctx); err != nil {
			return err
		}
		again, err := w.catchUp(ctx)
		if err != nil || !again {
			return err
		}
		w.rest(ctx)
	}
	return nil
}

// open begins where the store says.
func (w *worker) open(ctx context.Context) error {
	s := w.service
	fresh, err := s.Store.Get(ctx, w.sub.Scope, w.sub.Name)
	if err != nil {
		return err
	}
	w.saved, w.position, w.done, w.again = fresh.Cursor, fresh.Cursor, nil, nil
	c, err := s.unseal(ctx, w.sub)
	if err != nil {
		return err
	}
	if err := w.bound(ctx); err != nil {
		return err
	}
	d, err := s.Store.Retrying(ctx, w.sub.ID)
	if err == nil {
		w.again = &d
	} else if !kernel.Is(err, kernel.NotFound) {
		return err
	}
	if w.sender, err = s.sender(ctx, w.sub, c); err != nil {
		return err
	}
	signal(w.requeued) // those of before
	return nil
}

// bound tells what the log no longer has.
func (w *worker) bound(ctx context.Context) error {
	b, err := w.service.Events.Bounds(ctx)
	if err == nil && w.saved+1 < b.First {
		w.service.Log.WarnContext(ctx, "events were no longer kept when a subscription came to them", "subscription", w.sub.Name, "from", w.saved+1, "to", b.First-1)
	}
	return err
}

// catchUp delivers what there is; false when the subscription is paused.
func (w *worker) catchUp(ctx context.Context) (bool, error) {
	for ctx.Err() == nil {
		e, through, ok, err := w.service.feed.next(ctx, w.sub.Scope.Tenant, Facts(w.sub.Filters), w.position)
		if err != nil {
			return false, err
		}
		if !ok {
			w.position = max(w.position, through)
			return true, w.settle(ctx)
		}
		if w.wants(e) {
			if on, err := w.deliver(ctx, e); err != nil || !on {
				return false, err
			}
		}
		w.position = e.Sequence
		if w.full() {
			if err := w.flush(ctx); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

func (w *worker) full() bool {
	return len(w.done) >= batch || w.position-w.saved >= quiet || len(w.done) > 0 && time.Since(w.oldest) > recordWithin
}

// settle records what was delivered, when there is nothing else to do.
func (w *worker) settle(ctx context.Context) error {
	if len(w.done) == 0 {
		return nil
	}
	return w.flush(ctx)
}

// flush keeps what was delivered and how far the worker has come.
func (w *worker) flush(ctx context.Context) error {
	if len(w.done) == 0 && w.position == w.saved {
		return nil
	}
	if err := w.service.Store.Advance(ctx, w.sub.ID, w.saved, w.position, w.done); err != nil {
		return err
	}
	w.saved, w.done = w.position, nil
	return nil
}

// rest waits until there may be something to do.
func (w *worker) rest(ctx context.Context) {
	timer := time.NewTimer(lookEvery)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-w.wakeup:
	case <-w.requeued:
		signal(w.requeued)
	case <-timer.C:
		signal(w.requeued) // by another process
	}
}

// redeliver sends what somebody asked for, each once.
func (w *worker) redeliver(ctx context.Context) error {
	select {
	case <-w.requeued:
	default:
		return nil
	}
	for ctx.Err() == nil {
		queued, err := w.service.Store.Queued(ctx, w.sub.ID, batch)
		if err != nil || len(queued) == 0 {
			return err
		}
		for _, d := range queued {
			if err := w.redeliverOne(ctx, d); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *worker) redeliverOne(ctx context.Context, d Delivery) error {
	var e event.Event
	if err := json.Unmarshal(d.Body, &e); err != nil {
		return fmt.Errorf("read event %s: %w", d.Event, err)
	}
	answer, err := w.send(ctx, e, d.Body)
	if kernel.Is(err, kernel.Stale) || err != nil && ctx.Err() != nil {
		return err
	}
	d.Attempts, d.At, d.Answer, d.Status, d.Problem = d.Attempts+1, w.service.Clock.Now(), answer, Delivered, ""
	if err != nil {
		d.Status, d.Problem = Dead, err.Error()
	} else {
		d.Body = nil
	}
	return w.service.Store.PutDelivery(context.WithoutCancel(ctx), w.sub.ID, d)
}

// wait returns after d or at the end of ctx.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
