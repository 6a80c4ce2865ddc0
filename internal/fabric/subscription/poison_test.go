package subscription_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// publishText puts an event of the run into the log that is as long as the text.
func (w *world) publishText(t testing.TB, run, text string) string {
	t.Helper()
	ctx := context.Background()
	e, err := w.log.Make(ctx, kernel.Fact{Type: "run.failed", Scope: shop.InStage("dev"), Subject: run, Data: map[string]any{"text": text}})
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.log.Store.Add(ctx, []event.Entry{{ID: e.ID, Tenant: e.Tenant, Fact: "run.failed", Project: e.Project, Stage: e.Stage, Body: body}}, e.Time); err != nil {
		t.Fatal(err)
	}
	if err := w.log.Order(ctx); err != nil {
		t.Fatal(err)
	}
	return e.ID
}

// noise is text that no compression makes shorter than it may be.
func noise(length int) string {
	var text strings.Builder
	for text.Len() < length {
		text.WriteString(rand.Text())
	}
	return text.String()
}

func (w *world) subscribeKafka(t testing.TB, cluster *kfake.Cluster, topic string) {
	t.Helper()
	sink := subscription.Sink{Kafka: &subscription.Kafka{Brokers: cluster.ListenAddrs(), Topic: topic}}
	if _, err := w.Create(asAdmin(), shop, subscription.Spec{Name: "lake", Sink: sink}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) delivery(t testing.TB, id string) (d subscription.Delivery, found bool) {
	t.Helper()
	page, err := w.ListDeliveries(asAdmin(), shop, "lake", "", kernel.PageRequest{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(page.Items, func(d subscription.Delivery) bool { return d.Event == id })
	if at < 0 {
		return d, false
	}
	return page.Items[at], true
}

// TestAnEventThatIsTooLargeHoldsNobodyBack: it is put aside at the first attempt, with
// what the cluster said, and the others arrive in the order of their keys.
func TestAnEventThatIsTooLargeHoldsNobodyBack(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "changes"), kfake.BrokerConfigs(map[string]string{"message.max.bytes": "20000"}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	w := newWorld(t, dbtest.SQLite(t, sets()...))
	w.subscribeKafka(t, cluster, "changes")
	want := map[string][]string{"run_1": {w.publishText(t, "run_1", "before")}}
	poison := w.publishText(t, "run_1", noise(30_000))
	for range 5 {
		for _, run := range []string{"run_1", "run_2"} {
			want[run] = append(want[run], w.publishText(t, run, "after"))
		}
	}
	w.run(t)
	eventually(t, "the others are delivered", func() bool { return w.count(t, "lake", subscription.Delivered) == 11 })
	d, found := w.delivery(t, poison)
	if !found || d.Status != subscription.Dead || d.Attempts != 1 || !strings.Contains(d.Problem, "MESSAGE_TOO_LARGE") {
		t.Errorf("the one that is too large: %+v", d)
	}
	if !w.journal.has("subscription.dead_lettered") {
		t.Error("there is no fact of it")
	}
	got := map[string][]string{}
	for _, r := range arrived(t, cluster, 11) {
		var e event.Event
		if err := json.Unmarshal(r.Value, &e); err != nil {
			t.Fatal(err)
		}
		got[e.Subject] = append(got[e.Subject], e.ID)
	}
	for run, ids := range want {
		if !slices.Equal(got[run], ids) {
			t.Errorf("of %s came %v, want %v", run, got[run], ids)
		}
	}
}

func arrived(t testing.TB, cluster *kfake.Cluster, n int) (all []*kgo.Record) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ConsumeTopics("changes"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for len(all) < n {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			t.Fatal(err)
		}
		all = append(all, fetches.Records()...)
	}
	return all
}

// TestATopicThatIsNotThereIsTriedForAWhile: it may just be made, so the event is tried
// again, but not for long.
func TestATopicThatIsNotThereIsTriedForAWhile(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "changes"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	w := newWorld(t, dbtest.SQLite(t, sets()...))
	w.subscribeKafka(t, cluster, "another")
	id := w.publishText(t, "run_1", "text")
	w.run(t)
	eventually(t, "it is put aside", func() bool { d, _ := w.delivery(t, id); return d.Status == subscription.Dead })
	if d, _ := w.delivery(t, id); d.Attempts < 2 || d.Attempts > subscription.MaxAttempts {
		t.Errorf("it was tried %d times", d.Attempts)
	}
	if sub, err := w.Get(asAdmin(), shop, "lake"); err != nil || sub.Status != subscription.Active {
		t.Errorf("the subscription is %s, %v", sub.Status, err)
	}
}

// TestASinkThatWorksAgainIsFoundSoon: however long it did not, and however long a pause
// may be that a sink asks for.
func TestASinkThatWorksAgainIsFoundSoon(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t, dbtest.SQLite(t, sets()...)), newReceiver(t)
	config := w.config
	config.FirstPause, config.MaxPause = 0, 0 // as they are outside of tests
	w.Service = subscription.New(config)
	r.say(status(500))
	created := w.create(t, "lake", r.URL).Subscription
	id := w.publish(t, "run.succeeded", 1)[0]
	long := subscription.Delivery{Event: id, Status: subscription.Retrying, Attempts: 30, Sequence: 1, FirstAt: w.clock.now(), At: w.clock.now()}
	if err := w.store.PutDelivery(context.Background(), created.ID, long); err != nil {
		t.Fatal(err)
	}
	w.run(t)
	eventually(t, "it is tried once more", func() bool { d, _ := w.delivery(t, id); return d.Attempts == 31 && d.NextAt != nil })
	if d, _ := w.delivery(t, id); d.NextAt.Sub(d.At) > patience {
		t.Errorf("the next attempt is %s later", d.NextAt.Sub(d.At))
	}
}

// TestWhoMayNotSendKeepsItsEvents: the subscription is paused at the first of them, and
// none is put aside; resumed with the permission, all arrive in their order.
func TestWhoMayNotSendKeepsItsEvents(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "changes"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(cluster.Close)
		var open atomic.Bool
		cluster.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
			cluster.KeepControl()
			asked, ok := req.(*kmsg.ProduceRequest)
			if !ok || open.Load() {
				return nil, nil, false
			}
			res, _ := asked.ResponseKind().(*kmsg.ProduceResponse)
			for _, topic := range asked.Topics {
				said := kmsg.ProduceResponseTopic{Topic: topic.Topic, TopicID: topic.TopicID}
				for _, p := range topic.Partitions {
					said.Partitions = append(said.Partitions, kmsg.ProduceResponseTopicPartition{Partition: p.Partition, ErrorCode: kerr.TopicAuthorizationFailed.Code})
				}
				res.Topics = append(res.Topics, said)
			}
			return res, nil, true
		})
		w.subscribeKafka(t, cluster, "changes")
		var ids []string
		for range 15 {
			ids = append(ids, w.publishText(t, "run_1", "text"))
		}
		w.run(t)
		paused := func() bool {
			sub, err := w.Get(asAdmin(), shop, "lake")
			return err == nil && sub.Status == subscription.Paused
		}
		for range 2 { // resumed without the permission, it is paused again
			eventually(t, "it is paused", paused)
			if sub, _ := w.Get(asAdmin(), shop, "lake"); !strings.Contains(sub.Reason, "TOPIC_AUTHORIZATION_FAILED") {
				t.Errorf("paused because %q", sub.Reason)
			}
			if n := w.count(t, "lake", subscription.Dead); n != 0 || w.journal.has("subscription.dead_lettered") {
				t.Errorf("%d events are put aside", n)
			}
			if _, err := w.Resume(asAdmin(), shop, "lake"); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "it is paused", paused)
		open.Store(true)
		if _, err := w.Resume(asAdmin(), shop, "lake"); err != nil {
			t.Fatal(err)
		}
		for i, r := range arrived(t, cluster, len(ids)) {
			var e event.Event
			if err := json.Unmarshal(r.Value, &e); err != nil || e.ID != ids[i] {
				t.Errorf("%d: %s, %v, want %s", i, e.ID, err, ids[i])
			}
		}
	})
}
