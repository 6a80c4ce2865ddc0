package sink

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

// kafka sends events to a topic, one at a time: every in-sync replica has an
// event before the next is sent.
type kafka struct {
	topic  string
	mode   subscription.Mode
	client *kgo.Client
}

func (s Sinks) kafka(k subscription.Kafka, c subscription.Credentials) (*kafka, error) {
	opts := []kgo.Opt{
		kgo.SeedBrokers(k.Brokers...), kgo.ClientID("terrace"), kgo.Dialer(kafkaDialer(s.Guard, k.TLS)),
		kgo.RequiredAcks(kgo.AllISRAcks()), kgo.ProducerLinger(0), kgo.RecordDeliveryTimeout(defaultTimeout), kgo.RequestRetries(2),
		kgo.DialTimeout(egress.DialTimeout), kgo.RetryTimeout(defaultTimeout), kgo.MaxBufferedRecords(16), kgo.UnknownTopicRetries(1),
		kgo.DisableIdempotentWrite(), kgo.MaxProduceRequestsInflightPerBroker(1),
	}
	switch k.Mechanism {
	case subscription.Plain:
		opts = append(opts, kgo.SASL(plain.Auth{User: k.Username, Pass: c.Password}.AsMechanism()))
	case subscription.ScramSHA256:
		opts = append(opts, kgo.SASL(scram.Auth{User: k.Username, Pass: c.Password}.AsSha256Mechanism()))
	case subscription.ScramSHA512:
		opts = append(opts, kgo.SASL(scram.Auth{User: k.Username, Pass: c.Password}.AsSha512Mechanism()))
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	return &kafka{topic: k.Topic, mode: k.Mode, client: client}, nil
}

// kafkaDialer dials allowed addresses only: those of the seeds and those that
// the cluster tells of.
func kafkaDialer(g egress.Guard, encrypt bool) func(ctx context.Context, network, host string) (net.Conn, error) {
	plain := g.Dialer(!encrypt)
	if !encrypt {
		return plain.DialContext
	}
	return (&tls.Dialer{NetDialer: plain, Config: &tls.Config{MinVersion: tls.VersionTLS12}}).DialContext
}

// Send returns when the topic has the event. Its key is the event's source and
// subject, so that what happens to one thing stays in order.
func (k *kafka) Send(ctx context.Context, e event.Event, body []byte) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, defaultTimeout+2*time.Second)
	defer cancel()
	headers, payload := binding(k.mode, kafkaPrefix, "content-type", e, body)
	record := &kgo.Record{Topic: k.topic, Key: []byte(e.Source + "/" + e.Subject), Value: payload, Timestamp: e.Time}
	for _, p := range headers {
		record.Headers = append(record.Headers, kgo.RecordHeader{Key: p.name, Value: []byte(p.value)})
	}
	stored, err := k.client.ProduceSync(ctx, record).First()
	if errors.Is(err, kerr.UnknownTopicID) { // it was deleted and made anew: the client remembers the old one
		k.client.PurgeTopicsFromClient(k.topic)
		stored, err = k.client.ProduceSync(ctx, record).First()
	}
	if err != nil {
		return "", k.failure(err)
	}
	return fmt.Sprintf("partition %d offset %d", stored.Partition, stored.Offset), nil
}

// failure tells what an error means. What the cluster says of the event or of the topic,
// and no repetition changes, is final; what it does not let this user do is a denial; a
// topic that is not there may just be made; all else, such as a broker that is not there,
// is about the moment.
func (k *kafka) failure(err error) error {
	err = fmt.Errorf("kafka topic %s: %w", k.topic, err)
	said, ok := errors.AsType[*kerr.Error](err)
	switch {
	case !ok:
		return err
	case errors.Is(said, kerr.UnknownTopicOrPartition), errors.Is(said, kerr.UnknownTopicID):
		return &subscription.Rejection{Message: err.Error()}
	case errors.Is(said, kerr.TopicAuthorizationFailed), errors.Is(said, kerr.ClusterAuthorizationFailed):
		return &subscription.Denial{Message: err.Error()}
	case slices.Contains(final(), said):
		return &subscription.Rejection{Message: err.Error(), Final: true}
	default:
		return err
	}
}

// final are the errors that say of an event, or of the topic, that it will not do.
func final() []*kerr.Error {
	return []*kerr.Error{
		kerr.MessageTooLarge, kerr.RecordListTooLarge, kerr.InvalidRecord, kerr.InvalidTimestamp, kerr.InvalidTopicException, kerr.PolicyViolation,
		kerr.UnsupportedForMessageFormat, kerr.UnsupportedCompressionType,
	}
}

// Close ends the connections.
func (k *kafka) Close() { k.client.Close() }
