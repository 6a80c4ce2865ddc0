package asyncapi_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/asyncapi"
)

func document() asyncapi.Document {
	messages := []asyncapi.Message{
		{Type: "com.acme.order/made", Version: "1", Description: "An order was made.", Schema: json.RawMessage(`{"type":"object","required":["n"]}`)},
		{Type: "com.acme.note", Version: "2", ContentType: "text/plain"},
	}
	return asyncapi.Document{
		Title: "shop", Version: "1.0.0", Description: "Topics of the shop.",
		Servers: []asyncapi.Server{{Name: "nats", Host: "127.0.0.1:4222", Protocol: "nats"}, {Name: "kafka", Host: "127.0.0.1:9092", Protocol: "kafka-secure"}},
		Topics: []asyncapi.Topic{
			{Name: "orders", Address: "orders.made", Owner: "team-a", Servers: []string{"nats"}, Publish: true, Consume: true, Messages: messages},
			{
				Name: "orders kafka", Address: "acme.shop.dev.orders", Servers: []string{"kafka"}, Kafka: true, Partitions: 3, Replicas: 2,
				Retention: time.Hour, RetentionBytes: 1 << 20, MaxMessage: 1 << 16, Consume: true, Messages: messages[:1],
			},
		},
	}
}

// Whatever a reference names is there.
func TestReferences(t *testing.T) {
	t.Parallel()
	text, err := asyncapi.Render(document())
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	n := 0
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, each := range v {
				walk(each)
			}
		case map[string]any:
			if to, ok := v["$ref"].(string); ok {
				n++
				if at(doc, to) == nil {
					t.Errorf("%s leads nowhere", to)
				}
			}
			for _, each := range v {
				walk(each)
			}
		}
	}
	walk(doc)
	if n != 13 {
		t.Errorf("%d references", n)
	}
}

// at follows a reference, #/a/b, or to a value, /a/b.
func at(doc any, path string) any {
	for part := range strings.SplitSeq(strings.TrimPrefix(strings.TrimPrefix(path, "#"), "/"), "/") {
		o, _ := doc.(map[string]any)
		doc = o[part]
	}
	return doc
}

func TestWhatTheDocumentSays(t *testing.T) {
	t.Parallel()
	text, err := asyncapi.Render(document())
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	message := "/components/messages/orders.com.acme.order-made.1"
	for path, want := range map[string]any{
		"/asyncapi":                                               "3.0.0",
		"/channels/orders/address":                                "orders.made",
		"/operations/publish-orders/action":                       "send",
		"/operations/consume-orders/action":                       "receive",
		"/operations/publish-orders-kafka":                        nil,
		"/channels/orders/bindings":                               nil,
		"/channels/orders-kafka/bindings/kafka/partitions":        3.0,
		"/channels/orders-kafka/bindings/kafka/replicas":          2.0,
		message + "/name":                                         "com.acme.order/made",
		message + "/headers/properties/ce-type/const":             "com.acme.order/made",
		message + "/payload/schema/type":                          "object",
		"/components/messages/orders.com.acme.note.2/contentType": "text/plain",
		"/components/messages/orders.com.acme.note.2/payload":     nil,
	} {
		if got := at(doc, path); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}
