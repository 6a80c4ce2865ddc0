// Package brokertest holds what every driver of package broker has promised, as a
// test. It owns no driver: a driver's own test calls Run with a way to open it.
package brokertest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
)

// Driver is how a driver is opened, and what it can do.
type Driver struct {
	// Open returns a broker on one and the same server, each time it is called: a
	// process that begins anew.
	Open func(t testing.TB) broker.Broker
	// Partitions is whether a topic can have several.
	Partitions bool
	// Kill ends a broker as a crash does: nothing is given back.
	Kill func(t testing.TB, b broker.Broker)
	// Governs is whether Grant and Revoke make users.
	Governs bool
}

// Run runs the suite. Every test has a topic of its own.
func Run(t *testing.T, d Driver) {
	for name, test := range map[string]func(t *testing.T, f *fixture){
		"what is published comes back as it was":              testRoundTrip,
		"order per key, one after the other":                  testOrderPerKey,
		"what is given back comes again before the later":     testNak,
		"what nobody has seen was not attempted":              testUnseen,
		"what nobody answers to comes again":                  testAckWait,
		"a group goes on where it was":                        testResume,
		"what a process had in hand comes again in order":     testTakeover,
		"each group has its own cursor":                       testGroups,
		"a filter passes over other types":                    testFilter,
		"seek by place and by time":                           testSeek,
		"where a group begins":                                testBegin,
		"lag":                                                 testLag,
		"read without a group":                                testRead,
		"what is not there":                                   testNotFound,
		"what is too large":                                   testTooLarge,
		"a topic is changed, and removed":                     testLifecycle,
		"tokens of others are not taken":                      testForeignTokens,
		"fetching at once from several places, order is kept": testConcurrent,
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			test(t, newFixture(t, d))
		})
	}
}

// fixture is one topic with a group.
type fixture struct {
	driver Driver
	broker.Broker
	topic broker.Topic
}

const group = "billing"

func newFixture(t *testing.T, d Driver) *fixture {
	t.Helper()
	name := strings.ToLower(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' {
			return r
		}
		return -1
	}, t.Name()[strings.LastIndexByte(t.Name(), '/')+1:]))
	f := &fixture{driver: d, topic: broker.Topic{
		Name: "acme.shop.dev." + name, Partitions: 1, Replicas: 1, Retention: time.Hour, RetentionBytes: 64 << 20, MaxMessage: 64 << 10,
	}}
	if d.Partitions {
		f.topic.Partitions = 3
	}
	f.Broker = d.Open(t)
	t.Cleanup(func() { f.Close() })
	must(t, f.Ensure(bounded(t), f.topic))
	f.group(t, broker.Group{})
	return f
}

// group makes the group, with what g leaves out.
func (f *fixture) group(t *testing.T, g broker.Group) {
	t.Helper()
	if g.Name == "" {
		g.Name = group
	}
	if g.AckWait == 0 {
		g.AckWait = time.Minute
	}
	if g.MaxInFlight == 0 {
		g.MaxInFlight = 1000
	}
	must(t, f.EnsureGroup(bounded(t), f.topic.Name, g))
}

func bounded(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// publish publishes messages with the keys, which are letters, as one batch. Their ids
// count from first.
func (f *fixture) publish(t *testing.T, first int, keys string) []broker.Position {
	t.Helper()
	all := make([]broker.Message, len(keys))
	for i, key := range keys {
		all[i] = broker.Message{ID: fmt.Sprint(first + i), Type: "order." + string(key), Key: string(key), Data: []byte("x"), Headers: map[string]string{"source": "/test"}}
	}
	places, err := f.Publish(bounded(t), f.topic.Name, all)
	must(t, err)
	return places
}

// fetch returns what comes next, at least one message.
func (f *fixture) fetch(t *testing.T, limit int) []broker.Delivery {
	t.Helper()
	return f.fetchOf(t, group, limit)
}

func (f *fixture) fetchOf(t *testing.T, group string, limit int) []broker.Delivery {
	t.Helper()
	all, err := f.Fetch(bounded(t), f.topic.Name, group, limit, 30*time.Second)
	must(t, err)
	if len(all) == 0 || len(all) > limit {
		t.Fatalf("%d messages came, want 1 to %d", len(all), limit)
	}
	return all
}

// collect has the next n messages out at once. Of one key they come together only if
// the server sent them in time; else they are given back for another try.
func (f *fixture) collect(t *testing.T, n int) []broker.Delivery {
	t.Helper()
	for {
		all := f.fetch(t, n)
		if len(all) == n {
			return all
		}
		must(t, f.Nak(bounded(t), f.topic.Name, group, 0, tokens(all)...))
	}
}

// drain fetches and acknowledges n messages.
func (f *fixture) drain(t *testing.T, n int) []broker.Delivery {
	t.Helper()
	var all []broker.Delivery
	for len(all) < n {
		next := f.fetch(t, n-len(all))
		f.ack(t, next...)
		all = append(all, next...)
	}
	return all
}

// nothing sees that nothing is handed out.
func (f *fixture) nothing(t *testing.T, when string) {
	t.Helper()
	all, err := f.Fetch(bounded(t), f.topic.Name, group, 10, 300*time.Millisecond)
	must(t, err)
	if len(all) > 0 {
		t.Fatalf("%s: %s came", when, ids(all))
	}
}

func (f *fixture) ack(t *testing.T, all ...broker.Delivery) {
	t.Helper()
	must(t, f.Ack(bounded(t), f.topic.Name, group, tokens(all)...))
}

func tokens(all []broker.Delivery) (tokens []string) {
	for _, d := range all {
		tokens = append(tokens, d.Token)
	}
	return tokens
}

func ids(all []broker.Delivery) string {
	var ids []string
	for _, d := range all {
		ids = append(ids, d.ID)
	}
	return strings.Join(ids, " ")
}

// ofKey returns the ids of one key, in order.
func ofKey(all []broker.Delivery, key string) string {
	var some []broker.Delivery
	for _, d := range all {
		if d.Key == key {
			some = append(some, d)
		}
	}
	return ids(some)
}

func equal(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: got %q, want %q", what, got, want)
	}
}
