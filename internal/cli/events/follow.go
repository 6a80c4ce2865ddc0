package events

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The pauses before a stream is begun again that could not be reached.
const firstPause, maxPause = time.Second, 30 * time.Second

// follow shows what was found, then what happens after last until ctx ends. What
// ends on the way, a stream or the server, is gone on with where it ended.
func follow(ctx context.Context, e *command.Env, s command.Server, params apiclient.ListEventsParams, found []apiclient.Event, last int64) error {
	for _, v := range found {
		if err := line(e, v); err != nil {
			return err
		}
	}
	pause := firstPause
	for {
		err := s.WatchEvents(ctx, params, last, func(w apiclient.Watched) error {
			last, pause = w.Place, firstPause
			if w.Lost {
				e.Say("events before this were no longer kept")
			}
			if w.Event == nil {
				return nil
			}
			return line(e, *w.Event)
		})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			continue
		case !kernel.Is(err, kernel.Unavailable):
			return err
		}
		e.Say("%s; going on in %s", err, pause)
		if err := command.Pause(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, maxPause)
	}
}
