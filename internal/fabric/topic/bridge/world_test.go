package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/terrace-idp/terrace/internal/fabric/topic/bridge"
	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/kafkabroker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/natsbroker"
)

const keys = 5

// world is a NATS server, a fake of a Kafka cluster (kfake), and a process that is
// connected to both.
type world struct {
	t           *testing.T
	ctx         context.Context //nolint:containedctx // the life of one test
	nats, kafka bridge.End
	server      *server.Server
	dir         string
	cluster     *kfake.Cluster
	gate        *gate
	running     sync.WaitGroup
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	w := &world{t: t, ctx: ctx, dir: t.TempDir(), gate: &gate{open: true, conns: map[net.Conn]bool{}}}
	w.serve(-1)
	var err error
	w.cluster, err = kfake.NewCluster(kfake.NumBrokers(1))
	must(t, err)
	t.Cleanup(func() {
		cancel()
		w.running.Wait()
		w.leave()
		w.cluster.Close()
		w.server.Shutdown()
		w.server.WaitForShutdown()
	})
	w.join()
	topic := broker.Topic{Name: "acme.shop.dev.orders", Partitions: 1, Replicas: 1, Retention: time.Hour, MaxMessage: 64 << 10}
	must(t, w.nats.Broker.Ensure(ctx, topic))
	topic.Partitions, topic.MaxMessage = 3, 256<<10
	must(t, w.kafka.Broker.Ensure(ctx, topic))
	return w
}

// serve starts the NATS server.
func (w *world) serve(port int) {
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: w.dir, NoSigs: true, NoLog: true})
	if err != nil {
		w.t.Error(err)
		return
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		w.t.Error("the server did not start")
	}
	w.server = s
}

// join connects a process.
func (w *world) join() {
	n, err := natsbroker.External(natsbroker.Cluster{URL: w.server.ClientURL()}, quiet())
	must(w.t, err)
	k, err := kafkabroker.New(kafkabroker.Cluster{Brokers: w.cluster.ListenAddrs(), Timeout: time.Second, Dial: w.gate.dial}, quiet())
	must(w.t, err)
	w.nats = bridge.End{Name: "nats/acme.shop.dev.orders", Topic: "acme.shop.dev.orders", Broker: n}
	w.kafka = bridge.End{Name: "kafka/acme.shop.dev.orders", Topic: "acme.shop.dev.orders", Broker: k}
}

func (w *world) leave() {
	w.nats.Broker.Close()
	w.kafka.Broker.Close()
}

func (w *world) reopen() {
	w.leave()
	w.join()
}

func (w *world) atNATS() bridge.End { return w.nats }

func (w *world) atKafka() bridge.End { return w.kafka }

func (w *world) bridge(from, to bridge.End) *bridge.Bridge {
	must(w.t, from.Broker.EnsureGroup(w.ctx, from.Topic, broker.Group{Name: "bridge", AckWait: 30 * time.Second, MaxInFlight: 1024}))
	return &bridge.Bridge{Name: "bridge", Wait: 200 * time.Millisecond, From: from, To: to, Log: quiet(), Pause: func(ctx context.Context, _ time.Duration) error { return breathe(ctx) }}
}

// breathe keeps a bridge that has no real pauses from taking the processor for itself.
func breathe(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(10 * time.Millisecond):
		return nil
	}
}

func (w *world) start(b *bridge.Bridge) {
	w.running.Go(func() {
		if err := b.Run(w.ctx); !errors.Is(err, context.Canceled) {
			w.t.Error(err)
		}
	})
}

// publish publishes n messages whose ids count from first, each on its own, until the
// broker has it.
func (w *world) publish(e bridge.End, first, n int) {
	w.t.Helper()
	for i := first; i < first+n; i++ {
		m := broker.Message{ID: strconv.Itoa(i), Type: "t", Key: fmt.Sprint(e.Name, i%keys), Headers: map[string]string{"source": "/test"}, Data: []byte("x"), Once: fmt.Sprint(i)}
		w.until("it is published", func() bool {
			_, err := e.Broker.Publish(w.ctx, e.Topic, []broker.Message{m})
			return err == nil
		})
	}
}

func (w *world) until(what string, holds func() bool) {
	w.t.Helper()
	for !holds() {
		select {
		case <-w.ctx.Done():
			w.t.Fatal("not: " + what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// read returns all messages of a topic, by partition.
func (w *world) read(e bridge.End) []broker.Delivery {
	w.t.Helper()
	var all []broker.Delivery
	stats, err := e.Broker.Stats(w.ctx, e.Topic)
	must(w.t, err)
	for p := range stats.Partitions {
		some, err := e.Broker.Read(w.ctx, e.Topic, broker.Position{Partition: p}, 10000)
		must(w.t, err)
		all = append(all, some...)
	}
	return all
}

// distinct is how many different messages a topic has.
func (w *world) distinct(e bridge.End) int {
	w.t.Helper()
	seen := map[string]bool{}
	for _, d := range w.read(e) {
		seen[d.ID] = true
	}
	return len(seen)
}

// check sees that a topic has the messages 0 to n, those of each key in order of their
// first arrival. It returns how many are there again.
func (w *world) check(e bridge.End, n int) (again int) {
	w.t.Helper()
	seen, last := map[string]bool{}, map[string]int{}
	for _, d := range w.read(e) {
		if seen[d.ID] {
			again++
			continue
		}
		seen[d.ID] = true
		id, err := strconv.Atoi(d.ID)
		must(w.t, err)
		if before, ok := last[d.Key]; ok && id < before {
			w.t.Errorf("%s: %d came after %d of the key %s", e.Name, id, before, d.Key)
		}
		last[d.Key] = id
	}
	for i := range n {
		if !seen[strconv.Itoa(i)] {
			w.t.Errorf("%s: %d is lost", e.Name, i)
		}
	}
	return again
}

// outage takes a broker away and brings it back.
type outage struct {
	name       string
	begin, end func()
}

func (w *world) kafkaOutage() outage {
	return outage{w.kafka.Name, w.gate.shut, w.gate.unlock}
}

func (w *world) natsOutage() outage {
	port := w.server.Addr().(*net.TCPAddr).Port
	return outage{w.nats.Name, func() {
		w.server.Shutdown()
		w.server.WaitForShutdown()
	}, func() { w.serve(port) }}
}

// gate is the network between the process and the Kafka cluster.
type gate struct {
	mu    sync.Mutex
	open  bool
	conns map[net.Conn]bool
}

func (g *gate) dial(ctx context.Context, network, address string) (net.Conn, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.open {
		return nil, errors.New("the network is down")
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err == nil {
		g.conns[conn] = true
	}
	return conn, err
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = false
	for conn := range g.conns {
		_ = conn.Close()
	}
	clear(g.conns)
}

func (g *gate) unlock() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = true
}
