package topic_test

import (
	"context"
	"log/slog"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/brokers"
	"github.com/terrace-idp/terrace/internal/fabric/topic/cloudevent"
	"github.com/terrace-idp/terrace/internal/fabric/topic/kafkabroker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/natsbroker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/natsserver"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// daemon is a service with an embedded server and a Kafka cluster.
type daemon struct {
	*topic.Service

	server *natsserver.Server
	ctx    context.Context //nolint:containedctx // that of the test
}

// fakeKafka is a fake of a Kafka cluster (kfake).
func fakeKafka(t *testing.T) *kfake.Cluster {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func newDaemon(t *testing.T, d *db.DB, node string, cluster *kfake.Cluster) *daemon {
	t.Helper()
	ctx, cancel := context.WithTimeout(kernel.WithActor(t.Context(), kernel.Actor{ID: "usr_1", Name: "ada", Tenant: "acme"}), time.Minute)
	t.Cleanup(cancel)
	log := slog.New(slog.DiscardHandler)
	server, err := natsserver.Start(ctx, natsserver.Config{Dir: t.TempDir(), Log: log})
	must(t, err)
	t.Cleanup(server.Close)
	home, err := server.Home(node)
	must(t, err)
	if again, err := server.Home("renamed"); err != nil || again != home {
		t.Fatalf("the server is %s after it was %s: %v", again, home, err)
	}
	kafka, err := kafkabroker.New(kafkabroker.Cluster{Brokers: cluster.ListenAddrs(), Timeout: 5 * time.Second}, log)
	must(t, err)
	store := topicsql.NewStore(d)
	set := brokers.New(home, []brokers.Named{
		{BrokerInfo: topic.BrokerInfo{Name: "embedded", Kind: topic.NATS, Addresses: []string{server.URL()}, Default: true}, Driver: natsbroker.Embedded(server, log)},
		{BrokerInfo: topic.BrokerInfo{Name: "events", Kind: topic.Kafka, Addresses: cluster.ListenAddrs()}, Driver: kafka},
	}, func(ctx context.Context, account string) (string, string, error) {
		return topic.Find(ctx, store, account)
	})
	t.Cleanup(set.Close)
	return &daemon{topic.New(topic.Config{
		Store: store, Schemas: store, Grants: store, Subscriptions: store, Attempts: store, Bridges: store, BridgeLeases: store, Removals: store, Broker: set, Brokers: set, Places: anyone{}, Authorizer: anyone{},
		Journal: &journal{}, Tx: d, Address: "https://terrace.example", Log: log,
	}), server, ctx}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A topic is on the broker that its document names, and stays there; between it and what reads
// it here is a fake cluster (kfake).
func TestATopicIsOnTheBrokerThatItsDocumentNames(t *testing.T) {
	t.Parallel()
	cluster := fakeKafka(t)
	one := newDaemon(t, dbtest.SQLite(t, topicsql.Migrations()), "one", cluster)
	if _, err := one.Apply(one.ctx, dev(), "lost", topic.Settings{Broker: "nowhere"}); !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), "broker") {
		t.Errorf("a broker that there is not: %v", err)
	}
	made, err := one.Apply(one.ctx, dev(), "orders", topic.Settings{Broker: "events", Partitions: 2})
	must(t, err)
	if made.Broker != "events" || made.Subject != "acme.shop.dev.orders" || strings.Join(one.Addresses(made), ",") != strings.Join(cluster.ListenAddrs(), ",") {
		t.Errorf("%+v at %v", made, one.Addresses(made))
	}
	if _, err := one.Apply(one.ctx, dev(), "orders", topic.Settings{Broker: "embedded"}); !kernel.Is(err, kernel.Refused) {
		t.Errorf("a topic moves: %v", err)
	}
	again, err := one.Apply(one.ctx, dev(), "orders", topic.Settings{Partitions: 2})
	if err != nil || again.Broker != "events" {
		t.Errorf("without a word it is on %s: %v", again.Broker, err)
	}
	_, err = one.Publish(one.ctx, dev(), "orders", []cloudevent.Event{placed("o1", "", "{}"), placed("o2", "", "{}")})
	must(t, err)
	_, err = one.Subscribe(one.ctx, dev(), "orders", "billing", topic.SubscriptionSettings{}, topic.FromOldest)
	must(t, err)
	var got []topic.Received
	for len(got) < 2 {
		some, err := one.Pull(one.ctx, dev(), "orders", "billing", 2, 5*time.Second)
		must(t, err)
		got = append(got, some...)
	}
	must(t, one.Acknowledge(one.ctx, dev(), "orders", "billing", topic.Acknowledgement{Done: tokens(got)}))
	for _, b := range one.Brokers.States(one.ctx) {
		if !b.OK {
			t.Errorf("%+v", b)
		}
	}
	one.told(t, cluster)
	kcat(t, cluster, made.Account(), "ce_id o1")
	must(t, one.Delete(one.ctx, dev(), "orders"))
	if _, err := one.Brokers.(*brokers.Set).Stats(one.ctx, made.Account()); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("it is there still: %v", err)
	}
}

// kcat has a client of other hands see what is in a topic of Kafka, where it is installed.
func kcat(t *testing.T, cluster *kfake.Cluster, account, want string) {
	t.Helper()
	path, err := exec.LookPath("kcat")
	if err != nil {
		t.Log("kcat is not installed: apt-get install kcat")
		return
	}
	out, err := exec.CommandContext(t.Context(), path, "-b", strings.Join(cluster.ListenAddrs(), ","), "-t", account, "-C", "-e", "-q", "-o", "beginning", "-f", "%h\n").CombinedOutput()
	if text := strings.ReplaceAll(string(out), "=", " "); err != nil || !strings.Contains(text, want) {
		t.Errorf("kcat sees no %q: %v\n%s", want, err, out)
	}
}

