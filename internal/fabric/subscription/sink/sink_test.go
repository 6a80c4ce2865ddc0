package sink_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/fabric/subscription/sink"
	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/natsbroker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/natsserver"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

var shop = kernel.Scope{Tenant: "acme", Project: "shop"}

func loopback() egress.Guard {
	return egress.Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
}

func anEvent(t *testing.T) (event.Event, []byte) {
	t.Helper()
	e, err := (&event.Log{Address: "https://terrace.example"}).Make(t.Context(), kernel.Fact{Type: "run.failed", Scope: shop.InStage("dev"), Subject: "run_1", Reason: "50 % ä", Data: map[string]any{"n": 1}})
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return e, body
}

func open(t *testing.T, s sink.Sinks, k subscription.Sink, password string) subscription.Sender {
	t.Helper()
	sub := subscription.Subscription{ID: "sub_1", Scope: shop, Sink: k}
	if err := s.Check(t.Context(), sub); err != nil {
		t.Fatal(err)
	}
	sender, err := s.Open(t.Context(), sub, subscription.Credentials{Password: password})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sender.Close)
	return sender
}

func TestGuard(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		addr  string
		clear bool
		want  bool
	}{
		"loopback that is allowed":          {"127.0.0.1", true, true},
		"the same as IPv6":                  {"::ffff:127.0.0.1", true, true},
		"loopback of IPv6 that is not":      {"::1", false, false},
		"a public address over TLS":         {"93.184.216.34", false, true},
		"a public address in the clear":     {"93.184.216.34", true, false},
		"private":                           {"10.0.0.1", false, false},
		"private behind NAT64":              {"64:ff9b::a00:1", false, false},
		"private behind 6to4":               {"2002:a00:1::1", false, false},
		"unique local":                      {"fd00::1", false, false},
		"metadata of clouds":                {"169.254.169.254", false, false},
		"the same as IPv6, metadata":        {"::ffff:169.254.169.254", false, false},
		"link-local with a zone":            {"fe80::1%eth0", false, false},
		"carrier-grade NAT":                 {"100.64.1.1", false, false},
		"nowhere":                           {"0.0.0.0", false, false},
		"multicast":                         {"224.0.0.1", false, false},
		"broadcast":                         {"255.255.255.255", false, false},
		"a public address of IPv6":          {"2606:2800:220:1::1", false, true},
		"an IPv4 in an old form of IPv6":    {"::10.0.0.1", false, false},
		"documentation, which is nowhere":   {"192.0.2.1", false, false},
		"the benchmark network, not ours":   {"198.18.0.1", false, false},
		"metadata of clouds over IPv6, AWS": {"fd00:ec2::254", false, false},
	}
	for name, c := range cases {
		if err := loopback().Check(netip.MustParseAddr(c.addr), c.clear); (err == nil) != c.want {
			t.Errorf("%s (%s): %v", name, c.addr, err)
		}
	}
}

// TestAddressesInsideAreRefused: at creation, and when a name changes, at the dial.
func TestAddressesInsideAreRefused(t *testing.T) {
	t.Parallel()
	touched := make(chan struct{}, 1)
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { touched <- struct{}{} }))
	defer inside.Close()
	s := sink.Sinks{}
	for _, url := range []string{inside.URL, strings.Replace(inside.URL, "127.0.0.1", "localhost", 1), "https://169.254.169.254/latest", "https://[::1]/", "http://0.0.0.0/"} {
		sub := subscription.Subscription{Sink: subscription.Sink{Webhook: &subscription.Webhook{URL: url}}}
		if err := s.Check(t.Context(), sub); !kernel.Is(err, kernel.Refused) || !strings.Contains(err.Error(), "sinkNetworks") {
			t.Errorf("%s: %v", url, err)
		}
		sender, err := s.Open(t.Context(), sub, subscription.Credentials{})
		if err != nil {
			t.Fatal(err)
		}
		e, body := anEvent(t)
		if _, err := sender.Send(t.Context(), e, body); err == nil {
			t.Errorf("%s was reached", url)
		}
	}
	for _, k := range []subscription.Sink{
		{NATS: &subscription.NATS{URL: "nats://10.0.0.1:4222", Subject: "a"}}, {Kafka: &subscription.Kafka{Brokers: []string{"192.168.1.1:9092"}, Topic: "a"}},
	} {
		if err := s.Check(t.Context(), subscription.Subscription{Sink: k}); !kernel.Is(err, kernel.Refused) {
			t.Errorf("%s: %v", k, err)
		}
	}
	if len(touched) > 0 {
		t.Error("the server inside was reached")
	}
}

