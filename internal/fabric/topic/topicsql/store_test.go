package topicsql_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/fabric/event/eventsql"
	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func at() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func orders(project, stage string) topic.Topic {
	return topic.Topic{
		Scope: kernel.Scope{Tenant: "acme", Project: project, Stage: stage}, Name: "orders", CreatedAt: at(), UpdatedAt: at(),
		Settings: topic.Settings{Broker: "embedded", Subject: "orders", RetentionSeconds: 3600}, Home: "here",
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestStore keeps one of each, tells changes apart, and removes all with its topic.
func TestStore(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{topicsql.Migrations()}, func(t *testing.T, d *db.DB) {
		ctx, s, made := t.Context(), topicsql.NewStore(d), orders("shop", "dev")
		for _, one := range []topic.Topic{made, orders("shop", "prod"), orders("other", "dev")} {
			must(t, s.Insert(ctx, one))
		}
		if err := s.Insert(ctx, made); !kernel.Is(err, kernel.Conflict) {
			t.Errorf("twice: %v", err)
		}
		got, err := s.Get(ctx, made.Scope, "orders")
		made.Revision = 1
		if diff := cmp.Diff(made, got); diff != "" || err != nil {
			t.Fatalf("%v\n%s", err, diff)
		}
		must(t, s.Save(ctx, got))
		if err := s.Save(ctx, got); !kernel.Is(err, kernel.Stale) {
			t.Errorf("two changes at once: %v", err)
		}
		if _, err := s.Get(ctx, kernel.Scope{Tenant: "rival", Project: "shop", Stage: "dev"}, "orders"); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("another tenant: %v", err)
		}
		reach := kernel.Reach{Stages: []kernel.Scope{{Project: "shop", Stage: "prod"}}}
		page, err := s.List(ctx, kernel.Scope{Tenant: "acme", Project: "shop"}, reach, kernel.PageRequest{})
		if err != nil || len(page.Items) != 1 || page.Items[0].Scope.Stage != "prod" {
			t.Errorf("who sees one stage: %+v %v", page, err)
		}
		page, err = s.List(ctx, kernel.Scope{Tenant: "acme", Project: "shop"}, kernel.Reach{All: true}, kernel.PageRequest{Limit: 1})
		must(t, err)
		page, err = s.List(ctx, kernel.Scope{Tenant: "acme", Project: "shop"}, kernel.Reach{All: true}, kernel.PageRequest{Limit: 1, Cursor: page.Next})
		if err != nil || len(page.Items) != 1 || page.Items[0].Scope.Stage != "prod" || page.Next != "" {
			t.Errorf("the second page: %+v %v", page, err)
		}
		schemas(t, s, got)
		grants(t, s, got)
		subscriptions(t, s, got)
		if found, err := s.Delete(ctx, made.Scope, "orders"); !found || err != nil {
			t.Fatal(found, err)
		}
		left, err := s.AllSubscriptions(ctx)
		if found, _ := s.Delete(ctx, made.Scope, "orders"); found || err != nil || len(left) != 0 {
			t.Errorf("%v %v %v", found, left, err)
		}
	})
}

func schemas(t *testing.T, s *topicsql.Store, of topic.Topic) {
	t.Helper()
	ctx := t.Context()
	for _, e := range []topic.EventSchema{{Type: "b", Version: 1}, {Type: "a", Version: 1}, {Type: "a", Version: 2}, {Type: "a", Version: 10}} {
		e.Schema = []byte(`{}`)
		must(t, s.InsertSchema(ctx, of, e))
	}
	latest, err := s.LatestSchemas(ctx, of)
	if err != nil || len(latest) != 2 || latest[0].Version != 10 || latest[1].Type != "b" {
		t.Errorf("%+v %v", latest, err)
	}
	first, err := s.ListSchemas(ctx, of, kernel.PageRequest{Limit: 2})
	must(t, err)
	second, err := s.ListSchemas(ctx, of, kernel.PageRequest{Limit: 2, Cursor: first.Next})
	if err != nil || len(second.Items) != 2 || second.Items[0].Version != 10 {
		t.Errorf("%+v %v", second, err)
	}
	if e, err := s.SchemaOf(ctx, of, "a", 0); err != nil || e.Version != 10 {
		t.Errorf("%+v %v", e, err)
	}
	if _, err := s.SchemaOf(ctx, of, "a", 3); !kernel.Is(err, kernel.NotFound) {
		t.Error(err)
	}
}

func grants(t *testing.T, s *topicsql.Store, of topic.Topic) {
	t.Helper()
	ctx, until := t.Context(), at().Add(time.Hour)
	g := topic.Grant{Name: "checkout", Publish: true, CreatedAt: at(), Credentials: []topic.Credential{{Username: "new", Hash: "h2", Since: at()}, {Username: "old", Hash: "h1", Since: at(), Until: &until}}}
	must(t, s.InsertGrant(ctx, of, g))
	g.Revision = 1
	got, err := s.Grant(ctx, of, "checkout")
	if diff := cmp.Diff(g, got); diff != "" || err != nil {
		t.Fatalf("%v\n%s", err, diff)
	}
	for now, want := range map[time.Time]int{at(): 0, until: 1} {
		if due, err := s.EndingGrants(ctx, now, topic.OfTopic{}, 10); err != nil || len(due) != want {
			t.Errorf("%s: %+v %v", now, due, err)
		}
	}
	for name, want := range map[string]int{"checkin": 1, "checkout": 0} {
		if due, err := s.EndingGrants(ctx, until, topic.OfTopic{Scope: of.Scope, Topic: of.Name, Name: name}, 10); err != nil || len(due) != want {
			t.Errorf("after %s: %+v %v", name, due, err)
		}
	}
	g.Credentials = g.Credentials[:1]
	must(t, s.SaveGrant(ctx, of, g))
	if due, err := s.EndingGrants(ctx, until, topic.OfTopic{}, 10); err != nil || len(due) != 0 {
		t.Errorf("%+v %v", due, err)
	}
}

