package audit_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/terrace-idp/terrace/internal/access/audit"
	"github.com/terrace-idp/terrace/internal/access/audit/auditsql"
	"github.com/terrace-idp/terrace/internal/access/audit/chain"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func TestSearches(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *audit.Service, d *db.DB) {
		hand := newHand()
		s := newServiceAt(d, hand.clock())
		for i, typ := range []string{"run.approved", "session.refused", "run.failed", "secret.read", "run.approved"} {
			ctx := kernel.WithAddress(as(t.Context(), "ada"), fmt.Sprintf("192.0.2.%d", i))
			f := kernel.Fact{Type: typ, Scope: scope(), Subject: "Thing_" + strconv.Itoa(i), Reason: "100% sure", Data: map[string]string{"path": "Shop/DB"}}
			if i%2 == 0 {
				f.Scope = scope().InProject("demo")
			}
			if err := s.Record(kernel.WithRequestID(ctx, "req_"+strconv.Itoa(i)), f); err != nil {
				t.Fatal(err)
			}
			hand.at = hand.at.Add(time.Hour)
		}
		at := newHand().at
		for name, c := range map[string]struct {
			who    string
			filter audit.Filter
			want   string
		}{
			"everything":             {"ada", audit.Filter{}, "5 4 3 2 1"},
			"a type":                 {"ada", audit.Filter{Type: "run.approved"}, "5 1"},
			"all of a thing":         {"ada", audit.Filter{Type: "run.*"}, "5 3 1"},
			"a request":              {"ada", audit.Filter{RequestID: "req_3"}, "4"},
			"an address":             {"ada", audit.Filter{Address: "192.0.2.2"}, "3"},
			"what failed":            {"ada", audit.Filter{Outcome: "failed"}, "3"},
			"what was refused":       {"ada", audit.Filter{Outcome: "refused"}, "2"},
			"what was done":          {"ada", audit.Filter{Outcome: "done"}, "5 4 1"},
			"a text in the data":     {"ada", audit.Filter{Text: "shop/db"}, "5 4 3 2 1"},
			"a text in the subject":  {"ada", audit.Filter{Text: "thing_2"}, "3"},
			"signs are no patterns":  {"ada", audit.Filter{Text: "0% s"}, "5 4 3 2 1"},
			"nor is any of them":     {"ada", audit.Filter{Text: "%_%"}, ""},
			"since":                  {"ada", audit.Filter{Since: at.Add(2 * time.Hour)}, "5 4 3"},
			"until":                  {"ada", audit.Filter{Until: at.Add(2 * time.Hour)}, "2 1"},
			"a time and a type":      {"ada", audit.Filter{Since: at.Add(time.Hour), Until: at.Add(4 * time.Hour), Type: "run.*"}, "3"},
			"a member":               {"member", audit.Filter{}, "5 3 1"},
			"a member, by type":      {"member", audit.Filter{Type: "secret.read"}, ""},
			"a member, by address":   {"member", audit.Filter{Address: "192.0.2.0"}, "5 3 1"},
			"a member, by a subject": {"member", audit.Filter{Subject: "Thing_3"}, ""},
		} {
			page, err := s.List(as(t.Context(), c.who), scope(), c.filter, kernel.PageRequest{})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			var got []string
			for _, e := range page.Items {
				got = append(got, strconv.FormatInt(e.Seq, 10))
				if (c.who == "ada") != (e.Address != "") {
					t.Errorf("%s: %+v", name, e)
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
		}
		for name, c := range map[string]struct {
			want        audit.Wanted
			first, last int64
		}{
			"a time":   {audit.Wanted{Filter: audit.Filter{Since: at.Add(time.Hour), Until: at.Add(3 * time.Hour)}}, 2, 3},
			"from":     {audit.Wanted{Range: audit.Range{From: 4}}, 4, 5},
			"the rest": {audit.Wanted{Range: audit.Range{From: 6}}, 6, 5},
		} {
			v, err := chain.Verify(strings.NewReader(exported(t, s, c.want)), chain.Options{})
			if err != nil || v.Broken != nil || v.From != c.first || v.Last != c.last {
				t.Errorf("%s: %+v %v", name, v, err)
			}
		}
		if _, err := s.Export(as(t.Context(), "ada"), scope(), audit.Wanted{Filter: audit.Filter{Since: at.Add(9 * time.Hour)}}); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("a time in which nothing happened: %v", err)
		}
	})
}

func TestRefusalsAreRecordedOnceInAWhile(t *testing.T) {
	t.Parallel()
	hand := newHand()
	s := newServiceAt(dbtest.SQLite(t, auditsql.Migrations()), hand.clock())
	journal := &notes{}
	s.Journal = journal
	refuse := func() {
		s.Refused(as(t.Context(), "bob"), "PUT", "/api/v1/projects/{project}/stages/{stage}/x", "/api/v1/projects/shop/stages/dev/x")
	}
	for range 5 {
		refuse()
	}
	hand.at = hand.at.Add(2 * time.Minute)
	refuse()
	s.Refused(context.WithoutCancel(t.Context()), "GET", "/x", "/x") // nobody
	for n := range 30 {                                              // one name after the other
		s.Refused(as(t.Context(), "bob"), "PUT", "/api/v1/projects/{project}/stages/{stage}/x", fmt.Sprintf("/api/v1/projects/shop/stages/dev%d/x", n))
	}
	if len(journal.facts) != 2+19 || journal.facts[20].Data.(map[string]any)["path"] != "/api/v1/projects/shop/stages/dev18/x" {
		t.Fatalf("%+v", journal.facts)
	}
	last := journal.facts[1]
	if last.Data.(map[string]any)["times"] != 5 || last.Scope != scope().InProject("shop").InStage("dev") || last.Type != "access.refused" {
		t.Errorf("%+v", last)
	}
}

// TestARefusalKeepsNoLongAddress: who is refused makes the address up.
func TestARefusalKeepsNoLongAddress(t *testing.T) {
	t.Parallel()
	s := newServiceAt(dbtest.SQLite(t, auditsql.Migrations()), newHand().clock())
	journal := &notes{}
	s.Journal = journal
	long := strings.Repeat("é", 5_000)
	s.Refused(as(t.Context(), "bob"), "PUT", "/projects/{project}", "/projects/"+long)
	fact := journal.facts[0]
	path, _ := fact.Data.(map[string]any)["path"].(string)
	if len(path) < 500 || len(path) > 520 || len(fact.Scope.Project) > 70 || !utf8.ValidString(path+fact.Scope.Project) {
		t.Errorf("a path of %d bytes, and a project of %d", len(path), len(fact.Scope.Project))
	}
}
