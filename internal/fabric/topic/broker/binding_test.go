package broker_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func event() broker.Message {
	return broker.Message{
		ID: "1", Type: "com.acme.order", Key: "Grüße 7", Time: time.Date(2026, 3, 1, 12, 0, 0, 5, time.UTC), Data: []byte(`{"n":1}`),
		Headers: map[string]string{"source": "/shop", "subject": "a \"b\" %", "content-type": "application/json", "X-Trace": "t"},
	}
}

// What one side writes the other side of the same protocol reads.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	plain := broker.Message{Data: []byte("hello"), Key: "k", Headers: map[string]string{"X-Own": "1"}}
	for name, b := range map[string]broker.Binding{"nats": broker.NATS(), "kafka": broker.Kafka()} {
		for _, want := range []broker.Message{event(), plain} {
			headers, err := b.Encode(want)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, b.Decode(headers, want.Data)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
}

func TestHeadersOnTheWire(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		binding broker.Binding
		want    []broker.Header
	}{
		"nats encodes in percents": {broker.NATS(), []broker.Header{
			{"X-Trace", "t"},
			{"ce-id", "1"},
			{"ce-partitionkey", "Gr%C3%BC%C3%9Fe%207"},
			{"ce-source", "/shop"},
			{"ce-specversion", "1.0"},
			{"ce-subject", "a%20%22b%22%20%25"},
			{"ce-time", "2026-03-01T12:00:00.000000005Z"},
			{"ce-type", "com.acme.order"},
			{"content-type", "application/json"},
		}},
		"kafka holds any bytes": {broker.Kafka(), []broker.Header{
			{"X-Trace", "t"},
			{"ce_id", "1"},
			{"ce_partitionkey", "Grüße 7"},
			{"ce_source", "/shop"},
			{"ce_specversion", "1.0"},
			{"ce_subject", "a \"b\" %"},
			{"ce_time", "2026-03-01T12:00:00.000000005Z"},
			{"ce_type", "com.acme.order"},
			{"content-type", "application/json"},
		}},
	} {
		got, err := tc.binding.Encode(event())
		if diff := cmp.Diff(tc.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

func TestWhatNoProtocolCarries(t *testing.T) {
	t.Parallel()
	for reason, h := range map[string]map[string]string{
		"a field as a header":                 {"id": "2"},
		"an instruction to the server":        {"Nats-Rollup": "all"},
		"a header that would be an attribute": {"ce-type": "other"},
		"a line break in a value":             {"X-A": "b\r\nNats-TTL: 1"},
		"a colon in a name":                   {"X:A": "b"},
	} {
		if _, err := broker.NATS().Encode(broker.Message{Headers: h}); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

func TestStructuredMode(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	head := []broker.Header{{"Content-Type", "application/cloudevents+json; charset=utf-8"}}
	for name, tc := range map[string]struct {
		body string
		want broker.Message
	}{
		"json data": {
			`{"specversion":"1.0","id":"1","type":"t","source":"/s","time":"2026-03-01T12:00:00Z","partitionkey":"k","count":3,"data":{"a":1}}`,
			broker.Message{ID: "1", Type: "t", Key: "k", Time: at, Headers: map[string]string{"source": "/s", "count": "3", "content-type": "application/json"}, Data: []byte(`{"a":1}`)},
		},
		"text": {
			`{"specversion":"1.0","id":"1","type":"t","datacontenttype":"text/plain","data":"hi"}`,
			broker.Message{ID: "1", Type: "t", Headers: map[string]string{"content-type": "text/plain"}, Data: []byte("hi")},
		},
		"bytes": {
			`{"specversion":"1.0","id":"1","type":"t","datacontenttype":"image/png","data_base64":"AAE="}`,
			broker.Message{ID: "1", Type: "t", Headers: map[string]string{"content-type": "image/png"}, Data: []byte{0, 1}},
		},
		"no event at all": {
			`[1]`,
			broker.Message{Headers: map[string]string{"content-type": head[0].Value}, Data: []byte(`[1]`)},
		},
	} {
		if diff := cmp.Diff(tc.want, broker.Kafka().Decode(head, []byte(tc.body))); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("content-type", "application/cloudevents+json", `{"type":"t","data":"x"}`)
	f.Add("ce-type", "%zz", "x")
	f.Fuzz(func(t *testing.T, name, value, body string) {
		m := broker.NATS().Decode([]broker.Header{{name, value}}, []byte(body))
		if m.Type == "" {
			return
		}
		headers, err := broker.NATS().Encode(m)
		if err != nil {
			return
		}
		if again := broker.NATS().Decode(headers, m.Data); again.Type != m.Type || again.ID != m.ID || again.Key != m.Key {
			t.Fatalf("%+v became %+v", m, again)
		}
	})
}
