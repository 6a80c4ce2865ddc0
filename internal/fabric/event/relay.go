package event

import (
	"context"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	batchSize      = 128
	publishTimeout = 5 * time.Second
	// eagerPoll is how often the relay looks while commits are near, for
	// eagerFor after the last one was announced; idlePoll is for what other
	// processes wrote.
	eagerPoll = 10 * time.Millisecond
	eagerFor  = 2 * time.Second
	idlePoll  = time.Second
	maxRetry  = 10 * time.Second
)

// Publisher puts one message at the end of the stream and returns when it is
// kept; a message whose Nats-Msg-Id is there already is not kept twice.
type Publisher interface {
	PublishMsg(ctx context.Context, m *nats.Msg) error
}

// Relay publishes the outbox in order, each message at least once. A crash
// between publishing and marking publishes again, which the stream drops by the
// message's id. Several relays on one outbox keep the order: each publishes in
// order, and the first copy counts.
type Relay struct {
	Outbox    *Outbox
	Publisher Publisher
	Log       *slog.Logger
}

// Serve publishes until ctx ends.
func (r *Relay) Serve(ctx context.Context) error {
	wake := make(chan struct{}, 1)
	r.Outbox.wake.Store(&wake)
	defer r.Outbox.wake.Store(nil)
	timer := time.NewTimer(0)
	defer timer.Stop()
	eager, retry := time.Time{}, time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
			eager = time.Now().Add(eagerFor)
		case <-timer.C:
		}
		_, err := r.Drain(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			retry = min(max(2*retry, 100*time.Millisecond), maxRetry)
			r.Log.WarnContext(ctx, "events wait in the outbox", "error", err, "retry", retry)
			timer.Reset(retry)
		case time.Now().Before(eager):
			retry = 0
			timer.Reset(eagerPoll)
		default:
			retry = 0
			timer.Reset(idlePoll)
		}
	}
}

// Drain publishes what waits now, and returns how many messages that were.
func (r *Relay) Drain(ctx context.Context) (int, error) {
	total := 0
	for {
		n, err := r.batch(ctx)
		total += n
		if err != nil || n < batchSize {
			return total, err
		}
	}
}

// batch publishes some messages one after the other, then marks those that
// were kept, also when a later one failed.
func (r *Relay) batch(ctx context.Context) (int, error) {
	waiting, err := r.Outbox.Store.Waiting(ctx, batchSize)
	if err != nil || len(waiting) == 0 {
		return 0, err
	}
	published := make([]string, 0, len(waiting))
	for _, m := range waiting {
		if err = r.publish(ctx, m); err != nil {
			break
		}
		published = append(published, m.ID)
	}
	if len(published) > 0 {
		if markErr := r.Outbox.Store.Published(ctx, published); markErr != nil {
			return 0, markErr
		}
	}
	return len(published), err
}

func (r *Relay) publish(ctx context.Context, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	msg := nats.NewMsg(m.Subject)
	msg.Data = m.Body
	msg.Header.Set(nats.MsgIdHdr, m.ID)
	msg.Header.Set("Content-Type", "application/cloudevents+json")
	return r.Publisher.PublishMsg(ctx, msg)
}
