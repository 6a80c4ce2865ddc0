package event

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// recorded is an event on its way into the log.
type recorded struct {
	Event

	body []byte
}

// Record writes a fact as an event into the caller's transaction: the event
// exists exactly when the change does. It is written at the end of the transaction,
// together with all that it records.
func (l *Log) Record(ctx context.Context, f kernel.Fact) error {
	if err := check(f); err != nil {
		return err
	}
	e, err := l.Make(ctx, f)
	if err != nil {
		return err
	}
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode event %s: %w", f.Type, err)
	}
	return db.Gather(ctx, l, recorded{e, body}, l.add)
}

// add adds what is recorded to the log.
func (l *Log) add(ctx context.Context, all []recorded) error {
	entries := make([]Entry, len(all))
	for i, r := range all {
		entries[i] = Entry{ID: r.ID, Tenant: r.Tenant, Fact: r.Fact(), Project: r.Project, Stage: r.Stage, Body: r.body}
	}
	last, err := l.Store.Add(ctx, entries, l.Clock.Now())
	if err != nil {
		return err
	}
	db.AfterCommit(ctx, func() { l.committed(all, last) })
	return nil
}

// committed tells followers of events that have their places, and Serve of others.
func (l *Log) committed(all []recorded, last uint64) {
	if last == 0 {
		l.wake()
		return
	}
	for i, r := range all {
		r.Sequence = last - uint64(len(all)-1-i)
		l.end.put(r)
	}
	l.know(last)
	l.placed.all()
}