func TestRedirectsAreNotFollowedAndAnswersAreBounded(t *testing.T) {
	t.Parallel()
	elsewhere := make(chan struct{}, 1)
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere <- struct{}{} }))
	defer target.Close()
	r := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/long" {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte(strings.Repeat("x", 1<<20)))
			return
		}
		http.Redirect(w, req, target.URL, http.StatusTemporaryRedirect)
	}))
	defer r.Close()
	e, body := anEvent(t)
	s := sink.Sinks{Guard: loopback()}
	if _, err := open(t, s, subscription.Sink{Webhook: &subscription.Webhook{URL: r.URL}}, "").Send(t.Context(), e, body); err == nil || !strings.Contains(err.Error(), "redirects are not followed") || len(elsewhere) > 0 {
		t.Errorf("%v", err)
	}
	if _, err := open(t, s, subscription.Sink{Webhook: &subscription.Webhook{URL: r.URL + "/long"}}, "").Send(t.Context(), e, body); err == nil || len(err.Error()) > 300 {
		t.Errorf("%v", err)
	}
}

// TestKafka sends to a fake cluster (kfake): the protocol is real, the brokers are not.
func TestKafka(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "changes"), kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-256", "terrace", "secret"))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	kafka := subscription.Kafka{Brokers: cluster.ListenAddrs(), Topic: "changes", Mechanism: subscription.ScramSHA256, Username: "terrace", Mode: subscription.Binary}
	s := sink.Sinks{Guard: loopback()}
	e, body := anEvent(t)
	sender := open(t, s, subscription.Sink{Kafka: &kafka}, "secret")
	for range 3 {
		if answer, err := sender.Send(t.Context(), e, body); err != nil || !strings.Contains(answer, "offset") {
			t.Fatalf("%s, %v", answer, err)
		}
	}
	if _, err := open(t, s, subscription.Sink{Kafka: &kafka}, "wrong").Send(t.Context(), e, body); err == nil {
		t.Fatal("a wrong password is taken")
	}
	for _, r := range consume(t, cluster, 3) {
		headers := map[string]string{}
		for _, h := range r.Headers {
			headers[h.Key] = string(h.Value)
		}
		if headers["ce_id"] != e.ID || headers["ce_type"] != "dev.terrace.run.failed" || headers["ce_reason"] != "50 % ä" || headers["content-type"] != "application/json" || string(r.Value) != `{"n":1}` || string(r.Key) != e.Source+"/run_1" {
			t.Fatalf("%v %s %s", headers, r.Key, r.Value)
		}
	}
}

