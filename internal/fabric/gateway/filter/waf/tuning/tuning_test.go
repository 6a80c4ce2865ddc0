package tuning_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/tuning"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/tuning/tuningsql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func place(stage, route string) tuning.Place {
	return tuning.Place{Scope: kernel.Scope{Tenant: "acme", Project: "shop", Stage: stage}, Route: route}
}

// clock is set by hand.
type clock struct{ now time.Time }

func (c *clock) time() time.Time { return c.now }

func noon() *clock { return &clock{time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)} }

func query(within kernel.Reach) tuning.Query {
	return tuning.Query{Scope: kernel.Scope{Tenant: "acme"}, Within: within}
}

func all() kernel.Reach { return kernel.Reach{All: true} }

// findings are all that is kept, page by page.
func findings(t *testing.T, s tuning.Store, q tuning.Query, size int) (out []tuning.Finding) {
	t.Helper()
	for cursor := ""; ; {
		page, err := s.Findings(t.Context(), q, kernel.PageRequest{Limit: size, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, page.Items...)
		if cursor = page.Next; cursor == "" {
			return out
		}
	}
}

func refused(id string, rule int, target string, score int) tuning.Judgement {
	return tuning.Judgement{
		Request: id, Scores: [tuning.Levels]int{score, score, score, score}, Asked: 1, Score: score, Refused: true,
		Matches: []tuning.Match{{Rule: rule, Target: target, Message: "a rule", Points: 5, Sample: "xx"}},
	}
}

func write(t *testing.T, all ...*tuning.Counts) {
	t.Helper()
	for _, c := range all {
		if err := c.Write(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReplicasAddUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{tuningsql.Migrations()}, func(t *testing.T, d *db.DB) {
		store, now := tuningsql.NewStore(d), noon()
		one, other := &tuning.Counts{Store: store, Clock: now.time}, &tuning.Counts{Store: store, Clock: now.time}
		at := place("dev", "orders")
		one.Of(at).Count(refused("r1", 942100, "ARGS:q", 5))
		one.Of(at).Count(tuning.Judgement{Request: "r2", Asked: 1})
		now.now = now.now.Add(time.Minute)
		other.Of(at).Count(refused("r3", 942100, "ARGS:q", 15))
		other.Of(at).Count(refused("r4", 941100, "ARGS:q", 5))
		write(t, other, one)
		now.now = now.now.AddDate(0, 0, 1)
		one.Of(at).Count(tuning.Judgement{Request: "r5", Asked: 1, Score: 3, Scores: [tuning.Levels]int{3, 3, 3, 3}, Matches: refused("", 942100, "ARGS:q", 0).Matches})
		write(t, one, other)

		for _, size := range []int{1, 50} {
			got := findings(t, store, query(all()), size)
			if len(got) != 2 || got[0].Rule != 941100 {
				t.Fatalf("%+v", got)
			}
			f := got[1]
			if f.Requests != 3 || f.Refused != 2 || f.Lowest != 3 || f.Highest != 15 || f.Points != 5 || fmt.Sprint(f.Examples) != "[r5]" || !f.Last.Equal(now.now) {
				t.Errorf("%+v", f)
			}
		}
		q := query(all())
		q.Since = "2026-03-05"
		if got := findings(t, store, q, 50); len(got) != 1 || got[0].Requests != 1 || got[0].Refused != 0 {
			t.Errorf("since a day: %+v", got)
		}
		q = query(all())
		q.Rule = 941100
		if got := findings(t, store, q, 50); len(got) != 1 || got[0].Refused != 1 || fmt.Sprint(got[0].Examples) != "[r4]" {
			t.Errorf("of a rule: %+v", got)
		}
		bars, err := store.Bars(t.Context(), query(all()), kernel.PageRequest{})
		if err != nil || len(bars.Items) != 1 || fmt.Sprint(bars.Items[0].Bars) != "[{1 0 1 0 0} {1 3 1 0 0} {1 5 2 2 0} {1 15 1 1 0}]" {
			t.Errorf("%+v, %v", bars, err)
		}
	})
}

func TestPeopleSeeWhatTheyReach(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{tuningsql.Migrations()}, func(t *testing.T, d *db.DB) {
		store := tuningsql.NewStore(d)
		c := &tuning.Counts{Store: store, Clock: noon().time}
		for _, p := range []tuning.Place{place("dev", "orders"), place("dev", "users"), place("prod", "orders")} {
			c.Of(p).Count(refused("r", 942100, "ARGS:q", 5))
		}
		foreign := place("dev", "orders")
		foreign.Scope.Tenant = "other"
		c.Of(foreign).Count(refused("theirs", 942100, "ARGS:q", 5))
		foreign.Route = "theirs"
		c.Of(foreign).Count(refused("theirs", 942100, "ARGS:q", 5))
		write(t, c)
		dev := kernel.Reach{Stages: []kernel.Scope{{Project: "shop", Stage: "dev"}}}
		for name, want := range map[string]struct {
			q    tuning.Query
			many int
		}{
			"the tenant": {query(all()), 3}, "a stage": {query(dev), 2}, "nothing": {query(kernel.Reach{}), 0},
			"a scope": {tuning.Query{Scope: place("prod", "").Scope, Within: all()}, 1}, "a route": {tuning.Query{Scope: kernel.Scope{Tenant: "acme"}, Within: all(), Route: "users"}, 1},
		} {
			got := findings(t, store, want.q, 50)
			if len(got) != want.many || slices.ContainsFunc(got, func(f tuning.Finding) bool { return f.Requests != 1 }) {
				t.Errorf("%s: %+v", name, got)
			}
			var places []string
			for cursor := ""; ; {
				page, err := store.Bars(t.Context(), want.q, kernel.PageRequest{Limit: 1, Cursor: cursor})
				if err != nil {
					t.Fatal(err)
				}
				for _, h := range page.Items {
					if len(h.Bars) != 1 || h.Bars[0].Requests != 1 {
						t.Errorf("%s: %+v", name, h)
					}
					places = append(places, h.Scope.Stage+"/"+h.Route)
				}
				if cursor = page.Next; cursor == "" {
					break
				}
			}
			if len(slices.Compact(places)) != want.many {
				t.Errorf("%s: %q", name, places)
			}
		}
		for _, bad := range []string{"x", "a/b/c/d/e"} {
			if _, err := store.Findings(t.Context(), query(all()), kernel.PageRequest{Cursor: bad}); !kernel.Is(err, kernel.Invalid) {
				t.Errorf("cursor %s: %v", bad, err)
			}
		}
	})
}

func TestWhatClientsChooseIsBounded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{tuningsql.Migrations()}, func(t *testing.T, d *db.DB) {
		store := tuningsql.NewStore(d)
		at := place("dev", "orders")
		c := &tuning.Counts{Store: store, Clock: noon().time}
		const rounds, each = 2, 700
		for round := range rounds { // what is kept counts, too
			for i := range each {
				c.Of(at).Count(refused("r", 942100, fmt.Sprintf("ARGS:p%d-%d", round, i), 5))
			}
			write(t, c)
		}
		for i := range 2 * each { // rules are bounded as well
			c.Of(at).Count(refused("r", i, "REQUEST_COOKIES:c", 5))
		}
		write(t, c)
		got := findings(t, store, query(all()), kernel.MaxPageSize)
		var sum, folded int64
		others := 0
		for _, f := range got {
			sum += f.Requests
			if f.Target == "ARGS" {
				folded += f.Requests
			}
			if f.Target == tuning.Others {
				others++
			}
		}
		if sum != (rounds+2)*each || folded < each || others < each || len(got) > 3000 {
			t.Errorf("%d findings of %d requests, %d of them not told apart, %d rules without targets", len(got), sum, folded, others)
		}
	})
}

