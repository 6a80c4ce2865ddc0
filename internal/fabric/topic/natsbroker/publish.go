package natsbroker

import (
	"context"
	"crypto/rand"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a batch that a stream takes whole.
const (
	batchMessages = 256
	batchBytes    = 4 << 20
)

// Publish puts messages into the stream. More than one go as batches that are taken
// whole or not at all: a connection that breaks in between would lose one, and keep a
// later one of its key.
func (b *Broker) Publish(ctx context.Context, topic string, messages []broker.Message) ([]broker.Position, error) {
	p, err := b.at(ctx, topic)
	if err != nil {
		return nil, err
	}
	all, err := p.encode(messages)
	if err != nil {
		return nil, err
	}
	var places []broker.Position
	for len(all) > 0 {
		n := batchOf(all)
		done, err := p.publish(ctx, all[:n])
		places = append(places, done...)
		if err != nil {
			return places, failure("publish to topic "+topic, err)
		}
		all = all[n:]
	}
	return places, nil
}

// known are the ways of a stream that there is.
func (p *place) known() (*ways, error) {
	w := p.ways.Load()
	if w == nil {
		return nil, kernel.Errorf(kernel.Unavailable, "the topic is not made yet").WithFix("apply its document once its broker answers, see terrace topic brokers")
	}
	return w, nil
}

func (p *place) encode(messages []broker.Message) ([]*nats.Msg, error) {
	ways, err := p.known()
	if err != nil {
		return nil, err
	}
	all := make([]*nats.Msg, len(messages))
	for i, m := range messages {
		headers, err := broker.NATS().Encode(m)
		if err != nil {
			return nil, err
		}
		out := &nats.Msg{Subject: ways.subject, Data: m.Data, Header: make(nats.Header, len(headers)+1)}
		for _, h := range headers {
			out.Header[h.Name] = []string{h.Value}
		}
		if m.Once != "" {
			out.Header[nats.MsgIdHdr] = []string{m.Once}
		}
		if size := sizeOf(out); ways.limit > 0 && size > ways.limit {
			return nil, kernel.Errorf(kernel.TooLarge, "a message of %d bytes is over the topic's bound of %d", size, ways.limit)
		}
		all[i] = out
	}
	return all, nil
}

// sizeOf is what the server counts: the headers as they are sent, and the data.
func sizeOf(m *nats.Msg) int {
	n := len(m.Data)
	if len(m.Header) > 0 {
		n += len("NATS/1.0\r\n\r\n")
	}
	for name, values := range m.Header {
		n += len(name) + len(values[0]) + len(": \r\n")
	}
	return n
}

// batchOf is how many messages make the next batch.
func batchOf(all []*nats.Msg) int {
	bytes := 0
	for i, m := range all {
		bytes += sizeOf(m)
		if i > 0 && (i == batchMessages || bytes > batchBytes) {
			return i
		}
	}
	return len(all)
}

func (p *place) publish(ctx context.Context, batch []*nats.Msg) ([]broker.Position, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if len(batch) == 1 || !p.ways.Load().batches {
		return p.oneByOne(ctx, batch)
	}
	places, err := p.whole(ctx, batch)
	if hasCode(err, batchIncomplete) { // another process may have changed the stream's bound
		_ = p.look(ctx)
	}
	if hasCode(err, batchHasDuplicates) {
		for _, m := range batch {
			m.Header.Del("Nats-Batch-Id")
			m.Header.Del("Nats-Batch-Sequence")
			m.Header.Del("Nats-Batch-Commit")
		}
		return p.oneByOne(ctx, batch)
	}
	return places, err
}

func (p *place) oneByOne(ctx context.Context, batch []*nats.Msg) ([]broker.Position, error) {
	var places []broker.Position
	for _, m := range batch {
		ack, err := p.js.PublishMsg(ctx, m)
		if err != nil {
			return places, err
		}
		places = append(places, broker.Position{Offset: ack.Sequence})
	}
	return places, nil
}

// whole publishes an atomic batch: the server answers the last message only.
func (p *place) whole(ctx context.Context, batch []*nats.Msg) ([]broker.Position, error) {
	id, last := rand.Text(), len(batch)-1
	var ack *jetstream.PubAck
	for i, m := range batch {
		m.Header["Nats-Batch-Id"] = []string{id}
		m.Header["Nats-Batch-Sequence"] = []string{strconv.Itoa(i + 1)}
		if i < last {
			if err := p.conn.PublishMsg(m); err != nil {
				return nil, err
			}
			continue
		}
		m.Header["Nats-Batch-Commit"] = []string{"1"}
		var err error
		if ack, err = p.js.PublishMsg(ctx, m); err != nil {
			return nil, err
		}
	}
	places := make([]broker.Position, len(batch))
	for i := range places {
		places[i].Offset = ack.Sequence - uint64(last-i)
	}
	return places, nil
}