// TestWhatKafkaRefuses tells what is about the event or the topic from what is about the
// moment.
func TestWhatKafkaRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		options        []kfake.Opt
		topic          string
		refused, final bool
		denied, gone   bool
		says           string
	}{
		"too large for the topic":     {options: []kfake.Opt{kfake.BrokerConfigs(map[string]string{"message.max.bytes": "300"})}, refused: true, final: true, says: "MESSAGE_TOO_LARGE"},
		"no permission for the topic": {options: []kfake.Opt{kfake.EnableSASL(), kfake.EnableACLs(), kfake.User("SCRAM-SHA-256", "terrace", "secret")}, denied: true, says: "TOPIC_AUTHORIZATION_FAILED"},
		"no such topic":               {topic: "another", refused: true, says: "UNKNOWN_TOPIC_OR_PARTITION"},
		"no cluster":                  {gone: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster, err := kfake.NewCluster(append(tc.options, kfake.NumBrokers(1), kfake.SeedTopics(1, "changes"))...)
			if err != nil {
				t.Fatal(err)
			}
			defer cluster.Close()
			kafka := subscription.Kafka{Brokers: cluster.ListenAddrs(), Topic: cmp.Or(tc.topic, "changes")}
			if strings.Contains(tc.says, "AUTHORIZATION") {
				kafka.Mechanism, kafka.Username = subscription.ScramSHA256, "terrace"
			}
			if tc.gone {
				cluster.Close()
			}
			e, body := anEvent(t)
			_, err = open(t, sink.Sinks{Guard: loopback()}, subscription.Sink{Kafka: &kafka}, "secret").Send(t.Context(), e, body)
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Fatalf("%v, want %s", err, tc.says)
			}
			r, refused := errors.AsType[*subscription.Rejection](err)
			if refused != tc.refused || refused && r.Final != tc.final {
				t.Errorf("%v: refused %v, want %v, and for good %v", err, refused, tc.refused, tc.final)
			}
			if isDenial(err) != tc.denied {
				t.Errorf("%v: want a denial %v", err, tc.denied)
			}
		})
	}
}

// TestAKafkaTopicThatIsMadeAnew: the sender that knew the old one goes on.
func TestAKafkaTopicThatIsMadeAnew(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "changes"))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	admin, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	e, body := anEvent(t)
	sender := open(t, sink.Sinks{Guard: loopback()}, subscription.Sink{Kafka: &subscription.Kafka{Brokers: cluster.ListenAddrs(), Topic: "changes"}}, "")
	if _, err := sender.Send(t.Context(), e, body); err != nil {
		t.Fatal(err)
	}
	topic, gone := "changes", kmsg.NewPtrDeleteTopicsRequest()
	gone.TopicNames, gone.Topics = []string{topic}, []kmsg.DeleteTopicsRequestTopic{{Topic: &topic}}
	anew := kmsg.NewPtrCreateTopicsRequest()
	made := kmsg.NewCreateTopicsRequestTopic()
	made.Topic, made.NumPartitions, made.ReplicationFactor = topic, 1, 1
	anew.Topics = []kmsg.CreateTopicsRequestTopic{made}
	for _, request := range []kmsg.Request{gone, anew} {
		if _, err := admin.Request(t.Context(), request); err != nil {
			t.Fatal(err)
		}
	}
	if answer, err := sender.Send(t.Context(), e, body); err != nil || answer != "partition 0 offset 0" {
		t.Errorf("%s, %v", answer, err)
	}
}

