package drift_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/governance/drift"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestACheckFindsWhatWasChangedAndByWhom(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		if c, found := b.look(t); c.Status != drift.CheckDone || c.Open != 0 || len(found) != 0 || c.RequestedBy != "ada" {
			t.Fatalf("before: %+v %+v", c, found)
		}
		seen := change(cache, `{"id": "/subscriptions/s/x", "size": 1, "key": "old", "tags": {"a": "1"}, "etag": "1", "rules": null, "public_network_access_enabled": false}`,
			`{"id": "/SUBSCRIPTIONS/s/x", "size": 2, "key": "new-secret", "tags": {"a": "1", "b": "2", "c": ""}, "etag": "2", "rules": [], "public_network_access_enabled": true}`)
		seen.Change.AfterSensitive = map[string]any{"key": true}
		b.outside, b.next = drifted(seen), next(change(cache, `{"size": 1}`, `{"size": 2}`))
		b.who = []drift.Activity{{Who: "mallory", Operation: "write"}}
		c, found := b.look(t)
		if c.Open != 1 || len(found) != 1 {
			t.Fatalf("%+v %+v", c, found)
		}
		d := found[0]
		if d.Severity != stage.SeverityCritical || d.Rule != "public-access" || d.Next != drift.NextReverts || d.Who[0].Who != "mallory" || d.Release != "rel_1" {
			t.Errorf("%+v", d)
		}
		want := map[string]string{"key": "anything-else", "public_network_access_enabled": "public-access", "size": "ours", "tags.b": "tags", "tags.c": "tags"}
		for _, a := range d.Attributes {
			if want[a.Path] != a.Rule {
				t.Errorf("%s by the rule %s, want %q", a.Path, a.Rule, want[a.Path])
			}
			if a.Path == "key" && (!a.Sensitive || a.Before != nil || a.After != nil || strings.Contains(a.Mark, "secret")) {
				t.Errorf("a sensitive value is shown: %+v", a)
			}
			if a.Path == "size" && (string(a.Before) != "1" || string(a.After) != "2" || a.Code == nil || a.Code.Definition != "redis-azure" || !slices.Equal(a.Code.Inputs, []string{"size"})) {
				t.Errorf("%+v %+v", a, a.Code)
			}
		}
		if len(d.Attributes) != len(want) {
			t.Errorf("%d attributes, want %d: noise is none", len(d.Attributes), len(want))
		}
		if q := b.asked[0]; q.ResourceID != "/subscriptions/s/x" || !q.Since.After(b.now.Add(-24*time.Hour)) {
			t.Errorf("since the last look that found nothing: %+v", q)
		}
		if told := b.told(); !slices.Equal(told, []string{"drift.detected"}) {
			t.Errorf("facts %v", told)
		}
		if counts, err := b.Counts(as("ada"), shop); err != nil || len(counts) != 1 || counts[0].Severity != "critical" || counts[0].Count != 1 {
			t.Errorf("%+v, %v", counts, err)
		}
		b.outside = drifted()
		if c, found := b.look(t); c.Open != 0 || len(found) != 0 || !slices.Equal(b.told(), []string{"drift.resolved"}) {
			t.Errorf("what is gone is closed: %+v %+v", c, found)
		}
	})
}

