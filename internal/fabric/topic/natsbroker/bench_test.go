package natsbroker_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/natsbroker"
)

const (
	publishers = 16
	handful    = 100
)

// BenchmarkDelivery takes messages from publish to delivery and acknowledgement, and
// the same number with JetStream's own client on the same server. x-raw is how fast it
// is beside that: 1 is as fast.
func BenchmarkDelivery(b *testing.B) {
	s, ctx := start(b), context.Background()
	topics := natsbroker.Embedded(s, quiet())
	defer topics.Close()
	name := orders().Name
	must(b, topics.Ensure(ctx, broker.Topic{Name: name, Retention: time.Hour}))
	must(b, topics.EnsureGroup(ctx, name, broker.Group{Name: "g", AckWait: time.Minute, MaxInFlight: 1000}))
	must(b, s.Open("acme.shop.dev.raw"))
	conn, err := s.Connect("acme.shop.dev.raw")
	must(b, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	must(b, err)
	changes, err := jetstream.NewWithAPIPrefix(conn, s.Changes())
	must(b, err)
	_, err = changes.CreateStream(ctx, jetstream.StreamConfig{Name: "raw", Subjects: []string{"raw"}, AllowDirect: true, MaxAge: time.Hour})
	must(b, err)
	consumer, err := js.CreateConsumer(ctx, "raw", jetstream.ConsumerConfig{Durable: "g", AckPolicy: jetstream.AckExplicitPolicy, AckWait: time.Minute, MaxAckPending: 1000})
	must(b, err)

	var own, raw time.Duration
	for done := 0; done < b.N; done += 500 { // in turns, so that both see the same machine
		n := min(500, b.N-done)
		raw += timed(func() { deliverRaw(b, js, consumer, n) })
		own += timed(func() { deliver(b, topics, name, n) })
	}
	b.ReportMetric(float64(raw)/float64(own), "x-raw")
	b.ReportMetric(float64(b.N)/own.Seconds(), "messages/s")
}

func timed(work func()) time.Duration {
	began := time.Now()
	work()
	return time.Since(began)
}

// publish has several publish n messages, one at a time each.
func publish(b *testing.B, n int, one func(i int) error) *sync.WaitGroup {
	var wg sync.WaitGroup
	for w := range publishers {
		wg.Go(func() {
			for i := w; i < n; i += publishers {
				if err := one(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	return &wg
}

func deliver(b *testing.B, topics *natsbroker.Broker, name string, n int) {
	ctx, data := context.Background(), make([]byte, 256)
	wg := publish(b, n, func(i int) error {
		_, err := topics.Publish(ctx, name, []broker.Message{{
			ID: fmt.Sprint(i), Type: "order.made", Key: fmt.Sprint("k", i%50), Headers: map[string]string{"source": "/shop"}, Data: data,
		}})
		return err
	})
	for got := 0; got < n; {
		all, err := topics.Fetch(ctx, name, "g", handful, time.Second)
		must(b, err)
		var tokens []string
		for _, d := range all {
			tokens = append(tokens, d.Token)
		}
		must(b, topics.Ack(ctx, name, "g", tokens...))
		got += len(all)
	}
	wg.Wait()
}

func deliverRaw(b *testing.B, js jetstream.JetStream, c jetstream.Consumer, n int) {
	ctx, data := context.Background(), make([]byte, 256)
	wg := publish(b, n, func(i int) error {
		_, err := js.PublishMsg(ctx, &nats.Msg{Subject: "raw", Data: data, Header: nats.Header{
			"ce-specversion": {"1.0"}, "ce-id": {fmt.Sprint(i)}, "ce-type": {"order.made"}, "ce-source": {"/shop"}, "ce-partitionkey": {fmt.Sprint("k", i%50)},
		}})
		return err
	})
	messages, err := c.Messages(jetstream.PullMaxMessages(256))
	must(b, err)
	defer messages.Stop()
	for range n {
		m, err := messages.Next()
		must(b, err)
		must(b, m.Ack())
	}
	wg.Wait()
}