func consume(t *testing.T, cluster *kfake.Cluster, n int) (all []*kgo.Record) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ConsumeTopics("changes"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.SASL(scram.Auth{User: "terrace", Pass: "secret"}.AsSha256Mechanism()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
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

func TestATopicOfTheEmbeddedServer(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	d := dbtest.SQLite(t, topicsql.Migrations())
	nats, err := natsserver.Start(t.Context(), natsserver.Config{Dir: t.TempDir(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nats.Close)
	carrier, store := natsbroker.Embedded(nats, log), topicsql.NewStore(d)
	t.Cleanup(carrier.Close)
	topics := topic.New(topic.Config{Store: store, Schemas: store, Grants: store, Subscriptions: store, Bridges: store, BridgeLeases: store, Removals: store, Broker: carrier, Journal: silent{}, Tx: d, Log: log})
	made, err := topics.Provide(t.Context(), shop.InStage("dev"), "changes", topic.Settings{}, "0123456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	s := sink.Sinks{Topics: topics}
	sender := open(t, s, subscription.Sink{NATS: &subscription.NATS{Topic: "changes", Stage: "dev"}}, "")
	e, body := anEvent(t)
	for range 2 { // the second is a duplicate
		if _, err := sender.Send(t.Context(), e, body); err != nil {
			t.Fatal(err)
		}
	}
	received(t, nats.URL(), made.Account(), "0123456789abcdef", "changes", body)
	missing := subscription.Subscription{Scope: shop, Sink: subscription.Sink{NATS: &subscription.NATS{Topic: "nothing", Stage: "dev"}}}
	if err := s.Check(t.Context(), missing); !kernel.Is(err, kernel.NotFound) {
		t.Errorf("%v", err)
	}
}

type silent struct{}

func (silent) Record(context.Context, kernel.Fact) error { return nil }

// received checks that the stream has one message, with the body.
func received(t *testing.T, url, user, password, stream string, body []byte) {
	t.Helper()
	conn, err := nats.Connect(url, nats.UserInfo(user, password))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	st, err := js.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	m, err := st.GetMsg(t.Context(), 1)
	if err != nil || string(m.Data) != string(body) || st.CachedInfo().State.Msgs != 1 {
		t.Fatalf("%v: %d messages", err, st.CachedInfo().State.Msgs)
	}
}

// TestWhatANATSServerDenies: whoever may not send is told so at once, with a stream too,
// which would not answer.
func TestWhatANATSServerDenies(t *testing.T) {
	t.Parallel()
	ns, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true,
		Users: []*server.User{{Username: "u", Password: "p", Permissions: &server.Permissions{Publish: &server.SubjectPermission{Allow: []string{"mine"}}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	t.Cleanup(ns.Shutdown)
	if !ns.ReadyForConnections(time.Minute) {
		t.Fatal("the server does not start")
	}
	e, body := anEvent(t)
	for _, stream := range []bool{false, true} {
		to := func(subject string) subscription.Sink {
			return subscription.Sink{NATS: &subscription.NATS{URL: ns.ClientURL(), Subject: subject, JetStream: stream, Username: "u"}}
		}
		sender := open(t, sink.Sinks{Guard: loopback()}, to("others"), "p")
		for range 2 { // it goes on with another connection
			if _, err := sender.Send(t.Context(), e, body); !isDenial(err) || !strings.Contains(strings.ToLower(err.Error()), "permissions violation") {
				t.Errorf("stream %v: %v", stream, err)
			}
		}
		if _, err := open(t, sink.Sinks{Guard: loopback()}, to("mine"), "p").Send(t.Context(), e, body); (err != nil) != stream || isDenial(err) {
			t.Errorf("stream %v: %v", stream, err)
		}
	}
}

func isDenial(err error) bool {
	_, is := errors.AsType[*subscription.Denial](err)
	return is
}

func TestAnotherNATSServer(t *testing.T) {
	t.Parallel()
	ns, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true, Username: "u", Password: "p"})
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	t.Cleanup(ns.Shutdown)
	if !ns.ReadyForConnections(time.Minute) {
		t.Fatal("the server does not start")
	}
	conn, err := nats.Connect(ns.ClientURL(), nats.UserInfo("u", "p"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"changes.kept"}}); err != nil {
		t.Fatal(err)
	}
	plain, err := conn.SubscribeSync("changes.plain")
	if err != nil || conn.Flush() != nil {
		t.Fatal(err)
	}
	e, body := anEvent(t)
	s := sink.Sinks{Guard: loopback()}
	to := func(subject string, stream bool) subscription.Sink {
		return subscription.Sink{NATS: &subscription.NATS{URL: ns.ClientURL(), Subject: subject, JetStream: stream, Username: "u"}}
	}
	for range 2 {
		if _, err := open(t, s, to("changes.kept", true), "p").Send(t.Context(), e, body); err != nil {
			t.Fatal(err)
		}
	}
	received(t, ns.ClientURL(), "u", "p", "S", body)
	if _, err := open(t, s, to("changes.plain", false), "p").Send(t.Context(), e, body); err != nil {
		t.Fatal(err)
	}
	if m, err := plain.NextMsg(time.Minute); err != nil || m.Header.Get("Content-Type") != "application/cloudevents+json; charset=utf-8" {
		t.Fatalf("%v", err)
	}
	if _, err := open(t, s, to("changes.nobody", true), "p").Send(t.Context(), e, body); err == nil {
		t.Error("no stream has the subject, and it is taken")
	}
	if _, err := open(t, s, to("changes.kept", true), "wrong").Send(t.Context(), e, body); err == nil {
		t.Error("a wrong password is taken")
	}
}