// Of two daemons on one database only the one whose embedded server has a topic does anything
// with it; the other says which that is. Both serve a topic of a cluster.
func TestTwoDaemonsOnOneDatabase(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{topicsql.Migrations()}, func(t *testing.T, d *db.DB) {
		cluster := fakeKafka(t)
		one, two := newDaemon(t, d, "one", cluster), newDaemon(t, d, "two", cluster)
		made, err := one.Apply(one.ctx, dev(), "orders", topic.Settings{})
		must(t, err)
		_, err = two.Start(two.ctx)
		must(t, err)
		for name, do := range map[string]func() error{
			"publish": func() error {
				_, err := two.Publish(two.ctx, dev(), "orders", []cloudevent.Event{placed("o1", "", "{}")})
				return err
			},
			"apply": func() error { _, err := two.Apply(two.ctx, dev(), "orders", topic.Settings{Owner: "team"}); return err },
			"subscribe": func() error {
				_, err := two.Subscribe(two.ctx, dev(), "orders", "billing", topic.SubscriptionSettings{}, topic.FromOldest)
				return err
			},
			"grant": func() error {
				_, err := two.CreateGrant(two.ctx, dev(), "orders", topic.GrantSpec{Name: "a", Publish: true})
				return err
			},
			"provide": func() error {
				_, err := two.Provide(two.ctx, dev(), "orders", topic.Settings{}, strings.Repeat("x", 16))
				return err
			},
			"put": func() error { return two.Put(two.ctx, dev(), "orders", "1", nil, []byte("x")) },
		} {
			if err := do(); !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), made.Home) {
				t.Errorf("%s on the other daemon: %v", name, err)
			}
		}
		if got, err := two.Get(two.ctx, dev(), "orders"); err != nil || got.Home != made.Home || len(two.Addresses(got)) > 0 {
			t.Errorf("the other daemon shows %+v, %v", got, err)
		}
		_, err = one.Publish(one.ctx, dev(), "orders", []cloudevent.Event{placed("o1", "", "{}")})
		must(t, err)

		_, err = one.Apply(one.ctx, dev(), "shared", topic.Settings{Broker: "events"})
		must(t, err)
		_, err = two.Publish(two.ctx, dev(), "shared", []cloudevent.Event{placed("s1", "", "{}")})
		must(t, err)
		if stats, err := one.Stats(one.ctx, dev(), "shared"); err != nil || stats.Messages != 1 {
			t.Errorf("%+v %v", stats, err)
		}
		must(t, two.Delete(two.ctx, dev(), "orders"))
		if !one.server.Opened(made.Account()) {
			t.Error("the other daemon has reached into this one's server")
		}
		must(t, one.tidy())
		if one.server.Opened(made.Account()) {
			t.Error("what another daemon deleted is there still")
		}
	})
}

func (one *daemon) tidy() error {
	return one.Tidy(one.ctx, one.server.Accounts(), one.Brokers.(*brokers.Set).RemoveHere)
}

// A topic that another daemon deletes and makes anew on a cluster is published into there, while
// its server still has the one before, and after it has removed that.
func TestATopicMadeAnewElsewhereIsPublishedIntoThere(t *testing.T) {
	t.Parallel()
	d, cluster := dbtest.SQLite(t, topicsql.Migrations()), fakeKafka(t)
	one, two := newDaemon(t, d, "one", cluster), newDaemon(t, d, "two", cluster)
	_, err := one.Apply(one.ctx, dev(), "orders", topic.Settings{})
	must(t, err)
	one.put(t, "orders", 0, 1)
	must(t, two.Delete(two.ctx, dev(), "orders"))
	_, err = two.Apply(two.ctx, dev(), "orders", topic.Settings{Broker: "events"})
	must(t, err)
	one.put(t, "orders", 1, 1)
	must(t, one.tidy())
	one.put(t, "orders", 2, 1)
	if stats, err := two.Stats(two.ctx, dev(), "orders"); err != nil || stats.Messages != 2 {
		t.Errorf("it has %+v, %v", stats, err)
	}
}

// told sees what the documents of the stage say of a topic on Kafka, and of one on the embedded
// server.
func (one *daemon) told(t *testing.T, cluster *kfake.Cluster) {
	t.Helper()
	_, err := one.Apply(one.ctx, dev(), "notes", topic.Settings{Subject: "shop.notes", Owner: "team"})
	must(t, err)
	_, err = one.Register(one.ctx, dev(), "notes", topic.EventSchema{Type: "shop.note", Schema: []byte(`{"type":"object","required":["n"]}`)}, false)
	must(t, err)
	text, err := one.DescribeAll(one.ctx, dev())
	must(t, err)
	for _, want := range []string{
		`"asyncapi": "3.0.0"`, `"address": "shop.notes"`, `"address": "acme.shop.dev.orders"`, `"partitions": 2`, `"name": "shop.note"`, `"name": "owner:team"`,
		`"host": "` + cluster.ListenAddrs()[0] + `"`, `"host": "` + strings.TrimPrefix(one.server.URL(), "nats://") + `"`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the document lacks %s", want)
		}
	}
	if strings.Contains(string(text), "orders-dead") {
		t.Error("the document has dead letters")
	}
	alone, err := one.Describe(one.ctx, dev(), "notes")
	if err != nil || strings.Contains(string(alone), "kafka") || !strings.Contains(string(alone), `"version": "20`) {
		t.Errorf("%v\n%s", err, alone)
	}
}