// failing is a store that does not work for a while.
type failing struct {
	tuning.Store

	broken bool
	// during happens while something is written.
	during func()
}

func (f *failing) Add(ctx context.Context, all []tuning.Batch) error {
	if f.broken {
		f.during()
		return errors.New("the database is away")
	}
	return f.Store.Add(ctx, all)
}

func TestCountsGoOnWhereTheyCannotBeWritten(t *testing.T) {
	t.Parallel()
	store := &failing{Store: tuningsql.NewStore(dbtest.SQLite(t, tuningsql.Migrations())), broken: true}
	now := noon()
	c := &tuning.Counts{Store: store, Clock: now.time}
	at := place("dev", "orders")
	store.during = func() {
		for range 2 {
			c.Of(at).Count(refused("r2", 942100, "ARGS:q", 3))
		}
	}
	c.Of(at).Count(refused("r0", 942100, "ARGS:q", 5))
	c.Of(at).Count(refused("r1", 942100, "ARGS:q", 5))
	if err := c.Write(t.Context()); err == nil {
		t.Fatal("what failed is not told")
	}
	c.Of(at).Count(refused("r3", 942100, "ARGS:q", 7))
	store.broken = false
	write(t, c)
	write(t, c)
	got := findings(t, store, query(all()), 50)
	if len(got) != 1 || got[0].Requests != 5 || got[0].Refused != 5 || got[0].Lowest != 3 || got[0].Highest != 7 || fmt.Sprint(got[0].Examples) != "[r3 r2 r2]" {
		t.Errorf("%+v", got)
	}
	bars, err := store.Bars(t.Context(), query(all()), kernel.PageRequest{})
	if err != nil || fmt.Sprint(bars.Items[0].Bars) != "[{1 3 2 2 0} {1 5 2 2 0} {1 7 1 1 0}]" {
		t.Errorf("%+v, %v", bars, err)
	}
}

