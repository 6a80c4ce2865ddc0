// Package watch follows a run on behalf of a person: its phases with their
// durations and terraform's events, live.
//
// It owns the following and the telling. The server alone decides what
// happens; when it cannot be reached for a while, following goes on afterwards.
package watch

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// askEvery bounds how old the status that is shown can be.
	askEvery = 500 * time.Millisecond
	// patience is how long a server may be out of reach.
	patience = 2 * time.Minute
	// lastLines is how long the last events of a run are waited for.
	lastLines = 2 * time.Second
	// statusEvent begins the type of the events that tell a run's new status.
	statusEvent = "run."
)

// Server is what a run is followed on.
type Server interface {
	Run(ctx context.Context, project, id string) (apiclient.Run, error)
	Events(ctx context.Context, project, id string, follow bool, fn func(apiclient.RunEvent) error) error
}

// Watch follows one run.
type Watch struct {
	Server  Server
	Project string
	// Teller shows what happens.
	Teller Teller
	// Past approvals: go on waiting while the run waits for people, or for its
	// stage to open.
	Past bool
}

// Teller shows a run to a person.
type Teller interface {
	// Event tells of one line of the run's log.
	Event(apiclient.RunEvent)
	// Status tells of the run as it is now.
	Status(apiclient.Run)
	// Lost tells that the server cannot be reached; err nil that it can again.
	Lost(err error)
	// Close ends what is on the screen.
	Close()
}

// Run follows the run until it has ended, or waits for an approval or for its
// stage to open and Past is not set. It returns the run as it is then.
func (w Watch) Run(ctx context.Context, id string) (apiclient.Run, error) {
	ctx, cancel := context.WithCancel(ctx)
	events := make(chan apiclient.RunEvent, 64)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.stream(ctx, id, events)
	}()
	defer func() { cancel(); <-done }()
	defer w.Teller.Close()
	f := &follower{Watch: w, events: events, done: done}
	return f.loop(ctx, id)
}

// follower is the state of one following.
type follower struct {
	Watch
	events <-chan apiclient.RunEvent
	// done is closed when no more events come.
	done <-chan struct{}
	// last is the type of the last event.
	last string
	// lost is since when the server is out of reach, zero when it is not.
	lost time.Time
}

func (f *follower) loop(ctx context.Context, id string) (apiclient.Run, error) {
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	for {
		r, err := f.Server.Run(ctx, f.Project, id)
		switch {
		case err == nil:
			f.found()
			if r.Ended() || (f.waits(r) && !f.Past) {
				f.rest(r)
				f.Teller.Status(r)
				return r, nil
			}
			f.Teller.Status(r)
		case !f.mayWait(err):
			return r, err
		}
		if err := f.pause(ctx, ticker.C); err != nil {
			return r, err
		}
	}
}

// waits reports whether the run waits for a person, or for its stage to open.
func (f *follower) waits(r apiclient.Run) bool {
	return r.Status == apiclient.RunStatusAwaitingApproval || r.Hold != nil
}

func (f *follower) tell(e apiclient.RunEvent) {
	f.last = e.Type
	f.Teller.Event(e)
}

// pause tells events until it is time to ask again: soon after the run's status changed.
func (f *follower) pause(ctx context.Context, tick <-chan time.Time) error {
	done := f.done
	for {
		select {
		case e := <-f.events:
			f.tell(e)
			if strings.HasPrefix(e.Type, statusEvent) && len(f.events) == 0 {
				return nil
			}
		case <-done:
			done = nil // the stream has ended; the clock goes on
		case <-tick:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// rest tells the events up to the one that says what the run has become.
func (f *follower) rest(r apiclient.Run) {
	timer := time.NewTimer(lastLines)
	defer timer.Stop()
	for f.last != statusEvent+string(r.Status) || len(f.events) > 0 {
		select {
		case e := <-f.events:
			f.tell(e)
		case <-f.done:
			if len(f.events) == 0 {
				return
			}
		case <-timer.C:
			return
		}
	}
}

// stream sends the events once each, however often the server goes away.
func (w Watch) stream(ctx context.Context, id string, out chan<- apiclient.RunEvent) {
	seen := 0
	for ctx.Err() == nil {
		n := 0
		err := w.Server.Events(ctx, w.Project, id, true, func(e apiclient.RunEvent) error {
			if n++; n <= seen {
				return nil
			}
			seen = n
			select {
			case out <- e:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		if err == nil || !kernel.Is(err, kernel.Unavailable) {
			return
		}
		wait(ctx, askEvery)
	}
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (f *follower) found() {
	if !f.lost.IsZero() {
		f.lost = time.Time{}
		f.Teller.Lost(nil)
	}
}

// mayWait reports whether an error is one that passes.
func (f *follower) mayWait(err error) bool {
	if errors.Is(err, context.Canceled) || !kernel.Is(err, kernel.Unavailable) {
		return false
	}
	if f.lost.IsZero() {
		f.lost = time.Now()
		f.Teller.Lost(err)
	}
	return time.Since(f.lost) < patience
}
