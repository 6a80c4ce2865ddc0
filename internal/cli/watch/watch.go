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
)

// Server is what a run is followed on.
type Server interface {
	Run(ctx context.Context, project, id string) (apiclient.Run, error)
	Events(ctx context.Context, project, id string, follow bool, fn func(apiclient.Event) error) error
}

// Watch follows one run.
type Watch struct {
	Server  Server
	Project string
	// Teller shows what happens.
	Teller Teller
	// Past approvals: go on waiting while the run waits for people.
	Past bool
}

// Teller shows a run to a person.
type Teller interface {
	// Event tells of one line of the run's log.
	Event(apiclient.Event)
	// Status tells of the run as it is now.
	Status(apiclient.Run)
	// Lost tells that the server cannot be reached; err nil that it can again.
	Lost(err error)
	// Close ends what is on the screen.
	Close()
}

// Run follows the run until it has ended, or waits for an approval and Past is
// not set. It returns the run as it is then.
func (w Watch) Run(ctx context.Context, id string) (apiclient.Run, error) {
	ctx, cancel := context.WithCancel(ctx)
	events := make(chan apiclient.Event, 64)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.stream(ctx, id, events)
	}()
	defer func() { cancel(); <-done }()
	defer w.Teller.Close()
	return w.loop(ctx, id, events, done)
}

func (w Watch) loop(ctx context.Context, id string, events <-chan apiclient.Event, done <-chan struct{}) (apiclient.Run, error) {
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	var lost time.Time
	for {
		r, err := w.Server.Run(ctx, w.Project, id)
		switch {
		case err == nil:
			w.found(&lost)
			if r.Ended() || (r.Status == apiclient.StatusAwaitingApproval && !w.Past) {
				w.rest(events, done, r.Ended())
				w.Teller.Status(r)
				return r, nil
			}
			w.Teller.Status(r)
		case !w.mayWait(&lost, err):
			return r, err
		}
		if err := w.pause(ctx, ticker.C, events, done); err != nil {
			return r, err
		}
	}
}

// pause tells events until it is time to ask again: soon after the run's status changed.
func (w Watch) pause(ctx context.Context, tick <-chan time.Time, events <-chan apiclient.Event, done <-chan struct{}) error {
	for {
		select {
		case e := <-events:
			w.Teller.Event(e)
			if strings.HasPrefix(e.Type, "run.") && len(events) == 0 {
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

// rest tells what is left of the events: of a run that has ended all of them.
func (w Watch) rest(events <-chan apiclient.Event, done <-chan struct{}, ended bool) {
	wait := lastLines
	if !ended {
		wait = lastLines / 10
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case e := <-events:
			w.Teller.Event(e)
			continue
		default:
		}
		select {
		case e := <-events:
			w.Teller.Event(e)
		case <-done:
			if len(events) == 0 {
				return
			}
		case <-timer.C:
			return
		}
	}
}

// stream sends the events once each, however often the server goes away.
func (w Watch) stream(ctx context.Context, id string, out chan<- apiclient.Event) {
	seen := 0
	for ctx.Err() == nil {
		n := 0
		err := w.Server.Events(ctx, w.Project, id, true, func(e apiclient.Event) error {
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

func (w Watch) found(lost *time.Time) {
	if !lost.IsZero() {
		*lost = time.Time{}
		w.Teller.Lost(nil)
	}
}

// mayWait reports whether an error is one that passes.
func (w Watch) mayWait(lost *time.Time, err error) bool {
	if errors.Is(err, context.Canceled) || !kernel.Is(err, kernel.Unavailable) {
		return false
	}
	if lost.IsZero() {
		*lost = time.Now()
		w.Teller.Lost(err)
	}
	return time.Since(*lost) < patience
}
