package vcs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
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
	a, host, err := s.access(ctx, r)
	if err != nil {
		return false, err
	}
	in, err := host.Receive(a, header, body)
	if err != nil {
		return false, err
	}
	now := s.Clock.Now()
	if err := timely(in.Event.At, now); err != nil {
		return false, err
	}
	if err := s.room(ctx, now); err != nil {
		return false, err
	}
	err = s.Store.AddDelivery(ctx, Delivery{
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

// timely refuses an event that is older than what is remembered, or of a clock
// that is too far ahead; one that does not say when it was is of now.
func timely(at, now time.Time) error {
	switch {
	case at.IsZero():
		return nil
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
	return len(all), s.Store.Done(ctx, done)
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

func (s *Service) deliver(ctx context.Context, d Delivery) error {
	r, err := s.Store.RepositoryByID(ctx, d.Repository)
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	switch d.Event.Kind {
	case PushEvent:
		return s.pushed(ctx, r, d.Event)
	case PullEvent:
		return s.pulled(ctx, r, d.Event)
	case CommandSaid:
		return s.commanded(ctx, r, d.Event.Command)
	case Ignored:
	}
	return nil
}

// pushed tells who listens, and the pull requests of a hosted repository.
func (s *Service) pushed(ctx context.Context, r Repository, e Event) error {
	var errs []error
	by := ctx
	if e.Actor.ID != "" {
		by = kernel.WithActor(ctx, e.Actor)
	}
	for _, l := range s.Listeners {
		errs = append(errs, l.Pushed(by, r, e.Push))
	}
	if r.Provider == Hosted {
		errs = append(errs, s.follow(ctx, r, e))
	}
	return errors.Join(errs...)
}

// pulled notes what a provider says of a pull request. Older news than what is
// known change nothing.
func (s *Service) pulled(ctx context.Context, r Repository, e Event) error {
	for {
		known, err := s.Store.Pull(ctx, r.Scope, r.ID, e.Pull.Number)
		if err != nil && !kernel.Is(err, kernel.NotFound) {
			return err
		}
		isNew := err != nil
		if !isNew && known.Work.Seen.After(e.At) || known.State == Merged {
			return nil
		}
		p, fact := noted(r, known, e, s.Clock.Now())
		if isNew {
			err = s.addPull(ctx, r, p)
		} else {
			err = s.changeAs(ctx, r, p, fact)
		}
		if kernel.Is(err, kernel.Stale) || kernel.Is(err, kernel.Conflict) {
			continue // it was changed meanwhile
		}
		return err
	}
}

// noted returns the pull request as the event has it, and the fact that this is.
func noted(r Repository, known PullRequest, e Event, now time.Time) (p PullRequest, fact string) {
	p, fact = known, "pr.updated"
	n := e.Pull
	p.Repository, p.Scope, p.Number = r.ID, r.Scope, n.Number
	p.Title, p.Author, p.Fork, p.Source, p.Target = n.Title, n.Author, n.Fork, n.Source, n.Target
	if n.Head != "" && n.Head != p.Head {
		p.Head, p.Work.Answer = n.Head, ""
	}
	if n.Base != "" {
		p.Base = n.Base
	}
	switch {
	case p.CreatedAt.IsZero():
		fact, p.CreatedAt = "pr.opened", now
	case n.State != known.State:
		fact = map[PullState]string{Open: "pr.reopened", Merged: "pr.merged", Closed: "pr.closed"}[n.State]
	}
	if known.State == Closed && n.State == Open || known.Target != "" && known.Target != n.Target {
		p.Work.Planned = "" // what was planned is void
	}
	p.State, p.MergeCommit, p.UpdatedAt, p.Work.Seen = n.State, n.MergeCommit, now, e.At
	p.Actor = outsider(r, n.By)
	p.Work.Due, p.Work.Attempts = &now, 0
	return p, fact
}

// outsider is somebody of a provider, for whom the binding lets Terrace act.
func outsider(r Repository, name string) kernel.Actor {
	return kernel.Actor{ID: "system:" + string(r.Provider) + ":" + name, Name: name + " (" + string(r.Provider) + ")", Kind: kernel.ActorSystem, Tenant: r.Scope.Tenant}
}

func (s *Service) addPull(ctx context.Context, r Repository, p PullRequest) error {
	ctx = kernel.WithActor(ctx, p.Actor)
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.AddPull(ctx, p); err != nil {
			return err
		}
		return s.record(ctx, r, "pr.opened", map[string]any{"number": p.Number, "source": p.Source, "target": p.Target, "head": p.Head, "title": p.Title, "fork": p.Fork})
	})
}

func (s *Service) changeAs(ctx context.Context, r Repository, p PullRequest, fact string) error {
	data := map[string]any{"head": p.Head}
	if p.MergeCommit != "" {
		data["commit"] = p.MergeCommit
	}
	return s.change(kernel.WithActor(ctx, p.Actor), r, p, fact, data)
}

// commanded does what somebody wrote under a pull request, if they may.
func (s *Service) commanded(ctx context.Context, r Repository, c Command) error {
	if !c.Member {
		return nil // anybody may comment; only members command
	}
	ctx = kernel.WithActor(ctx, outsider(r, c.By))
	fact, change := "pr.replanned", replanned
	if c.Word == "apply" {
		fact, change = "pr.apply_asked", func(p *PullRequest) (map[string]any, error) {
			if c.Reader {
				return nil, kernel.Errorf(kernel.Refused, "readers comment as well, and %s does not say who is more than that", r.Provider).
					WithFix("apply it as a developer: terrace pr apply %d --repo %s -p %s", c.Number, r.Name, r.Scope.Project)
			}
			p.Actor = outsider(r, c.By)
			return s.askApply(ctx, r, p)
		}
	}
	_, err := s.edit(ctx, r, c.Number, fact, change)
	if kernel.Is(err, kernel.Conflict) || kernel.Is(err, kernel.Refused) {
		_, err = s.edit(ctx, r, c.Number, "pr.command_refused", unfollowed(c, err))
	}
	if kernel.Is(err, kernel.NotFound) {
		s.Log.InfoContext(ctx, "a command is under a pull request that is not known", "repository", r.Name, "number", c.Number, "command", c.Word)
		return nil
	}
	return err
}

// unfollowed has the comment tell why a command was not followed.
func unfollowed(c Command, cause error) func(*PullRequest) (map[string]any, error) {
	return func(p *PullRequest) (map[string]any, error) {
		p.Work.Answer = fmt.Sprintf("%s asked for %s, which is not done: %s", c.By, c.Word, cause)
		return map[string]any{"command": c.Word, "problem": cause.Error()}, nil
	}
}

// follow has the pull requests of a hosted repository know what was pushed:
// their newest commit, or that somebody has merged them by hand.
func (s *Service) follow(ctx context.Context, r Repository, e Event) error {
	branch := e.Push.Branch()
	if branch == "" || e.Push.After == gitexec.Zero {
		return nil
	}
	ctx = kernel.WithActor(ctx, e.Actor)
	from, err := s.Store.OpenFrom(ctx, r.Scope, r.ID, branch)
	if err != nil {
		return err
	}
	for _, p := range from {
		_, err := s.edit(ctx, r, p.Number, "pr.updated", func(p *PullRequest) (map[string]any, error) {
			if p.State != Open || p.Head == e.Push.After {
				return nil, nil //nolint:nilnil // there is nothing new
			}
			p.Head, p.Actor, p.Work.Attempts = e.Push.After, e.Actor, 0
			return map[string]any{"head": p.Head}, nil
		})
		if err != nil {
			return err
		}
	}
	return s.mergedByHand(ctx, r, branch, e)
}

func (s *Service) mergedByHand(ctx context.Context, r Repository, branch string, e Event) error {
	page, err := s.Store.Pulls(ctx, r.Scope, r.ID, Open, kernel.PageRequest{Limit: kernel.MaxPageSize})
	if err != nil {
		return err
	}
	for _, p := range page.Items {
		if p.Target != branch {
			continue
		}
		has, err := s.Files(r).Contains(ctx, e.Push.After, p.Head)
		if err != nil {
			return err
		}
		if !has {
			continue
		}
		_, err = s.edit(ctx, r, p.Number, "pr.merged", func(p *PullRequest) (map[string]any, error) {
			if p.State != Open {
				return nil, nil //nolint:nilnil // the merge has told it
			}
			p.State, p.MergeCommit, p.Actor, p.Work.Attempts = Merged, e.Push.After, e.Actor, 0
			return map[string]any{"head": p.Head, "commit": p.MergeCommit}, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
