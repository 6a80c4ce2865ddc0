package event

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/natsserver"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a topic's stream; over maxBytes the oldest messages go.
const (
	maxBytes    = 1 << 30
	callTimeout = 10 * time.Second
)

// TopicStore keeps topics; eventsql implements it.
type TopicStore interface {
	// Put keeps a topic, replacing the one of its name.
	Put(ctx context.Context, t Topic) error
	Get(ctx context.Context, scope kernel.Scope, name string) (Topic, error)
	// Delete reports whether there was one.
	Delete(ctx context.Context, scope kernel.Scope, name string) (bool, error)
	// All returns every topic of every tenant, for the server.
	All(ctx context.Context) ([]Topic, error)
}

// Journal records facts in the transaction of the context.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Tx runs a transaction that travels in the context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Broker gives workloads topics on the server. Each topic has an account of its
// own, so that not even its inboxes can be seen by others. Its callers have
// checked that they may act for the scope that they name.
type Broker struct {
	Store   TopicStore
	Server  *natsserver.Server
	Journal Journal
	Tx      Tx
	Clock   kernel.Clock
	Log     *slog.Logger

	mu sync.Mutex
}

// Start makes every topic usable again, and removes the streams of topics that
// are gone.
func (b *Broker) Start(ctx context.Context) error {
	topics, err := b.Store.All(ctx)
	if err != nil {
		return fmt.Errorf("start topics: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	known := map[string]bool{}
	for _, t := range topics {
		known[t.Username] = true
		if err := b.provide(ctx, t); err != nil {
			b.Log.ErrorContext(ctx, "a topic cannot be used", "topic", t.Username, "error", err)
		}
	}
	return b.Server.Sweep(known)
}

// CreateTopic makes the topic be as the spec says: it creates or changes it, or
// does nothing. Another password replaces the one before.
func (b *Broker) CreateTopic(ctx context.Context, scope kernel.Scope, spec TopicSpec) (Topic, error) {
	t, err := spec.topic(scope)
	if err != nil {
		return Topic{}, err
	}
	err = b.Tx.InTx(ctx, func(ctx context.Context) error {
		present, err := b.Store.Get(ctx, scope, t.Name)
		if err != nil && !kernel.Is(err, kernel.NotFound) {
			return err
		}
		t.CreatedAt, t.PasswordHash = present.CreatedAt, present.PasswordHash
		if !broker.VerifyPassword(t.PasswordHash, spec.Password) {
			t.PasswordHash = broker.HashPassword(spec.Password)
		}
		if t == present {
			return nil
		}
		if err != nil {
			t.CreatedAt = b.Clock.Now()
		}
		if err := b.Store.Put(ctx, t); err != nil {
			return err
		}
		return b.Journal.Record(ctx, kernel.Fact{Type: "topic.changed", Scope: scope, Subject: t.Name, Data: map[string]any{"subject": t.Subject}})
	})
	if err != nil {
		return Topic{}, err
	}
	return t, b.reconcile(ctx, scope, t.Name)
}

// DeleteTopic removes a topic with its messages and cuts off its clients; what
// is not there is no error.
func (b *Broker) DeleteTopic(ctx context.Context, scope kernel.Scope, name string) error {
	err := b.Tx.InTx(ctx, func(ctx context.Context) error {
		found, err := b.Store.Delete(ctx, scope, name)
		if err != nil || !found {
			return err
		}
		return b.Journal.Record(ctx, kernel.Fact{Type: "topic.deleted", Scope: scope, Subject: name})
	})
	if err != nil {
		return err
	}
	return b.reconcile(ctx, scope, name)
}

// Topic returns a topic, or NotFound.
func (b *Broker) Topic(ctx context.Context, scope kernel.Scope, name string) (Topic, error) {
	return b.Store.Get(ctx, scope, name)
}

// PublishTo puts a message into a topic of this server, and returns when the
// topic's stream has it. The error is NotFound where there is no such topic.
func (b *Broker) PublishTo(ctx context.Context, scope kernel.Scope, name string, m *nats.Msg) error {
	t, err := b.Store.Get(ctx, scope, name)
	if err != nil {
		return err
	}
	m.Subject = t.Subject
	return b.inAccount(ctx, t.Username, func(ctx context.Context, js jetstream.JetStream) error {
		if _, err := js.PublishMsg(ctx, m); err != nil {
			return fmt.Errorf("publish to topic %s: %w", name, err)
		}
		return nil
	})
}

// reconcile brings the server to what the store says of one topic: of two
// changes at once the later one holds.
func (b *Broker) reconcile(ctx context.Context, scope kernel.Scope, name string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	t, err := b.Store.Get(ctx, scope, name)
	switch {
	case kernel.Is(err, kernel.NotFound):
		return b.withdraw(ctx, Username(scope, name), name)
	case err != nil:
		return err
	default:
		return b.provide(ctx, t)
	}
}

// provide brings the topic's account, credentials and stream to what t says.
func (b *Broker) provide(ctx context.Context, t Topic) error {
	if err := b.Server.Open(t.Username); err != nil {
		return fmt.Errorf("topic %s: %w", t.Name, err)
	}
	user := natsserver.User{
		Name: t.Username, Account: t.Username, PasswordHash: t.PasswordHash, Subject: t.Subject, Stream: t.Name, Publish: true, Consume: true,
	}
	if err := b.Server.Allow(user); err != nil {
		return err
	}
	return b.inAccount(ctx, t.Username, func(ctx context.Context, js jetstream.JetStream) error {
		_, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
			Name: t.Name, Subjects: []string{t.Subject, t.Subject + ".>"}, MaxAge: t.Retention, MaxBytes: maxBytes,
			Duplicates: min(2*time.Minute, t.Retention), Storage: jetstream.FileStorage, Discard: jetstream.DiscardOld, AllowDirect: true,
		})
		if err != nil {
			return fmt.Errorf("topic %s: %w", t.Name, err)
		}
		return nil
	})
}

// withdraw deletes a topic's stream, then its credentials and connections.
func (b *Broker) withdraw(ctx context.Context, user, stream string) error {
	if !b.Server.Opened(user) {
		return nil
	}
	err := b.inAccount(ctx, user, func(ctx context.Context, js jetstream.JetStream) error {
		if err := js.DeleteStream(ctx, stream); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			return fmt.Errorf("delete topic %s: %w", stream, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return b.Server.Shut(user)
}

// inAccount calls fn with a connection to the topic's account.
func (b *Broker) inAccount(ctx context.Context, user string, fn func(ctx context.Context, js jetstream.JetStream) error) error {
	conn, err := b.Server.Connect(user)
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return fmt.Errorf("connect to the event server: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return fn(ctx, js)
}
