package subscription

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxRefused is how many events in a row a sink may refuse before the
// subscription is paused: it is not these events then.
const maxRefused = 10

// maxRefusal bounds for how long an event that a sink refuses as such is tried, and
// holds back those after it.
const maxRefusal = 30 * time.Second

// sendGrace is what an event that is under way has at the end: less than
// leaseMargin.
const sendGrace = 2 * time.Second

// verdict is what follows from an attempt.
type verdict int

const (
	taken verdict = iota
	tryAgain
	putAside
	putAsideAndPause
	keepAndPause
)

// deliver sends an event until the sink has it or it is put aside; false when
// the subscription is paused.
func (w *worker) deliver(ctx context.Context, e event.Event) (bool, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return false, fmt.Errorf("encode event: %w", err)
	}
	d := w.first(ctx, e)
	for {
		answer, err := w.send(ctx, e, body)
		if kernel.Is(err, kernel.Stale) || err != nil && ctx.Err() != nil {
			return false, err
		}
		d.Attempts, d.At, d.Answer, d.NextAt = d.Attempts+1, w.service.Clock.Now(), answer, nil
		switch v := w.judge(d, err); v {
		case taken:
			w.refused, d.Status, d.Problem = 0, Delivered, ""
			w.note(d)
			return true, nil
		case tryAgain:
			if err := w.retryLater(ctx, &d, err); err != nil {
				return false, err
			}
		case putAside, putAsideAndPause:
			d.Status, d.Problem, d.Body = Dead, err.Error(), body
			return v == putAside, w.bury(ctx, d, v == putAsideAndPause)
		case keepAndPause:
			d.Status, d.Problem = Retrying, err.Error()
			return false, w.keep(ctx, d)
		}
	}
}

// send sends an event once, where this process may. One that is under way at the
// end of ctx has a moment to arrive, so that it is not sent again.
func (w *worker) send(ctx context.Context, e event.Event, body []byte) (string, error) {
	if err := w.service.lease.check(w.service.Clock.Now()); err != nil {
		return "", err
	}
	within, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { wait(within, sendGrace); cancel() })()
	return w.sender.Send(within, e, body)
}

// first returns the record of an event that is sent for the first time, or goes
// on with the one of a worker before, when it is due.
func (w *worker) first(ctx context.Context, e event.Event) Delivery {
	if again := w.again; again != nil {
		w.again = nil
		if again.Event == e.ID {
			if w.sub.UpdatedAt.After(again.FirstAt) { // it was resumed, or has another secret: its time begins anew
				again.FirstAt, again.NextAt = w.service.Clock.Now(), nil
			}
			if again.NextAt != nil {
				wait(ctx, again.NextAt.Sub(w.service.Clock.Now()))
			}
			return *again
		}
	}
	now := w.service.Clock.Now()
	return Delivery{Event: e.ID, Type: e.Type, Subject: e.Subject, Sequence: e.Sequence, FirstAt: now, At: now}
}

func (w *worker) judge(d Delivery, err error) verdict {
	if err == nil {
		return taken
	}
	if _, denied := errors.AsType[*Denial](err); denied {
		return keepAndPause
	}
	r, refused := errors.AsType[*Rejection](err)
	if refused && r.Gone {
		return putAsideAndPause
	}
	if refused && (r.Final || d.Attempts >= MaxAttempts || d.At.Sub(d.FirstAt) >= maxRefusal) {
		if w.refused++; w.refused >= maxRefused {
			return putAsideAndPause
		}
		return putAside
	}
	if d.At.Sub(d.FirstAt) >= time.Duration(w.sub.RetryHours)*time.Hour {
		return putAsideAndPause
	}
	return tryAgain
}

// note keeps a delivery until the next flush.
func (w *worker) note(d Delivery) {
	if len(w.done) == 0 {
		w.oldest = time.Now()
	}
	w.done = append(w.done, d)
}

// retryLater records a failed attempt and waits for the next.
func (w *worker) retryLater(ctx context.Context, d *Delivery, cause error) error {
	if err := w.flush(ctx); err != nil {
		return err
	}
	pause := w.service.pause(d.Attempts, cause)
	next := d.At.Add(pause)
	d.Status, d.Problem, d.NextAt = Retrying, cause.Error(), &next
	if err := w.service.Store.PutDelivery(ctx, w.sub.ID, *d); err != nil {
		return err
	}
	wait(ctx, pause)
	return ctx.Err()
}

// bury puts an event aside with a fact, and pauses the subscription where its
// sink has failed for too long.
func (w *worker) bury(ctx context.Context, d Delivery, pause bool) error {
	s := w.service
	w.note(d)
	w.position = d.Sequence
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Advance(ctx, w.sub.ID, w.saved, w.position, w.done); err != nil {
			return err
		}
		data := map[string]any{"name": w.sub.Name, "event": d.Event, "type": d.Type, "attempts": d.Attempts, "problem": d.Problem}
		return s.record(ctx, w.sub, "dead_lettered", d.Problem, data)
	})
	if err != nil {
		return err
	}
	w.saved, w.done = w.position, nil
	s.Log.WarnContext(ctx, "an event could not be delivered", "subscription", w.sub.Name, "event", d.Event, "attempts", d.Attempts, "problem", d.Problem)
	if !pause {
		return nil
	}
	return w.halt(ctx, fmt.Sprintf("%s has failed since %s: %s", w.sub.Sink, d.FirstAt.Format(time.RFC3339), d.Problem))
}

// keep pauses the subscription with an event that its sink will take later: it is the
// first that is sent when it is resumed.
func (w *worker) keep(ctx context.Context, d Delivery) error {
	if err := w.flush(ctx); err != nil {
		return err
	}
	if err := w.service.Store.PutDelivery(ctx, w.sub.ID, d); err != nil {
		return err
	}
	return w.halt(ctx, fmt.Sprintf("%s lets no event in: %s", w.sub.Sink, d.Problem))
}

// halt pauses the subscription.
func (w *worker) halt(ctx context.Context, reason string) error {
	fresh, err := w.service.Store.Get(ctx, w.sub.Scope, w.sub.Name)
	if err != nil {
		return err
	}
	w.service.Log.WarnContext(ctx, "a subscription is paused", "subscription", w.sub.Name, "tenant", w.sub.Scope.Tenant, "because", reason)
	_, err = w.service.turn(ctx, fresh, Paused, reason)
	return err
}
