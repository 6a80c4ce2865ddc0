package brokertest

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func testRead(t *testing.T, f *fixture) {
	places := f.publish(t, 0, "aaa")
	got, err := f.Read(bounded(t), f.topic.Name, places[1], 10)
	must(t, err)
	equal(t, "from the second", ids(got), "1 2")
	if got[0].Token != "" || got[0].Position != places[1] {
		t.Fatalf("%+v", got[0])
	}
	got, err = f.Read(bounded(t), f.topic.Name, broker.Position{Partition: places[0].Partition}, 2)
	must(t, err)
	equal(t, "from the oldest, bounded", ids(got), "0 1")
	end := places[2]
	end.Offset++
	got, err = f.Read(bounded(t), f.topic.Name, end, 10)
	must(t, err)
	equal(t, "past the end", ids(got), "")
	stats, err := f.Stats(bounded(t), f.topic.Name)
	must(t, err)
	if len(stats.Partitions) != f.topic.Partitions || stats.Messages != 3 || stats.Partitions[places[0].Partition].Next != end.Offset {
		t.Fatalf("%+v", stats)
	}
}

func testNotFound(t *testing.T, f *fixture) {
	ctx, none := bounded(t), "acme.shop.dev.none"
	_, published := f.Publish(ctx, none, []broker.Message{{Data: []byte("x")}})
	_, read := f.Read(ctx, none, broker.Position{}, 1)
	_, stats := f.Stats(ctx, none)
	_, fetched := f.Fetch(ctx, f.topic.Name, "none", 1, time.Second)
	_, lag := f.Lag(ctx, f.topic.Name, "none")
	for call, err := range map[string]error{
		"publish": published, "read": read, "stats": stats, "fetch": fetched, "lag": lag,
		"seek":  f.Seek(ctx, f.topic.Name, "none", broker.Start{}),
		"group": f.EnsureGroup(ctx, none, broker.Group{Name: "g", AckWait: time.Second, MaxInFlight: 1}),
	} {
		if !kernel.Is(err, kernel.NotFound) {
			t.Errorf("%s: %v", call, err)
		}
	}
}

func testTooLarge(t *testing.T, f *fixture) {
	small := broker.Message{ID: "small", Type: "t", Data: []byte("x")}
	large := broker.Message{ID: "large", Type: "t", Data: bytes.Repeat([]byte("x"), f.topic.MaxMessage+1)}
	for _, batch := range [][]broker.Message{{large}, {small, large}} {
		if _, err := f.Publish(bounded(t), f.topic.Name, batch); !kernel.Is(err, kernel.TooLarge) {
			t.Errorf("%v", err)
		}
	}
}

func testLifecycle(t *testing.T, f *fixture) {
	f.publish(t, 0, "a")
	f.topic.Retention, f.topic.MaxMessage = 2*time.Hour, 128<<10
	must(t, f.Ensure(bounded(t), f.topic))
	must(t, f.Ensure(bounded(t), f.topic))
	_, err := f.Publish(bounded(t), f.topic.Name, []broker.Message{{Data: bytes.Repeat([]byte("x"), 100<<10)}})
	must(t, err)
	equal(t, "what was there is there", strings.TrimSpace(ids(f.collect(t, 2))), "0")
	must(t, f.Remove(bounded(t), f.topic.Name))
	must(t, f.Remove(bounded(t), f.topic.Name))
	if _, err := f.Stats(bounded(t), f.topic.Name); !kernel.Is(err, kernel.NotFound) {
		t.Fatalf("a removed topic: %v", err)
	}
	must(t, f.Ensure(bounded(t), f.topic))
	f.group(t, broker.Group{})
	f.publish(t, 7, "a")
	equal(t, "made anew", ids(f.collect(t, 1)), "7")
}

func testForeignTokens(t *testing.T, f *fixture) {
	f.group(t, broker.Group{Name: "audit"})
	f.publish(t, 0, "a")
	mine := f.fetch(t, 1)[0]
	for _, token := range []string{"", "x", mine.Token + ".>", "$JS.API.STREAM.DELETE." + f.topic.Name, "0/0/0/0"} {
		if err := f.Ack(bounded(t), f.topic.Name, group, token); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%q: %v", token, err)
		}
	}
	if err := f.Ack(bounded(t), f.topic.Name, "audit", mine.Token); !kernel.Is(err, kernel.Invalid) {
		t.Errorf("a token of another group: %v", err)
	}
}
