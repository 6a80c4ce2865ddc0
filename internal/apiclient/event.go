package apiclient

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// ListEvents returns the newest events that params ask for, at most limit, the newest
// first, and the place in the log after which nothing was looked at.
func (c *Client) ListEvents(ctx context.Context, params ListEventsParams, limit int) (found []Event, last int64, err error) {
	for {
		params.Limit = int64(min(limit-len(found), kernel.MaxPageSize))
		var page SubscriptionHistory
		if err := c.call(ctx, http.MethodGet, query(escape("events"), params), nil, &page); err != nil {
			return nil, 0, err
		}
		if params.Cursor == "" {
			last = page.Last
		}
		found = append(found, page.Items...)
		if page.Next == "" || len(found) >= limit {
			return found, last, nil
		}
		params.Cursor = page.Next
	}
}

// EventTypes returns the types of events by name.
func (c *Client) EventTypes(ctx context.Context) ([]EventType, error) {
	return all[EventType](ctx, c, escape("event-types"))
}

// Watched is one thing that a stream of events tells.
type Watched struct {
	// Event is nil where only the place moved, or events were lost.
	Event *Event
	// Lost is set where events before were no longer kept.
	Lost bool
	// Place is where to go on after.
	Place int64
}

// WatchEvents calls fn for what happens after a place in the log until the server
// ends the stream, which it does after a while.
func (c *Client) WatchEvents(ctx context.Context, params ListEventsParams, after int64, fn func(Watched) error) error {
	params.After = strconv.FormatInt(after, 10)
	res, err := c.sendAccepting(ctx, eventStream, http.MethodGet, query(escape("events"), params), "", nil, -1)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	scan := bufio.NewScanner(res.Body)
	scan.Buffer(nil, maxLine)
	var fields sseFields
	for scan.Scan() {
		if line := scan.Text(); line != "" {
			fields.take(line)
			continue
		}
		told, err := fields.told()
		if err != nil {
			return err
		}
		if err := fn(told); err != nil {
			return err
		}
		fields = sseFields{}
	}
	if err := scan.Err(); err != nil {
		return c.unreachable(ctx, err)
	}
	return nil
}

const eventStream = "text/event-stream"

// sseFields are those of one server-sent event.
type sseFields struct{ id, kind, data string }

func (f *sseFields) take(line string) {
	name, value, _ := strings.Cut(line, ":")
	value = strings.TrimPrefix(value, " ")
	switch name {
	case "id":
		f.id = value
	case "event":
		f.kind = value
	case "data":
		f.data += value
	}
}

func (f *sseFields) told() (Watched, error) {
	place, err := strconv.ParseInt(f.id, 10, 64)
	if err != nil {
		return Watched{}, kernel.Errorf(kernel.Unavailable, "the stream of events cannot be read: %w", err)
	}
	w := Watched{Place: place, Lost: f.kind == "lost"}
	if f.data == "" || w.Lost {
		return w, nil
	}
	w.Event = &Event{}
	if err := json.Unmarshal([]byte(f.data), w.Event); err != nil {
		return w, kernel.Errorf(kernel.Unavailable, "an event cannot be read: %w", err)
	}
	return w, nil
}
