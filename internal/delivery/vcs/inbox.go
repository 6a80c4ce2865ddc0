package vcs

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of the inbox.
const (
	// window is how long a webhook is remembered; one about something that is
	// older is refused, so that none can be sent again.
	window = 7 * 24 * time.Hour
	// ahead is how much the provider's clock may be before this one.
	ahead = 15 * time.Minute
	// maxWaiting is how many deliveries may wait for their turn.
	maxWaiting = 100_000
	// batch is how many are worked on in one transaction.
	batch = 200
	// maxAttempts ends a delivery that fails again and again.
	maxAttempts = 12
)

// waiting remembers for a second how many deliveries wait.
type waiting struct {
	mu    sync.Mutex
	count int
	until time.Time
}

// Accept takes a webhook of a repository into the inbox. It returns when the
// webhook is kept; new is false for one that was there already. The error is
// NotFound for a repository that there is not, Unauthenticated for a wrong
// signature, Stale for one that is too old, and Unavailable while too many wait.
func (s *Service) Accept(ctx context.Context, provider Provider, id string, header http.Header, body []byte) (isNew bool, err error) {
	r, err := s.Store.RepositoryByID(ctx, id)
	if err == nil && r.Provider != provider || provider == Hosted || kernel.Is(err, kernel.NotFound) {
		return false, kernel.Errorf(kernel.NotFound, "there is no such repository")
	}
	if err != nil {
		return false, err
	}
	a, host, err := s.kept(ctx, r)
	if err != nil {
		return false, err
	}
	if a.Credentials, err = s.signedWith(ctx, r, a.Credentials); err != nil {
		s.Log.WarnContext(ctx, "a webhook cannot be checked", "repository", r.Name, "error", err)
		return false, kernel.Errorf(kernel.Unavailable, "what webhooks are signed with cannot be read here at present")
	}
	in, err := host.Receive(a, header, body)
	if err != nil {
		return false, err
	}
	now := s.Clock.Now()
	if err := timely(in.Event, now); err != nil {
		return false, err
	}
	if s.Webhooks != nil { // it is signed: nobody else uses up what the tenant may send
		if err := s.Webhooks.Webhook(r.Scope.Tenant); err != nil {
			return false, err
		}
	}
	if err := s.room(ctx, now); err != nil {
		return false, err
	}
	err = s.keep(ctx, r, Delivery{
		ID: kernel.NewID("hook"), Repository: r.ID, Scope: r.Scope, Key: in.Key, Digest: kernel.DigestOf(body), Event: in.Event, ReceivedAt: now,
	})
	if kernel.Is(err, kernel.Conflict) {
		return false, nil
	}
	if err == nil {
		s.nudge()
	}
	return err == nil, err
}

// keep keeps a webhook, with the fact where it tells of a push.
func (s *Service) keep(ctx context.Context, r Repository, d Delivery) (err error) {
	resting, err := s.resting(ctx)
	if err != nil {
		return err
	}
	if d.Event.Kind != PushEvent || resting[r.Scope.Tenant] { // what waits is told when it is worked on
		return s.Store.AddDelivery(ctx, d)
	}
	d.Event.Cause, d.Event.Actor = kernel.NewID("evt"), kernel.System("vcs", r.Scope.Tenant)
	if by := d.Event.Push.By; by != "" {
		if d.Event.Actor, err = s.person(ctx, r, by); err != nil {
			return err
		}
	}
	return s.Tx.InTx(kernel.WithActor(ctx, d.Event.Actor), func(ctx context.Context) error {
		if err := s.Store.AddDelivery(ctx, d); err != nil {
			return err
		}
		return s.recordAs(ctx, d.Event.Cause, r, "vcs.pushed", map[string]any{"refs": []Push{d.Event.Push}, "push": d.ID})
	})
}

// timely refuses an event that is older than what is remembered, or of a clock
// that is too far ahead; one that does not say when it was is of now.
func timely(e Event, now time.Time) error {
	at := e.At
	switch {
	case e.Kind == Ignored && at.IsZero():
		return nil
	case at.IsZero():
		return kernel.Errorf(kernel.Invalid, "the event does not say when it happened: once it is forgotten it could be sent again")
	case now.Sub(at) > window:
		return kernel.Errorf(kernel.Stale, "the event is of %s, and is not taken any longer", at.Format(time.RFC3339))
	case at.Sub(now) > ahead:
		return kernel.Errorf(kernel.Stale, "the event is of %s, and it is %s here", at.Format(time.RFC3339), now.UTC().Format(time.RFC3339)).
			WithFix("set the clock of this machine, or of the provider's")
	default:
		return nil
	}
}

// room refuses more deliveries than may wait.
func (s *Service) room(ctx context.Context, now time.Time) error {
	s.waiting.mu.Lock()
	defer s.waiting.mu.Unlock()
	if now.After(s.waiting.until) {
		count, err := s.Store.CountWaiting(ctx)
		if err != nil {
			return err
		}
		s.waiting.count, s.waiting.until = count, now.Add(time.Second)
	}
	if s.waiting.count >= maxWaiting {
		return kernel.Errorf(kernel.Unavailable, "%d webhooks wait for their turn", s.waiting.count).WithFix("send it again later")
	}
	s.waiting.count++
	return nil
}

// drain works on what waits in the inbox, and tells how much it was.
func (s *Service) drain(ctx context.Context) (int, error) {
	all, err := s.Store.Waiting(ctx, s.Clock.Now(), batch)
	if err != nil || len(all) == 0 {
		return 0, err
	}
	count := len(all)
	if all, err = s.working(ctx, all); err != nil {
		return 0, err
	}
	newest := coalesced(all)
	var done []string
	for i, d := range all {
		if newest[i] {
			if err := s.deliver(ctx, d); err != nil {
				if ctx.Err() != nil {
					return 0, ctx.Err()
				}
				if err := s.failed(ctx, d, err); err != nil {
					return 0, err
				}
				continue
			}
		}
		done = append(done, d.ID)
	}
	return count, s.Store.Done(ctx, done)
}

// coalesced marks the deliveries that are worked on: of those about one pull
// request only the newest.
func coalesced(all []Delivery) []bool {
	type pull struct {
		repository string
		number     int
	}
	last := map[pull]int{}
	keep := make([]bool, len(all))
	for i, d := range all {
		keep[i] = d.Event.Kind != Ignored
		if d.Event.Kind != PullEvent {
			continue
		}
		key := pull{d.Repository, d.Event.Pull.Number}
		if before, ok := last[key]; ok {
			if all[before].Event.At.After(d.Event.At) {
				keep[i] = false
				continue
			}
			keep[before] = false
		}
		last[key] = i
	}
	return keep
}

func (s *Service) failed(ctx context.Context, d Delivery, cause error) error {
	s.Log.WarnContext(ctx, "a webhook could not be worked on", "delivery", d.ID, "attempt", d.Attempts+1, "error", cause)
	if d.Attempts+1 >= maxAttempts {
		return s.Store.Done(ctx, []string{d.ID})
	}
	return s.Store.Retry(ctx, d.ID, d.Attempts+1, cause.Error(), s.Clock.Now().Add(pause(d.Attempts)))
}

// pause grows from a second to ten minutes.
func pause(attempts int) time.Duration {
	return min(time.Second<<min(attempts, 12), 10*time.Minute)
}
