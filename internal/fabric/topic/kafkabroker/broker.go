package kafkabroker

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// callTimeout bounds one call to the cluster, where it does not say otherwise.
const callTimeout = 10 * time.Second

// Mechanism is how the broker signs in (RFC 4616, RFC 5802).
type Mechanism string

// The mechanisms.
const (
	None        Mechanism = ""
	Plain       Mechanism = "PLAIN"
	ScramSHA256 Mechanism = "SCRAM-SHA-256"
	ScramSHA512 Mechanism = "SCRAM-SHA-512"
)

// Cluster is a Kafka cluster.
type Cluster struct {
	// Brokers are host:port, of one or more of its servers.
	Brokers []string
	// TLS is nil for none.
	TLS *tls.Config
	// Mechanism, with Username and Password, signs in.
	Mechanism          Mechanism
	Username, Password string
	// Timeout bounds one call; 0 is 10 seconds.
	Timeout time.Duration
	// Dial opens connections, before TLS; nil is the network's own way.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Broker is a broker.Broker on Kafka.
type Broker struct {
	cluster Cluster
	client  *kgo.Client
	admin   *kadm.Client
	log     *slog.Logger

	mu       sync.Mutex
	producer *kgo.Client
	limits   map[string]bound
	groups   map[groupID]broker.Group
	sessions map[groupID]*session
	closed   bool
}

var _ broker.Broker = (*Broker)(nil)

// groupID names a group of a topic.
type groupID struct{ topic, group string }

// String is the group's name in the cluster, where groups are not of a topic.
func (g groupID) String() string { return g.topic + "." + g.group }

func (g groupID) what() string { return "group " + g.group + " of topic " + g.topic }

// New returns the broker of a cluster. It need not be there yet.
func New(c Cluster, log *slog.Logger) (*Broker, error) {
	if c.Timeout == 0 {
		c.Timeout = callTimeout
	}
	b := &Broker{cluster: c, log: log, limits: map[string]bound{}, groups: map[groupID]broker.Group{}, sessions: map[groupID]*session{}}
	client, err := b.connect()
	if err != nil {
		return nil, err
	}
	b.client, b.admin = client, kadm.NewClient(client)
	if err := b.renew(); err != nil {
		return nil, err
	}
	return b, nil
}

// renew has another client produce from now on. A client keeps for each topic the bound
// that it was told first; and to have it forget a topic that is still there would be to
// count from 0 again under the same name, so that the cluster took what comes then for
// what it has had.
func (b *Broker) renew() error {
	next, err := b.connect(
		kgo.RequiredAcks(kgo.AllISRAcks()), kgo.ProducerLinger(0), kgo.RecordDeliveryTimeout(b.cluster.Timeout), kgo.UnknownTopicRetries(1),
		kgo.AllowIdempotentProduceCancellation(), // a caller learns in time that a server is away, and may publish twice
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)), kgo.ProducerBatchMaxBytesFn(b.batchLimit),
	)
	if err != nil {
		return err
	}
	b.mu.Lock()
	before := b.producer
	b.producer = next
	b.mu.Unlock()
	if before != nil {
		go retire(before)
	}
	return nil
}

// retire ends a client when what was given to it is sent.
func retire(c *kgo.Client) {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	_ = c.Flush(ctx) // who waits for the rest learns that it was not sent
	c.Close()
}

func (b *Broker) producing() *kgo.Client {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.producer
}

// connect returns a client of the cluster.
func (b *Broker) connect(more ...kgo.Opt) (*kgo.Client, error) {
	options := []kgo.Opt{
		kgo.SeedBrokers(b.cluster.Brokers...), kgo.ClientID("terrace"), kgo.DialTimeout(b.cluster.Timeout), kgo.RetryTimeout(b.cluster.Timeout),
		kgo.MetadataMinAge(100 * time.Millisecond), kgo.Dialer(b.dialer()),
	}
	switch b.cluster.Mechanism {
	case None:
	case Plain:
		options = append(options, kgo.SASL(plain.Auth{User: b.cluster.Username, Pass: b.cluster.Password}.AsMechanism()))
	case ScramSHA256:
		options = append(options, kgo.SASL(scram.Auth{User: b.cluster.Username, Pass: b.cluster.Password}.AsSha256Mechanism()))
	case ScramSHA512:
		options = append(options, kgo.SASL(scram.Auth{User: b.cluster.Username, Pass: b.cluster.Password}.AsSha512Mechanism()))
	default:
		return nil, kernel.Errorf(kernel.Invalid, "there is no SASL mechanism %q", b.cluster.Mechanism).WithFix("use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")
	}
	client, err := kgo.NewClient(append(options, more...)...)
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the Kafka cluster: %w", err)
	}
	return client, nil
}

func (b *Broker) dialer() func(ctx context.Context, network, address string) (net.Conn, error) {
	dial := b.cluster.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: b.cluster.Timeout}).DialContext
	}
	if b.cluster.TLS == nil {
		return dial
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		plain, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		config := b.cluster.TLS.Clone()
		if config.ServerName == "" {
			if config.ServerName, _, err = net.SplitHostPort(address); err != nil {
				_ = plain.Close()
				return nil, fmt.Errorf("dial %s: %w", address, err)
			}
		}
		conn := tls.Client(plain, config)
		if err := conn.HandshakeContext(ctx); err != nil {
			_ = plain.Close()
			return nil, fmt.Errorf("dial %s: %w", address, err)
		}
		return conn, nil
	}
}

// Ping is Unavailable while no server of the cluster answers.
func (b *Broker) Ping(ctx context.Context) error {
	return failure("the Kafka cluster", b.client.Ping(ctx))
}

// Close leaves every group, so that others get what is in hand, and ends the
// connections.
func (b *Broker) Close() {
	b.mu.Lock()
	sessions := b.sessions
	b.sessions, b.closed = map[groupID]*session{}, true
	b.mu.Unlock()
	for _, s := range sessions {
		s.end()
	}
	b.producing().Close()
	b.client.Close()
}
