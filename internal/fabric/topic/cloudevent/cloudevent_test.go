package cloudevent_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/cloudevent"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestTheThreeWaysOfHTTP has one event sent as JSON, in a batch, and as headers.
func TestTheThreeWaysOfHTTP(t *testing.T) {
	t.Parallel()
	const one = `{"specversion":"1.0","id":"e1","source":"/shop","type":"shop.order.placed","subject":"o1","time":"2026-01-31T12:00:00Z","partitionkey":"c7","sampled":true,"data":{"id":"o1"}}`
	binary := http.Header{}
	for name, value := range map[string]string{
		"ce-specversion": "1.0", "ce-id": "e1", "ce-source": "/shop", "ce-type": "shop.order.placed", "ce-subject": "o1",
		"ce-time": "2026-01-31T12:00:00Z", "ce-partitionkey": "c7", "ce-sampled": "true", "Content-Type": "application/json",
	} {
		binary.Set(name, value)
	}
	for name, sent := range map[string]struct {
		header http.Header
		body   string
	}{
		"structured": {http.Header{"Content-Type": {"application/cloudevents+json; charset=utf-8"}}, one},
		"batch":      {http.Header{"Content-Type": {cloudevent.Batch}}, "[" + one + "]"},
		"binary":     {binary, `{"id":"o1"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all, err := cloudevent.Parse(sent.header, []byte(sent.body))
			if err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			e := all[0]
			if e.ID != "e1" || e.Type != "shop.order.placed" || e.Key() != "c7" || string(e.Data) != `{"id":"o1"}` || e.Extensions["sampled"] != "true" ||
				!e.Time.Equal(time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)) || e.Problems() != nil {
				t.Errorf("%+v %v", e, e.Problems())
			}
			text, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := cloudevent.Read(text); err != nil || again.ID != e.ID || string(again.Data) != string(e.Data) || again.Extensions["sampled"] != "true" {
				t.Errorf("%s %v", text, err)
			}
		})
	}
}

// TestDataKeepsItsForm has data of each kind written and read again.
func TestDataKeepsItsForm(t *testing.T) {
	t.Parallel()
	for kind, data := range map[string]string{"application/json": `{"a":1.0}`, "text/plain": "hello", "image/png": "\xff\x00", "application/xml": "<a/>"} {
		text, err := json.Marshal(cloudevent.Event{ID: "1", Source: "/", Type: "t", DataContentType: kind, Data: []byte(data)})
		if err != nil {
			t.Fatal(err)
		}
		if e, err := cloudevent.Read(text); err != nil || string(e.Data) != data {
			t.Errorf("%s: %s, %v", kind, text, err)
		}
	}
}

func TestWhatIsNoEvent(t *testing.T) {
	t.Parallel()
	structured := http.Header{"Content-Type": {cloudevent.Structured}}
	for name, sent := range map[string]struct {
		header http.Header
		body   string
	}{
		"plain JSON":        {http.Header{"Content-Type": {"application/json"}}, `{}`},
		"no object":         {structured, `[]`},
		"another version":   {structured, `{"specversion":"0.3"}`},
		"an object in one":  {structured, `{"specversion":"1.0","actor":{}}`},
		"no time":           {structured, `{"specversion":"1.0","time":"today"}`},
		"no base64":         {structured, `{"specversion":"1.0","data_base64":"?"}`},
		"an empty batch":    {http.Header{"Content-Type": {cloudevent.Batch}}, `[]`},
		"a batch too large": {http.Header{"Content-Type": {cloudevent.Batch}}, "[" + strings.Repeat(`{},`, cloudevent.MaxBatch) + "{}]"},
		"no media type":     {http.Header{"Content-Type": {"?/"}}, ``},
	} {
		if _, err := cloudevent.Parse(sent.header, []byte(sent.body)); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	e := cloudevent.Event{Subject: strings.Repeat("x", 2000), Extensions: map[string]string{"Not-A-Name": "x", "line": "a\nb"}}
	var places []string
	for _, p := range e.Problems() {
		places = append(places, p.Path)
	}
	if got := strings.Join(places, " "); got != "id type source subject Not-A-Name line" {
		t.Error(got)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"specversion":"1.0","id":"1","data":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := cloudevent.Read(text)
		if err != nil {
			return
		}
		if _, err := json.Marshal(e); err != nil {
			t.Error(err)
		}
	})
}
