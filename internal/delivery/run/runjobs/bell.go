package runjobs

import (
	"context"
	"database/sql"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
)

const (
	// inserted is River's topic of jobs that were inserted.
	inserted = "river_insert"
	// ofDefault is what River tells on it of its default queue.
	ofDefault = `{"queue":"` + river.QueueDefault + `"}`
)

// bell is the connection on which a client of River listens. Neither driver has one,
// so that a client would look for jobs by its clock alone: this one is rung by the
// process itself, and what other processes queue is found by the clock.
type bell struct{ rung chan struct{} }

func newBell() *bell { return &bell{rung: make(chan struct{}, 1)} }

// ring makes the client look for jobs.
func (b *bell) ring() {
	select {
	case b.rung <- struct{}{}:
	default: // it is about to look
	}
}

// WaitForNotification waits until the bell is rung.
func (b *bell) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-b.rung:
		return &riverdriver.Notification{Topic: inserted, Payload: ofDefault}, nil
	}
}

// Connect, Close, Listen, Unlisten, Ping, Schema and SetAfterConnectExec have nothing
// to do: the bell is in this process.
func (*bell) Connect(context.Context) error          { return nil }
func (*bell) Close(context.Context) error            { return nil }
func (*bell) Listen(context.Context, string) error   { return nil }
func (*bell) Unlisten(context.Context, string) error { return nil }
func (*bell) Ping(context.Context) error             { return nil }
func (*bell) Schema() string                         { return "" }
func (*bell) SetAfterConnectExec(string)             {}

// listening is a driver whose client listens to a bell, and takes no more jobs than
// there is room for.
type listening struct {
	riverdriver.Driver[*sql.Tx]

	bell *bell
	room *room
}

// SupportsListener has the client listen.
func (listening) SupportsListener() bool { return true }

// GetListener returns what it listens to.
func (l listening) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener { return l.bell }

// GetExecutor returns what it takes jobs with.
func (l listening) GetExecutor() riverdriver.Executor {
	return bounded{l.Driver.GetExecutor(), l.room}
}