func TestAnIgnoreEndsByItsDateOrByAnotherValue(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.outside = drifted(change(cache, `{"size": 1, "zone": "a"}`, `{"size": 2, "zone": "b"}`))
		_, found := b.look(t)
		ignore := func(attributes ...string) drift.Drift {
			t.Helper()
			d, err := b.Ignore(as("ada"), shop, drift.IgnoreRequest{ID: found[0].ID, Attributes: attributes, Until: b.now.Add(48 * time.Hour), Reason: "a test"})
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		if d := ignore("size"); d.Status != drift.Open || d.Severity != stage.SeverityMedium {
			t.Errorf("one of two attributes is ignored: %s %s", d.Status, d.Severity)
		}
		if d := ignore(); d.Status != drift.Ignored {
			t.Errorf("all are ignored: %s", d.Status)
		}
		if c, _ := b.look(t); c.Open != 0 || c.Ignored != 1 {
			t.Errorf("%+v", c)
		}
		b.told()
		b.pass(48 * time.Hour)
		b.sweep(t)
		if _, again := b.look(t); again[0].Status != drift.Open || b.told()[0] != "drift.detected" {
			t.Errorf("after its date: %s", again[0].Status)
		}
		ignore()
		b.outside = drifted(change(cache, `{"size": 1, "zone": "a"}`, `{"size": 3, "zone": "b"}`))
		if c, again := b.look(t); c.Open != 1 || again[0].Attributes[0].Ignore != nil || again[0].Attributes[1].Ignore == nil {
			t.Errorf("another value: %+v %+v", c, again[0])
		}
		for name, r := range map[string]drift.IgnoreRequest{
			"no reason":     {ID: found[0].ID, Until: b.now.Add(time.Hour)},
			"the past":      {ID: found[0].ID, Until: b.now.Add(-time.Hour), Reason: "x"},
			"too far":       {ID: found[0].ID, Until: b.now.AddDate(2, 0, 0), Reason: "x"},
			"an attribute":  {ID: found[0].ID, Until: b.now.Add(time.Hour), Reason: "x", Attributes: []string{"nope"}},
			"no such drift": {ID: "drift_9", Until: b.now.Add(time.Hour), Reason: "x"},
		} {
			if _, err := b.Ignore(as("ada"), shop, r); !kernel.Is(err, kernel.Invalid) && !kernel.Is(err, kernel.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestDecisionsAreRunsAndEndWithThem(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		gone := change("module.redis__cache.azurerm_redis_cache.other", `{"id": "x"}`, "")
		b.outside = drifted(change(cache, `{"size": 1}`, `{"size": 2}`), gone)
		b.next = next(change(cache, `{"size": 1}`, `{"size": 2}`))
		_, found := b.look(t)
		i := slices.IndexFunc(found, func(d drift.Drift) bool { return d.Address == cache })
		size, other := found[i], found[1-i]
		b.told()
		if _, err := b.Revert(as("ada"), shop, []string{other.ID}, ""); !kernel.Is(err, kernel.Refused) {
			t.Errorf("a revert that no run would do: %v", err)
		}
		out, err := b.Revert(as("ada"), shop, []string{size.ID}, "no")
		if err != nil || out.Run != "run_1" || b.runs[0] != "redeploy acme/shop/orders/dev no" || out.Drifts[0].Status != drift.Reverting {
			t.Fatalf("%+v, %v %v", out, err, b.runs)
		}
		if _, err := b.Accept(as("ada"), shop, []string{size.ID}, ""); !kernel.Is(err, kernel.Refused) {
			t.Errorf("a second decision: %v", err)
		}
		b.end(t, drift.RunEnd{Run: "run_1", Failed: "the gates are closed"})
		if _, now := b.look(t); now[i].Status != drift.Open || !strings.Contains(now[i].Decision.Outcome, "the gates are closed") {
			t.Errorf("a run that failed: %+v", now[i])
		}
		out, err = b.Accept(as("ada"), shop, []string{size.ID, other.ID}, "so be it")
		if err != nil || !strings.HasPrefix(b.runs[1], "refresh acme/shop/orders/dev [") || len(out.Notes) != 1 || !strings.Contains(out.Notes[0], "change it in the definition redis-azure") {
			t.Fatalf("%+v, %v %v", out, err, b.runs)
		}
		b.outside = drifted()
		b.end(t, drift.RunEnd{Run: out.Run})
		b.sweep(t)
		ended, err := b.Get(as("ada"), shop, size.ID)
		if err != nil || ended.Status != drift.Resolved || !strings.HasPrefix(ended.Resolution, "accepted") {
			t.Errorf("the check after the run ends it: %+v, %v", ended, err)
		}
		if told := b.told(); !slices.Equal(told, []string{"drift.reverted", "drift.accepted", "drift.accepted", "drift.resolved", "drift.resolved"}) {
			t.Errorf("facts %v", told)
		}
		b.denied = drift.ActionDecide
		if _, err := b.Accept(as("eve"), shop, []string{size.ID}, ""); !kernel.Is(err, kernel.Denied) {
			t.Errorf("who may not: %v", err)
		}
		if _, err := b.Get(as("eve"), kernel.Scope{Tenant: "acme", Project: "other"}, size.ID); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("another project: %v", err)
		}
	})
}

// end tells of the end of a run in a transaction, as the journal does.
func (b *bench) end(t *testing.T, e drift.RunEnd) {
	t.Helper()
	e.Deployed = drift.Deployed{Scope: dev, Workload: "orders"}
	err := b.Tx.InTx(kernel.WithActor(context.Background(), kernel.System("run", "acme")), func(ctx context.Context) error {
		facts, err := b.RunEnded(ctx, e)
		for _, f := range facts {
			err = errors.Join(err, b.Record(ctx, f))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFindingsAreThoseOfTheStagesThatOneReads(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		for id, stage := range map[string]string{"drift_1": "dev", "drift_2": "prod", "drift_3": "dev", "drift_4": "prod"} {
			where := shop.InStage(stage)
			if err := b.store.Insert(context.Background(), drift.Drift{ID: id, Scope: where, Stack: kernel.StackID(where, "orders"), Workload: "orders", Address: id, Severity: "low", Status: drift.Open}); err != nil {
				t.Fatal(err)
			}
		}
		b.reach = &kernel.Reach{Stages: []kernel.Scope{dev}}
		var got []string
		for page := (kernel.PageRequest{Limit: 1}); ; {
			found, err := b.List(as("ada"), shop, drift.Filter{}, page)
			if err != nil || len(found.Items) != 1 {
				t.Fatalf("%+v, %v", found, err)
			}
			got = append(got, found.Items[0].ID)
			if page.Cursor = found.Next; page.Cursor == "" {
				break
			}
		}
		if want := []string{"drift_3", "drift_1"}; !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		if counts, err := b.Counts(as("ada"), shop); err != nil || len(counts) != 1 || counts[0].Stage != "dev" || counts[0].Count != 2 {
			t.Errorf("%+v, %v", counts, err)
		}
		b.reach, b.denied = &kernel.Reach{}, drift.ActionRead
		if _, err := b.List(as("ada"), shop, drift.Filter{}, kernel.PageRequest{}); !kernel.Is(err, kernel.Denied) {
			t.Errorf("who reads nothing: %v", err)
		}
	})
}

func TestWhatIsDestroyedIsNoLongerWatched(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.outside = drifted(change(cache, `{"size": 1}`, `{"size": 2}`))
		b.look(t)
		b.end(t, drift.RunEnd{Run: "run_9", Destroyed: true})
		page, err := b.List(as("ada"), shop, drift.Filter{All: true}, kernel.PageRequest{})
		if err != nil || page.Items[0].Status != drift.Resolved {
			t.Errorf("%+v, %v", page, err)
		}
		if _, ok, err := b.store.Soonest(context.Background()); ok || err != nil {
			t.Errorf("it is watched: %v", err)
		}
	})
}
