package sink

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// message puts an event into a NATS message. A stream knows it by its id, so
// that what is sent twice within its window is there once.
func message(mode subscription.Mode, e event.Event, body []byte) *nats.Msg {
	headers, payload := binding(mode, httpPrefix, "Content-Type", e, body)
	m := &nats.Msg{Header: nats.Header{}, Data: payload}
	for _, p := range headers {
		m.Header.Set(p.name, p.value)
	}
	m.Header.Set(nats.MsgIdHdr, e.ID)
	return m
}

// topic sends to a topic of a workload.
type topic struct {
	topics Topics
	scope  kernel.Scope
	name   string
	mode   subscription.Mode
}

// Send returns when the topic has the event.
func (t topic) Send(ctx context.Context, e event.Event, body []byte) (string, error) {
	headers, payload := binding(t.mode, httpPrefix, "Content-Type", e, body)
	sent := make(map[string]string, len(headers))
	for _, h := range headers {
		sent[h.name] = h.value
	}
	err := t.topics.Put(ctx, t.scope, t.name, e.ID, sent, payload)
	if kernel.Is(err, kernel.TooLarge) {
		return "", &subscription.Rejection{Message: err.Error(), Final: true}
	}
	return "stored", err
}

// Close does nothing: there is no connection.
func (topic) Close() {}

// natsSender sends to another NATS server. It connects when it first sends.
type natsSender struct {
	sink     subscription.NATS
	password string
	guard    egress.Guard
	conn     *nats.Conn
	// denied has what the server does not let this user do.
	denied chan error
}

// guarded dials allowed addresses only; those that the server tells of are dialled by it, too.
type guarded struct{ dialer *net.Dialer }

// Dial implements nats.CustomDialer.
func (g guarded) Dial(network, address string) (net.Conn, error) {
	return g.dialer.Dial(network, address)
}

func (n *natsSender) connect() error {
	if n.conn != nil && !n.conn.IsClosed() {
		return nil
	}
	denied := make(chan error, 1)
	clear := !strings.HasPrefix(n.sink.URL, "tls:")
	opts := []nats.Option{
		nats.Name("terrace"), nats.Timeout(egress.DialTimeout), nats.NoReconnect(), nats.SetCustomDialer(guarded{n.guard.Dialer(clear)}),
		nats.ErrorHandler(telling(denied)),
	}
	switch {
	case n.sink.Username != "":
		opts = append(opts, nats.UserInfo(n.sink.Username, n.password))
	case n.password != "":
		opts = append(opts, nats.Token(n.password))
	}
	conn, err := nats.Connect(n.sink.URL, opts...)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", n.sink.URL, err)
	}
	n.conn, n.denied = conn, denied
	return nil
}

// telling passes on what the server does not let this user do.
func telling(denied chan<- error) nats.ErrHandler {
	return func(_ *nats.Conn, _ *nats.Subscription, err error) {
		if errors.Is(err, nats.ErrPermissionViolation) {
			select {
			case denied <- err:
			default: // one is enough
			}
		}
	}
}

// Send returns when the server has the event, or with JetStream its stream.
func (n *natsSender) Send(ctx context.Context, e event.Event, body []byte) (string, error) {
	if err := n.connect(); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, defaultTimeout)
	defer cancel()
	m := message(n.sink.Mode, e, body)
	m.Subject = n.sink.Subject
	if n.sink.JetStream {
		err := n.store(ctx, m)
		return "stored", tooLarge(err)
	}
	if err := n.conn.PublishMsg(m); err != nil {
		return "", tooLarge(fmt.Errorf("publish: %w", err))
	}
	if err := n.conn.FlushWithContext(ctx); err != nil {
		return "", fmt.Errorf("publish: %w", err)
	}
	if err := n.conn.LastError(); err != nil { // such as no permission for the subject
		n.Close()
		return "", denial(fmt.Errorf("publish: %w", err))
	}
	return "sent", nil
}

// store returns when a stream has the message. What this user may not do the server tells
// the connection, and it answers nothing.
func (n *natsSender) store(ctx context.Context, m *nats.Msg) error {
	js, err := jetstream.New(n.conn)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	denied := n.denied
	go func() {
		select {
		case err := <-denied:
			cancel(denial(fmt.Errorf("publish: %w", err)))
		case <-ctx.Done():
		}
	}()
	_, err = js.PublishMsg(ctx, m)
	switch {
	case err == nil:
		return nil
	case errors.Is(context.Cause(ctx), context.DeadlineExceeded) && n.conn.IsConnected():
		return fmt.Errorf("no stream says within %s that it has what is sent to %s", defaultTimeout, m.Subject)
	}
	if cause, is := errors.AsType[*subscription.Denial](context.Cause(ctx)); is {
		n.Close()
		return cause
	}
	return err
}

// denial makes one of an error that tells what this user may not do.
func denial(err error) error {
	if errors.Is(err, nats.ErrPermissionViolation) {
		return &subscription.Denial{Message: err.Error()}
	}
	return err
}

// streamTooSmall is what a stream says of a message that is larger than it takes.
const streamTooSmall jetstream.ErrorCode = 10054

// tooLarge makes a refusal of an error that is about the size of the event.
func tooLarge(err error) error {
	said, ok := errors.AsType[*jetstream.APIError](err)
	if errors.Is(err, nats.ErrMaxPayload) || ok && said.ErrorCode == streamTooSmall {
		return &subscription.Rejection{Message: err.Error(), Final: true}
	}
	return err
}

// Close ends the connection.
func (n *natsSender) Close() {
	if n.conn != nil {
		n.conn.Close()
	}
}
