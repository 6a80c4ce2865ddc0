package topic_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/cloudevent"
	"github.com/terrace-idp/terrace/internal/fabric/topic/schema"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const orderSchema = `{"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "total": {"type": "number"}}}`

// TestEventsAreHeldAgainstTheirSchemas has what each kind of validation does with each event.
func TestEventsAreHeldAgainstTheirSchemas(t *testing.T) {
	t.Parallel()
	w := sqlite(t)
	for _, v := range topicdoc.Validations() {
		name := "orders-" + string(v)
		w.topic(t, name, topic.Settings{Validation: v})
		w.schema(t, name, "shop.order.placed", orderSchema)
		other := placed("e3", "o1", `{}`)
		other.Type = "shop.order.lost"
		for reason, tc := range map[string]struct {
			event cloudevent.Event
			wrong bool
		}{
			"as the schema says":        {placed("e1", "o1", `{"id": "o1"}`), false},
			"data that breaks it":       {placed("e2", "o1", `{"total": "much"}`), true},
			"a type without a schema":   {other, true},
			"no JSON":                   {cloudevent.Event{ID: "e4", Source: "/", Type: "shop.order.placed", DataContentType: "text/plain", Data: []byte("x")}, true},
			"a version there is":        {cloudevent.Event{ID: "e5", Source: "/", Type: "shop.order.placed", DataSchema: "https://terrace.example/api/v1/projects/shop/topics/" + name + "/schemas/shop.order.placed/1", Data: []byte(`{"id": "o1"}`)}, false},
			"a version that is to come": {cloudevent.Event{ID: "e6", Source: "/", Type: "shop.order.placed", DataSchema: "https://terrace.example/api/v1/projects/shop/topics/" + name + "/schemas/shop.order.placed/2", Data: []byte(`{"id": "o1"}`)}, true},
		} {
			done, err := w.Publish(w.ctx, dev(), name, []cloudevent.Event{tc.event})
			refused := tc.wrong && v == topic.Reject
			if kernel.Is(err, kernel.Invalid) != refused || err != nil && !refused {
				t.Errorf("%s, %s: %v", v, reason, err)
			}
			if err == nil && (done[0].Problem != "") != (tc.wrong && v == topic.Flag) {
				t.Errorf("%s, %s: %+v", v, reason, done)
			}
		}
	}
}

// TestABatchIsKeptWholeOrNotAtAll, and what is kept names the schema that it was held against.
func TestABatchIsKeptWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	w := sqlite(t)
	w.topic(t, "orders", topic.Settings{})
	w.schema(t, "orders", "shop.order.placed", orderSchema)
	_, err := w.Publish(w.ctx, dev(), "orders", []cloudevent.Event{placed("e1", "o1", `{"id": "o1"}`), placed("e2", "o1", `{}`)})
	if !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), "1.data") {
		t.Fatalf("%v", err)
	}
	w.publish(t, "orders", placed("e3", "o1", `{"id": "o1"}`))
	all, err := w.Peek(w.ctx, dev(), "orders", 0, 0, 10)
	if err != nil || len(all) != 1 || all[0].Event.ID != "e3" || !strings.HasSuffix(all[0].Event.DataSchema, "/schemas/shop.order.placed/1") {
		t.Errorf("%+v %v", all, err)
	}
	if _, err := w.Publish(w.ctx, dev(), "orders", []cloudevent.Event{placed("e4", "o1", `{"id":"`+strings.Repeat("x", topicdoc.DefaultMessage)+`"}`)}); !kernel.Is(err, kernel.TooLarge) {
		t.Errorf("too large: %v", err)
	}
}

// TestAVersionThatBreaksIsRefused, with a report of what breaks and for whom.
func TestAVersionThatBreaksIsRefused(t *testing.T) {
	t.Parallel()
	w := sqlite(t)
	w.topic(t, "orders", topic.Settings{Compatibility: schema.Full})
	w.schema(t, "orders", "shop.order.placed", orderSchema)
	breaking := topic.EventSchema{Type: "shop.order.placed", Schema: []byte(`{"type": "object", "required": ["id", "total"], "properties": {"id": {"type": "integer"}, "total": {"type": "number"}}}`)}
	told, err := w.Register(w.ctx, dev(), "orders", breaking, true)
	if err != nil || told.Former != 1 || len(told.Breaks) != 3 {
		t.Fatalf("%+v %v", told, err)
	}
	if _, err := w.Register(w.ctx, dev(), "orders", breaking, false); !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "/total") {
		t.Errorf("%v", err)
	}
	again, err := w.Register(w.ctx, dev(), "orders", topic.EventSchema{Type: "shop.order.placed", Schema: []byte(strings.ReplaceAll(orderSchema, " ", "\n"))}, false)
	if err != nil || again.New || again.Version != 1 {
		t.Errorf("the same schema: %+v %v", again, err)
	}
	next, err := w.Register(w.ctx, dev(), "orders", topic.EventSchema{Type: "shop.order.placed", Schema: []byte(strings.Replace(orderSchema, `"total"`, `"note": {"type": "string"}, "total"`, 1))}, false)
	if err != nil || next.Version != 2 {
		t.Errorf("a compatible one: %+v %v", next, err)
	}
	if got := w.journal.types()["topic-schema.registered"]; got != 2 {
		t.Errorf("%d facts", got)
	}
}

func TestTopicsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := sqlite(t)
	for reason, tc := range map[string]struct {
		name string
		s    topic.Settings
	}{
		"a name with a dot":      {"a.b", topic.Settings{}},
		"a subject with a star":  {"a", topic.Settings{Subject: "a.*"}},
		"kept for a second":      {"a", topic.Settings{RetentionSeconds: 1}},
		"a size of nothing much": {"a", topic.Settings{RetentionBytes: 10}},
		"a rule there is not":    {"a", topic.Settings{Compatibility: "some"}},
		"too many partitions":    {"a", topic.Settings{Partitions: 1000}},
	} {
		if _, err := w.Apply(w.ctx, dev(), tc.name, tc.s); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

// TestTheTopicOfAResource is changed by its deployment alone, and its user has another password
// from then on.
func TestTheTopicOfAResource(t *testing.T) {
	t.Parallel()
	w := sqlite(t)
	made, err := w.Provide(w.ctx, dev(), "orders", topic.Settings{Subject: "shop.dev.orders", RetentionSeconds: 3600}, "0123456789abcdef")
	if err != nil || made.Account() != "acme.shop.dev.orders" {
		t.Fatal(made, err)
	}
	if _, err := w.Apply(w.ctx, dev(), "orders", topic.Settings{}); !kernel.Is(err, kernel.Refused) {
		t.Errorf("apply: %v", err)
	}
	if err := w.Delete(w.ctx, dev(), "orders"); !kernel.Is(err, kernel.Refused) {
		t.Errorf("delete: %v", err)
	}
	signsIn(t, w, made.Account(), "0123456789abcdef", true)
	if _, err := w.Provide(w.ctx, dev(), "orders", topic.Settings{Subject: "shop.dev.orders", RetentionSeconds: 7200}, "fedcba9876543210"); err != nil {
		t.Fatal(err)
	}
	signsIn(t, w, made.Account(), "0123456789abcdef", false)
	signsIn(t, w, made.Account(), "fedcba9876543210", true)
	for range 2 {
		if err := w.Withdraw(w.ctx, dev(), "orders"); err != nil {
			t.Fatal(err)
		}
	}
	signsIn(t, w, made.Account(), "fedcba9876543210", false)
}
