package topic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/cloudevent"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/webhook"
)

const (
	// pushBatch is how many events of a subscription are fetched at a time, pushAtOnce how many
	// keys of it are posted at the same time.
	pushBatch  = 64
	pushAtOnce = 8
	pushWait   = 5 * time.Second
)

// Push posts events of the subscriptions that this process holds until ctx ends: those of one
// key one after the other.
func (s *Service) Push(ctx context.Context) error {
	return s.pushing.run(ctx, pushes{s}, s.Clock, s.Log)
}

// pushes are subscriptions that are posted.
type pushes struct{ *Service }

var (
	_ leases[*pusher] = pushes{}
	_ worker[*pusher] = (*pusher)(nil)
)

func (s pushes) claim(ctx context.Context, holder string, now, until time.Time) ([]OfTopic, error) {
	return s.Subscriptions.ClaimPushes(ctx, holder, s.Brokers.Home(), now, until)
}

func (s pushes) release(ctx context.Context, holder string) error {
	return s.Subscriptions.ReleasePushes(ctx, holder)
}

func (pushes) note(context.Context, string, map[OfTopic]*pusher) {}

func (pushes) ended(OfTopic) {}

// pusher posts the events of one subscription.
type pusher struct {
	service *Service
	from    source
	client  *webhook.Client
}

func (s pushes) read(ctx context.Context, of OfTopic) (*pusher, error) {
	t, err := s.Store.Get(ctx, of.Scope, of.Topic)
	if err != nil {
		return nil, err
	}
	sub, err := s.Subscriptions.Subscription(ctx, t, of.Name)
	if err != nil {
		return nil, err
	}
	keys, err := s.keys(ctx, t, sub)
	if err != nil {
		return nil, err
	}
	client := webhook.New(s.Guard, sub.URL, keys, time.Duration(sub.TimeoutSeconds)*time.Second, s.Clock, nil)
	return &pusher{service: s.Service, from: live(t, sub), client: client}, nil
}

// as implements worker: a change of the settings has another date, one of how far it is has none.
func (p *pusher) as(other *pusher) bool {
	now, then := p.from.sub, other.from.sub
	return now.Revision == then.Revision || now.UpdatedAt.Equal(then.UpdatedAt)
}

func (p *pusher) close() { p.client.Close() }

// run posts until ctx ends or the subscription is paused. What fails here is the broker or the
// database: it tries again after a while.
func (p *pusher) run(ctx context.Context) {
	for failures := 0; ctx.Err() == nil; {
		on, err := p.round(ctx)
		switch {
		case ctx.Err() != nil, err == nil && !on:
			return
		case err == nil:
			failures = 0
			continue
		case kernel.Is(err, kernel.Stale):
			return
		}
		failures++
		p.service.Log.WarnContext(ctx, "events of a topic cannot be posted", "topic", p.from.account, "subscription", p.from.sub.Name, "error", err)
		rest(ctx, webhook.Pause(failures, nil, time.Second, time.Minute))
	}
}

// round posts what there is; false when the subscription is paused.
func (p *pusher) round(ctx context.Context) (bool, error) {
	if len(p.from.sub.Redrive) > 0 {
		on, more, err := p.batch(ctx, again(p.from.topic, p.from.sub), redriveWait)
		if err != nil || !on || more {
			return on, err
		}
		p.from.sub.Redrive = nil // in the store it has ended, too
	}
	on, _, err := p.batch(ctx, p.from, pushWait)
	return on, err
}

// batch fetches events and posts them, several keys at a time.
func (p *pusher) batch(ctx context.Context, from source, wait time.Duration) (on, more bool, err error) {
	if err := p.service.pushing.may(p.service.Clock.Now()); err != nil {
		return false, false, err
	}
	all, err := p.service.fetch(ctx, from, min(pushBatch, from.sub.MaxInFlight), wait)
	if err != nil || len(all) == 0 {
		return true, false, err
	}
	lanes := map[string][]Received{}
	for i, r := range all {
		key := r.Event.Key()
		if key == "" {
			key = "\x00" + strconv.Itoa(i)
		}
		lanes[key] = append(lanes[key], r)
	}
	var wg sync.WaitGroup
	places, results := make(chan struct{}, pushAtOnce), make(chan error, len(lanes))
	for _, lane := range lanes {
		wg.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			results <- p.lane(ctx, from, lane)
		})
	}
	wg.Wait()
	close(results)
	for one := range results {
		err = errors.Join(err, one)
	}
	if gone, ok := errors.AsType[*webhook.Rejection](err); ok && gone.Gone {
		return false, false, p.pause(ctx, gone.Message)
	}
	return true, true, err
}