func subscriptions(t *testing.T, s *topicsql.Store, of topic.Topic) {
	t.Helper()
	ctx := t.Context()
	for name, mode := range map[string]topic.Mode{"chat": topic.Push, "billing": topic.Pull} {
		must(t, s.InsertSubscription(ctx, of, topic.Subscription{Name: name, Mode: mode, Status: topic.Active, Sealed: []byte("x")}))
	}
	mine, err := s.ClaimPushes(ctx, "one", "here", at(), at().Add(time.Minute))
	if err != nil || len(mine) != 1 || mine[0].Name != "chat" {
		t.Fatalf("%+v %v", mine, err)
	}
	if others, err := s.ClaimPushes(ctx, "three", "elsewhere", at().Add(time.Hour), at().Add(2*time.Hour)); err != nil || len(others) != 0 {
		t.Errorf("a daemon that does not have the topic: %+v %v", others, err)
	}
	for now, want := range map[time.Time]int{at(): 0, at().Add(time.Hour): 1} {
		if others, err := s.ClaimPushes(ctx, "two", "here", now, now.Add(time.Minute)); err != nil || len(others) != want {
			t.Errorf("another process at %s: %+v %v", now, others, err)
		}
		must(t, s.ReleasePushes(ctx, "two"))
		_, err := s.ClaimPushes(ctx, "one", "here", at(), at().Add(time.Minute))
		must(t, err)
	}
	sub, err := s.Subscription(ctx, of, "chat")
	must(t, err)
	sub.Redrive = []uint64{7, 0, 9}
	must(t, s.SaveSubscription(ctx, of, sub))
	if err := s.SaveSubscription(ctx, of, sub); !kernel.Is(err, kernel.Stale) {
		t.Error(err)
	}
	if again, err := s.Subscription(ctx, of, "chat"); err != nil || !slices.Equal(again.Redrive, sub.Redrive) || string(again.Sealed) != "x" {
		t.Errorf("%+v %v", again, err)
	}
}

// TestAttempts keeps the newest of a subscription, apart from those of its dead letters.
func TestAttempts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{topicsql.Migrations()}, func(t *testing.T, d *db.DB) {
		ctx, s := t.Context(), topicsql.NewStore(d)
		of := topic.AttemptsOf{Topic: orders("shop", "dev"), Subscription: "chat"}
		dead := of
		dead.Dead = true
		place := func(i int) broker.Position { return broker.Position{Offset: uint64(i)} }
		must(t, s.KeepAttempts(ctx, dead, place(1), 9, at()))
		for from, now := range map[int]time.Time{0: at(), 5: at().Add(time.Second)} { // 5 older ones, and 1999
			_, err := d.Conn(ctx).NewRaw(`INSERT INTO topic_attempts (tenant, project, stage, topic, subscription, dead, part, place, attempts, kept_at)
				WITH RECURSIVE n(i) AS (SELECT CAST(? AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < ?)
				SELECT 'acme', 'shop', 'dev', 'orders', 'chat', FALSE, 0, i, 1, ? FROM n`, from, map[int]int{0: 4, 5: 2003}[from], now).Exec(ctx)
			must(t, err)
		}
		must(t, s.KeepAttempts(ctx, of, place(2004), 2, at().Add(time.Hour)))
		must(t, s.ForgetAttempts(ctx, of, place(2003)))
		all, err := s.Attempts(ctx, of)
		if _, old := all[place(4)]; err != nil || len(all) != 1999 || all[place(2004)] != 2 || all[place(5)] != 1 || old {
			t.Errorf("%d are kept, %v %v", len(all), all[place(2004)], err)
		}
		must(t, s.ForgetAllAttempts(ctx, of))
		if all, err = s.Attempts(ctx, dead); err != nil || len(all) != 1 || all[place(1)] != 9 {
			t.Errorf("%v %v", all, err)
		}
		must(t, s.Insert(ctx, of.Topic))
		_, err = s.Delete(ctx, of.Topic.Scope, "orders")
		must(t, err)
		if all, err = s.Attempts(ctx, dead); err != nil || len(all) > 0 {
			t.Errorf("of a topic that is gone: %v %v", all, err)
		}
	})
}

// TestTopicsOfBeforeAreTakenOver with what they have been, and their user.
func TestTopicsOfBeforeAreTakenOver(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{eventsql.Migrations()}, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		_, err := d.Conn(ctx).NewRaw("INSERT INTO event_topics (tenant, project, stage, name, subject, retention, password_hash, created_at) VALUES ('acme', 'shop', 'dev', 'orders', 'shop.dev.orders', ?, 'salt$hash', ?)",
			int64(48*time.Hour), at()).Exec(ctx)
		must(t, err)
		must(t, d.Migrate(ctx, topicsql.Migrations()))
		s := topicsql.NewStore(d)
		got, err := s.Get(ctx, orders("shop", "dev").Scope, "orders")
		if err != nil || !got.Managed || got.Subject != "shop.dev.orders" || got.Retention() != 48*time.Hour || !got.CreatedAt.Equal(at()) || len(got.Problems("orders")) > 0 {
			t.Errorf("%+v %v", got, err)
		}
		g, err := s.Grant(ctx, got, "workload")
		if err != nil || !g.Managed || !g.Publish || !g.Consume || g.Credentials[0].Username != "acme.shop.dev.orders" || g.Credentials[0].Hash != "salt$hash" {
			t.Errorf("%+v %v", g, err)
		}
	})
}
