package topicdoc_test

import (
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/cloudevent"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const orders = `topic: orders
stage: dev
owner: team-orders
retention: 14d
compatibility: full
events:
  shop.order.placed:
    description: Somebody has ordered.
    schema:
      type: object
      required: [id]
      properties:
        id: {type: string}
        total: {type: number, minimum: 0}
    examples:
      - {id: o1, total: 12.5}
`

func read(t *testing.T, text string) topicdoc.Document {
	t.Helper()
	d, err := topicdoc.Read("orders.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestADocumentIsRead(t *testing.T) {
	t.Parallel()
	d := read(t, orders)
	if d.Name != "orders" || d.Stage != "dev" || d.Retention() != 14*24*time.Hour || len(d.Events) != 1 || d.Events[0].Description == "" {
		t.Errorf("%+v", d)
	}
}

// TestMistakesAreToldAtTheirPlace has the place of each as line:column.
func TestMistakesAreToldAtTheirPlace(t *testing.T) {
	t.Parallel()
	for reason, tc := range map[string]struct{ from, to, at string }{
		"an example that breaks":   {"total: 12.5", "total: -1", "orders.yaml:16:"},
		"a schema of no type":      {"{type: string}", "{type: text}", "orders.yaml:13:"},
		"a time too short":         {"14d", "1s", "orders.yaml:4:12"},
		"a key there is not":       {"owner:", "ownr:", "orders.yaml:3:1"},
		"a rule there is not":      {"compatibility: full", "compatibility: some", "orders.yaml:5:"},
		"a type that is no type":   {"shop.order.placed:", "shop order:", "orders.yaml:7:3"},
		"no name":                  {"topic: orders", "description: x", "orders.yaml:1:1"},
		"a name that nothing has":  {"topic: orders", "topic: a.b", "orders.yaml:1:"},
		"a file that is elsewhere": {"{type: string}", "{$ref: \"file:///etc/passwd\"}", "outside of it"},
	} {
		_, err := topicdoc.Read("orders.yaml", []byte(strings.Replace(orders, tc.from, tc.to, 1)))
		if !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), tc.at) {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

func TestWhatAnEventAndAnEarlierDocumentLack(t *testing.T) {
	t.Parallel()
	d := read(t, orders)
	good := cloudevent.Event{ID: "1", Source: "/shop", Type: "shop.order.placed", Data: []byte(`{"id":"o1"}`)}
	if problems := d.Hold(good); problems != nil {
		t.Errorf("%v", problems)
	}
	bad := good
	bad.Data = []byte(`{"id":1}`)
	if problems := d.Hold(bad); len(problems) != 1 || problems[0].Path != "data/id" {
		t.Errorf("%v", problems)
	}
	bad.Type = "shop.order.lost"
	if problems := d.Hold(bad); len(problems) != 1 || problems[0].Path != "type" {
		t.Errorf("%v", problems)
	}
	next := read(t, strings.Replace(orders, "required: [id]", "required: [id, total]", 1))
	breaks, err := next.Differences(d)
	if err != nil || len(breaks["shop.order.placed"]) != 1 || breaks["shop.order.placed"][0].Path != "/total" {
		t.Errorf("%+v %v", breaks, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(orders))
	f.Fuzz(func(_ *testing.T, text []byte) { _, _ = topicdoc.Read("f", text) })
}