func TestManyRoutesAreWritten(t *testing.T) {
	t.Parallel()
	store := &failing{Store: tuningsql.NewStore(dbtest.SQLite(t, tuningsql.Migrations())), broken: true, during: func() {}}
	c := &tuning.Counts{Store: store, Clock: noon().time}
	const many = 250
	for i := range many {
		c.Of(place("dev", fmt.Sprint("r", i))).Count(refused("r", 942100, "ARGS:q", 5))
	}
	if err := c.Write(t.Context()); err == nil {
		t.Error("what failed is not told")
	}
	store.broken = false
	write(t, c)
	if got := findings(t, store, query(all()), kernel.MaxPageSize); len(got) != many {
		t.Errorf("%d of %d routes are written", len(got), many)
	}
}

func TestOneRequestCountsOnce(t *testing.T) {
	t.Parallel()
	store := tuningsql.NewStore(dbtest.SQLite(t, tuningsql.Migrations()))
	c := &tuning.Counts{Store: store, Clock: noon().time}
	j := refused("r", 942100, "ARGS:q", 1000)
	j.Matches, j.Denied = append(j.Matches, j.Matches...), true
	c.Of(place("dev", "orders")).Count(j)
	write(t, c)
	if got := findings(t, store, query(all()), 50); len(got) != 1 || got[0].Requests != 1 {
		t.Errorf("%+v", got)
	}
	bars, err := store.Bars(t.Context(), query(all()), kernel.PageRequest{})
	if err != nil || fmt.Sprint(bars.Items[0].Bars) != "[{1 100 1 1 1}]" {
		t.Errorf("%+v, %v", bars, err)
	}
}

func TestWhatIsOldOrGoneIsRemoved(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, []db.Migrations{tuningsql.Migrations()}, func(t *testing.T, d *db.DB) {
		store, now := tuningsql.NewStore(d), noon()
		c := &tuning.Counts{Store: store, Clock: now.time}
		stays, goes := place("dev", "orders"), place("dev", "users")
		for _, p := range []tuning.Place{stays, goes} {
			c.Of(p).Count(refused("r", 942100, "ARGS:q", 5))
		}
		write(t, c)
		live := func(p tuning.Place) bool { return p == stays }
		if err := c.Tidy(t.Context(), live); err != nil {
			t.Fatal(err)
		}
		if got := findings(t, store, query(all()), 50); len(got) != 1 || got[0].Route != "orders" {
			t.Errorf("%+v", got)
		}
		if places, err := store.Places(t.Context()); err != nil || len(places) != 1 || places[0] != stays {
			t.Errorf("%v, %v", places, err)
		}
		for _, step := range []struct{ days, want int }{{29, 1}, {31, 0}} {
			now.now = noon().now.AddDate(0, 0, step.days)
			if err := c.Tidy(t.Context(), live); err != nil {
				t.Fatal(err)
			}
			if places, err := store.Places(t.Context()); err != nil || len(places) != step.want {
				t.Errorf("after %d days: %v, %v", step.days, places, err)
			}
		}
	})
}