// lane posts events of one key in their order; after one that is not taken the others of the
// key come again after it.
func (p *pusher) lane(ctx context.Context, from source, all []Received) error {
	for i, r := range all {
		taken, err := p.deliver(ctx, from, r)
		if err != nil {
			return errors.Join(err, p.unseen(ctx, from, all[i+1:]))
		}
		if !taken {
			return nil
		}
	}
	return nil
}

// unseen gives back what was not posted.
func (p *pusher) unseen(ctx context.Context, from source, all []Received) error {
	deliveries := make([]broker.Delivery, len(all))
	for i, r := range all {
		deliveries[i] = r.delivery
	}
	return p.service.unseen(ctx, from, deliveries)
}

func (p *pusher) deliver(ctx context.Context, from source, r Received) (taken bool, err error) {
	if err := p.service.pushing.may(p.service.Clock.Now()); err != nil {
		return false, errors.Join(err, p.unseen(ctx, from, []Received{r}))
	}
	s, d := p.service, r.delivery
	if r.Attempt > 1 { // before: whoever goes on after a crash knows of it
		if err := s.failed(ctx, from, d.Position, r.Attempt); err != nil {
			return false, errors.Join(err, p.unseen(ctx, from, []Received{r}))
		}
	}
	header, body, id := post(r)
	_, err = p.client.Post(ctx, id, header, body)
	if ctx.Err() != nil { // it was told to end, and may have been taken
		return false, errors.Join(ctx.Err(), s.failed(ctx, from, d.Position, r.Attempt))
	}
	if err == nil {
		s.Metrics.delivered(from.topic, from.sub, "acknowledged")
		if err := s.Broker.Ack(ctx, from.account, from.sub.Name, d.Token); err != nil {
			return true, err
		}
		return true, s.done(ctx, from, d.Position, r.Attempt)
	}
	rejected, refused := errors.AsType[*webhook.Rejection](err)
	if refused && rejected.Gone {
		return false, errors.Join(rejected, s.Broker.Nak(ctx, from.account, from.sub.Name, 0, d.Token))
	}
	if r.Attempt >= from.sub.MaxDeliveries {
		return true, s.bury(ctx, from, d, fmt.Sprintf("it was posted %d times: %s", r.Attempt, err))
	}
	s.Metrics.delivered(from.topic, from.sub, "returned")
	if err := s.failed(ctx, from, d.Position, r.Attempt); err != nil {
		return false, err
	}
	return false, s.Broker.Nak(ctx, from.account, from.sub.Name, webhook.Pause(r.Attempt, err, s.FirstPause, s.MaxPause), d.Token)
}

// post is an event as it is posted: a CloudEvent in its JSON form, or what is no event as it is.
func post(r Received) (header http.Header, body []byte, id string) {
	id = r.Event.ID
	if id == "" {
		id = strconv.Itoa(r.Partition) + "/" + strconv.FormatUint(r.Offset, 10)
	}
	if r.Event.Type == "" {
		kind := r.Event.DataContentType
		if kind == "" {
			kind = "application/octet-stream"
		}
		return http.Header{"Content-Type": {kind}}, r.Event.Data, id
	}
	body, _ = json.Marshal(r.Event) // of strings alone, and data that is checked
	return http.Header{"Content-Type": {cloudevent.Structured + "; charset=utf-8"}}, body, id
}

// pause stops a subscription whose server wants no events any more.
func (p *pusher) pause(ctx context.Context, message string) error {
	s, sub := p.service, p.from.sub
	fresh, err := s.Subscriptions.Subscription(ctx, p.from.topic, sub.Name)
	if err != nil {
		return err
	}
	fresh.Status, fresh.Reason = Paused, clean(message)
	return s.changed(ctx, p.from.topic, fresh, "topic-subscription.paused", fresh.Reason)
}

// rest returns after d or at the end of ctx.
func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
