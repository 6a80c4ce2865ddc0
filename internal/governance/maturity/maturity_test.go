package maturity_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/maturity"
	"github.com/terrace-idp/terrace/internal/governance/maturity/maturitysql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

var acme = kernel.Scope{Tenant: "acme"}

type rooms struct {
	figures map[string]maturity.Figure
	facts   []kernel.Fact
	denied  string
}

func (r *rooms) Measure(context.Context, kernel.Scope) (map[string]maturity.Figure, error) {
	return r.figures, nil
}

func (r *rooms) Record(_ context.Context, f kernel.Fact) error {
	r.facts = append(r.facts, f)
	return nil
}

func (r *rooms) Authorize(_ context.Context, action string, _ kernel.Scope) error {
	if action == r.denied {
		return kernel.Errorf(kernel.Denied, "ada may not do %s", action)
	}
	return nil
}

func clock() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }

func ada() context.Context {
	return kernel.WithActor(context.Background(), kernel.Actor{ID: "usr_1", Name: "ada", Kind: kernel.ActorUser, Tenant: "acme"})
}

func each(t *testing.T, test func(t *testing.T, s *maturity.Service, r *rooms)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{maturitysql.Migrations()}, func(t *testing.T, d *db.DB) {
		r := &rooms{figures: map[string]maturity.Figure{}}
		s, err := maturity.New(maturity.Config{Store: maturitysql.NewStore(d), Evidence: r, Authorizer: r, Journal: r, Tx: d, Clock: clock})
		if err != nil {
			t.Fatal(err)
		}
		test(t, s, r)
	})
}

func level(t *testing.T, s *maturity.Service, id string) maturity.Result {
	t.Helper()
	a, err := s.Assess(ada(), acme)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range a.Capabilities {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("there is no %s", id)
	return maturity.Result{}
}

func TestTheCapabilities(t *testing.T) {
	t.Parallel()
	all, err := maturity.Capabilities()
	if err != nil || len(all) != 22 {
		t.Fatalf("%d capabilities, %v", len(all), err)
	}
	domains, ids := map[string]int{}, map[string]bool{}
	for _, c := range all {
		domains[c.Domain]++
		if ids[c.ID] {
			t.Errorf("%s is there twice", c.ID)
		}
		ids[c.ID] = true
		for _, l := range maturity.Levels() {
			if len(c.At(l)) == 0 {
				t.Errorf("%s has nothing that proves %s", c.ID, l)
			}
			for _, k := range c.At(l) {
				if k.Text == "" || (k.Measure == "") != (k.AtLeast == nil && k.AtMost == nil) {
					t.Errorf("%s %s: %+v", c.ID, l, k)
				}
			}
		}
	}
	if domains["Understand"] != 4 || domains["Quantify"] != 5 || domains["Optimize"] != 5 || domains["Manage"] != 8 {
		t.Errorf("domains: %v", domains)
	}
}

func TestEvidenceAndAnswers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *maturity.Service, r *rooms) {
		if c := level(t, s, "data-ingestion"); c.Level != maturity.NotBegun || c.Criteria[0].State != maturity.Open || c.Criteria[0].Source != "answer" {
			t.Errorf("what cannot be measured is asked: %+v", c)
		}
		r.figures["costs/months"] = maturity.Figure{Value: 13, From: "imports"}
		r.figures["costs/age-days"] = maturity.Figure{Value: 2, From: "imports"}
		if c := level(t, s, "data-ingestion"); c.Level != maturity.Crawl || c.Criteria[3].State != maturity.Met || c.Criteria[2].State != maturity.Open {
			t.Errorf("a level above one that is not proved does not count: %+v", c)
		}
		a, err := s.Answer(ada(), acme, []maturity.Answer{{Criterion: "data-ingestion-walk-2", Met: true, Note: "a job fetches them"}, {Criterion: "data-ingestion-crawl-1", Met: false}})
		if err != nil || a.Reached[maturity.Run] != 1 {
			t.Errorf("%v %v", a.Reached, err)
		}
		c := level(t, s, "data-ingestion")
		if c.Level != maturity.Run || c.Criteria[0].Source != "evidence" {
			t.Errorf("evidence decides over an answer: %+v", c)
		}
		if got := c.Criteria[2].Answer; got == nil || got.By != "ada" || !got.At.Equal(clock()) || got.Note != "a job fetches them" {
			t.Errorf("%+v", got)
		}
		r.figures["costs/age-days"] = maturity.Figure{Value: 40, From: "imports"}
		if c := level(t, s, "data-ingestion"); c.Level != maturity.Crawl {
			t.Errorf("old data: %s", c.Level)
		}
		if len(r.facts) != 2 || r.facts[0].Type != "maturity.answered" {
			t.Errorf("%+v", r.facts)
		}
	})
}

func TestTheAssessmentAssessesItself(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *maturity.Service, _ *rooms) {
		a, err := s.Assess(ada(), acme)
		if err != nil {
			t.Fatal(err)
		}
		var all []maturity.Answer
		for _, c := range a.Capabilities {
			for _, p := range c.Criteria {
				if p.Source == "answer" && !strings.HasPrefix(p.ID, "assessment-") {
					all = append(all, maturity.Answer{Criterion: p.ID, Met: true})
				}
			}
		}
		if a, err = s.Answer(ada(), acme, all); err != nil || a.Reached[maturity.Run] != 22 || a.Open != 0 {
			t.Errorf("%v, %d open, %v", a.Reached, a.Open, err)
		}
	})
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *maturity.Service, r *rooms) {
		if _, err := s.Answer(ada(), acme, []maturity.Answer{{Criterion: "luck-run-1"}}); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("%v", err)
		}
		if _, err := s.Answer(ada(), acme, []maturity.Answer{{Criterion: "allocation-run-1", Note: strings.Repeat("x", 3000)}}); !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%v", err)
		}
		r.denied = "maturity.answer"
		if _, err := s.Answer(ada(), acme, nil); !kernel.Is(err, kernel.Denied) {
			t.Errorf("%v", err)
		}
		r.denied = "maturity.read"
		if _, err := s.Assess(ada(), acme); !kernel.Is(err, kernel.Denied) {
			t.Errorf("%v", err)
		}
	})
}
