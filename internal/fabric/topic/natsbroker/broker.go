package natsbroker

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/natsserver"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// callTimeout bounds one call to the server.
const callTimeout = 10 * time.Second

// Broker is a broker.Broker on NATS.
type Broker struct {
	site site
	log  *slog.Logger

	mu       sync.Mutex
	places   map[string]*place
	sessions map[groupID]*session
	closed   bool
}

var _ broker.Broker = (*Broker)(nil)

// groupID names a group of a topic.
type groupID struct{ topic, group string }

// site is where streams are: it knows how a topic is reached.
type site interface {
	// names returns a topic's stream, and its subject where that is not asked of the
	// stream.
	names(topic, subject string) (stream, own string)
	// open prepares the place of a topic's stream, and shut removes it.
	open(topic string) error
	shut(topic string) error
	// changes begins the calls that change streams; "" is as all calls do.
	changes() string
	// enter connects to it. The connection is the site's where shared is true.
	enter(topic string) (conn *nats.Conn, shared bool, err error)
	guard
	ping(ctx context.Context) error
	close()
}

// guard knows who may reach topics.
type guard interface {
	// guards refuses where who reaches topics is not Terrace's to say.
	guards() error
	allow(topic, stream, subject string, p broker.Principal) error
	forbid(principal string) error
	// reserve keeps a group of Terrace's out of the principals' reach, or ends that.
	reserve(topic, group string, is bool) error
}

// place is a topic's stream, reached.
type place struct {
	conn   *nats.Conn
	shared bool
	js     jetstream.JetStream
	// changes makes, changes and deletes the stream.
	changes jetstream.StreamManager
	stream  string
	ways    atomic.Pointer[ways]
}

// ways are what a stream says of itself: where to publish, its bound of a message, and
// whether it takes batches whole.
type ways struct {
	subject string
	limit   int
	batches bool
}

// Embedded returns the broker of the server in this process.
func Embedded(s *natsserver.Server, log *slog.Logger) *Broker {
	return newBroker(embedded{s}, log)
}

func newBroker(s site, log *slog.Logger) *Broker {
	return &Broker{site: s, log: log, places: map[string]*place{}, sessions: map[groupID]*session{}}
}

// Close ends every connection and gives back what is in hand.
func (b *Broker) Close() {
	b.mu.Lock()
	sessions := b.sessions
	b.sessions, b.closed = map[groupID]*session{}, true
	b.mu.Unlock()
	for _, s := range sessions {
		s.end(true)
	}
	for _, name := range b.topics() {
		b.leave(name)
	}
	b.site.close()
}

func (b *Broker) topics() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Keys(b.places))
}

// at returns a topic's place.
func (b *Broker) at(ctx context.Context, topic string) (*place, error) {
	if p := b.known(topic); p != nil {
		return p, nil
	}
	p, err := b.connect(topic)
	if err != nil {
		return nil, err
	}
	if err := p.look(ctx); err != nil {
		p.drop()
		return nil, failure("topic "+topic, err)
	}
	return b.keep(topic, p)
}

func (b *Broker) known(topic string) *place {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.places[topic]
}

// keep remembers a place, or returns the one that is remembered meanwhile.
func (b *Broker) keep(topic string, p *place) (*place, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		p.drop()
		return nil, kernel.Errorf(kernel.Unavailable, "the broker is closed")
	}
	if other := b.places[topic]; other != nil && other != p {
		p.drop()
		return other, nil
	}
	b.places[topic] = p
	return p, nil
}

// connect reaches the place of a topic whose stream need not be there.
func (b *Broker) connect(topic string) (*place, error) {
	conn, shared, err := b.site.enter(topic)
	if err != nil {
		return nil, failure("topic "+topic, err)
	}
	p := &place{conn: conn, shared: shared}
	p.stream, _ = b.site.names(topic, "")
	p.js, err = jetstream.New(conn)
	p.changes = p.js
	if prefix := b.site.changes(); err == nil && prefix != "" {
		p.changes, err = jetstream.NewWithAPIPrefix(conn, prefix)
	}
	if err != nil {
		p.drop()
		return nil, failure("topic "+topic, err)
	}
	return p, nil
}

// look asks the stream for its ways.
func (p *place) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	stream, err := p.js.Stream(ctx, p.stream)
	if err != nil {
		return err
	}
	p.learn(stream.CachedInfo().Config)
	return nil
}

func (p *place) learn(c jetstream.StreamConfig) {
	w := ways{limit: int(c.MaxMsgSize), batches: c.AllowAtomicPublish}
	if len(c.Subjects) > 0 {
		w.subject = c.Subjects[0]
	}
	p.ways.Store(&w)
}

func (p *place) drop() {
	if !p.shared {
		p.conn.Close()
	}
}

// leave forgets a topic's place.
func (b *Broker) leave(topic string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p := b.places[topic]; p != nil {
		p.drop()
		delete(b.places, topic)
	}
}
