package leak_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	guess = "c0rrect-H0rse-Battery-9-Staple"
	wrong = "c0rrect-H0rse-Battery-8-Staple"
)

var (
	prod    = shop.InStage("prod")
	billing = kernel.Scope{Tenant: "acme", Project: "billing"}
)

// members may read the findings of projects, and the secrets of those that are named so.
type members map[string]string

func (m members) Authorize(ctx context.Context, action string, scope kernel.Scope) error {
	actor, _ := kernel.ActorFrom(ctx)
	if has := m[actor.Name]; actor.Kind == kernel.ActorSystem || strings.Contains(has, action+"@"+scope.Project) {
		return nil
	}
	return kernel.Errorf(kernel.Denied, "you may not %s", action)
}

func (m members) Allowed(ctx context.Context, action string, _ kernel.Scope) (r kernel.Reach, err error) {
	actor, _ := kernel.ActorFrom(ctx)
	for _, project := range []string{"shop", "billing"} {
		if strings.Contains(m[actor.Name], action+"@"+project) {
			r.Projects = append(r.Projects, project)
		}
	}
	return r, nil
}

func named(t *testing.T, name string) context.Context {
	t.Helper()
	return kernel.WithActor(t.Context(), kernel.Actor{ID: "user_" + name, Name: name, Kind: kernel.ActorUser, Tenant: "acme"})
}

// withSecret is a bench where shop has the secret that is guessed in billing.
func (b *bench) withSecret(t *testing.T) {
	t.Helper()
	if _, err := b.secrets.Put(as(t, "acme"), prod, "db", guess); err != nil {
		t.Fatal(err)
	}
	b.Authorizer = members{
		"eve": "leak.read@billing secret.read@billing leak.scan@billing leak.allow@billing",
		"ada": "leak.read@shop secret.read@shop leak.allow@shop",
		"dev": "leak.read@shop leak.allow@shop",
		"all": "leak.read@shop secret.read@shop leak.read@billing secret.read@billing",
	}
}

// later is when all that was found is kept and told.
func (b *bench) later(t *testing.T, by time.Duration) {
	t.Helper()
	b.Settle()
	b.clock.at = b.clock.at.Add(by)
	for _, round := range []func(context.Context) error{b.Silence, b.Tell} {
		if err := round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func (b *bench) listed(t *testing.T, name string) []leak.Finding {
	t.Helper()
	page, err := b.List(named(t, name), kernel.Scope{Tenant: "acme"}, leak.Filter{}, kernel.PageRequest{})
	if err != nil && !kernel.Is(err, kernel.Denied) {
		t.Fatal(err)
	}
	for _, project := range []kernel.Scope{shop, billing} {
		if page, err := b.List(named(t, name), project, leak.Filter{}, kernel.PageRequest{Limit: 100}); err == nil && len(page.Items) > 0 {
			return page.Items
		}
	}
	return page.Items
}

// seenOf is what is told of findings but for what no two have alike.
func seenOf(all []leak.Finding) string {
	var out []string
	for _, f := range all {
		out = append(out, fmt.Sprint(f.Rule, f.Place, f.Secret, f.Redacted, f.State))
	}
	return strings.Join(out, "\n")
}

// TestARightGuessIsAnsweredAsAWrongOne wherever somebody puts it: the report, the list and the
// events of the own project have the same, right or wrong.
func TestARightGuessIsAnsweredAsAWrongOne(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"that a rule finds": "api_key = \"%s\"\n", "that none does": "it is %s.\n"} {
		t.Run(name, func(t *testing.T) { t.Parallel(); answeredAlike(t, text) })
	}
}

func answeredAlike(t *testing.T, text string) {
	t.Helper()
	pull := file("x.yaml")
	pull.Pull = 7
	log := leak.Place{Kind: leak.Log, Workload: "orders", Run: "run_1"}
	each(t, func(t *testing.T, b *bench) {
		b.withSecret(t)
		told := map[string]string{}
		for _, value := range []string{wrong, guess} {
			text := fmt.Sprintf(text, value)
			b.journal.facts = nil
			var got []string
			for _, at := range []leak.Place{file("x.yaml"), pull, log} {
				r := b.inspect(t, billing, at, text)
				got = append(got, seenOf(r.New), seenOf(r.Open), r.Incomplete)
			}
			for _, keep := range []bool{true, false} {
				r, err := b.InspectPlan(named(t, "eve"), billing.InStage("dev"), ofPlan, text, keep, nil, addresses("x.a"))
				got = append(got, seenOf(r.New), seenOf(r.Open), r.Incomplete, fmt.Sprint(err))
			}
			r, err := b.Try(named(t, "eve"), billing, "x.yaml", text)
			got = append(got, seenOf(r.Open), r.Incomplete, fmt.Sprint(err))
			b.later(t, 10*time.Minute)
			got = append(got, seenOf(b.listed(t, "eve")))
			for _, f := range b.journal.facts {
				if f.Scope.Project == "billing" {
					got = append(got, f.Type, fmt.Sprint(f.Data.(map[string]any)["place"]))
				}
			}
			told[value] = strings.Join(got, "\n")
			for _, at := range []leak.Place{file("x.yaml"), log} {
				b.inspect(t, billing, at, "nothing")
			}
			if _, err := b.InspectPlan(named(t, "eve"), billing.InStage("dev"), ofPlan, "nothing", true, nil, addresses("x.a")); err != nil {
				t.Fatal(err)
			}
			if err := b.Vanished(t.Context(), billing, "orders", ""); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(told[wrong], told[guess]); diff != "" {
			t.Error(diff)
		}
		if all := b.listed(t, "ada"); len(all) == 0 || strings.Contains(fmt.Sprint(all), "billing@") {
			t.Errorf("those whose secret it is have %+v", all)
		}
	})
}

// TestASecretInAnotherProjectIsToldInItsOwn to those who may read it: where it stands as far as
// they may see that, and who brought it there.
func TestASecretInAnotherProjectIsToldInItsOwn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.withSecret(t)
		at := file("secret-plans.yaml")
		at.Pull, at.By = 7, "eve"
		b.inspect(t, billing, at, "it is "+guess)
		b.Settle()
		all := b.listed(t, "ada")
		if len(all) != 1 || all[0].Scope != prod || all[0].Secret != "shop/prod/db@1" || all[0].State != leak.Open {
			t.Fatalf("%+v", all)
		}
		f := all[0]
		if where := f.Where(); where != "a repository of the project billing, by eve" || f.Place != (leak.Place{Kind: leak.Repository}) {
			t.Errorf("for who is not in billing: %q, %+v", where, f.Place)
		}
		if all := b.listed(t, "all"); len(all) != 1 || all[0].Where() != "orders/secret-plans.yaml:1:7, in the project billing, by eve" {
			t.Errorf("for who is in both: %+v", all)
		}
		for _, name := range []string{"dev", "eve"} {
			if all := b.listed(t, name); len(all) != 0 {
				t.Errorf("%s has %+v", name, all)
			}
			if _, err := b.Get(named(t, name), "acme", f.ID); !kernel.Is(err, kernel.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := b.Allow(named(t, name), "acme", f.ID, "x", time.Time{}); !kernel.Is(err, kernel.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if b.journal.types() != "" {
			t.Errorf("told at once: %s", b.journal.types())
		}
		b.later(t, 10*time.Minute)
		b.later(t, 10*time.Minute)
		last := b.journal.facts[len(b.journal.facts)-1]
		data := asText(last.Data)
		if b.journal.types() != "secret.leaked" || last.Scope != prod || last.Subject != f.ID || strings.Contains(data, "plans") || !strings.Contains(data, "billing, by eve") || !strings.Contains(data, `"source":"billing"`) {
			t.Errorf("%s: %+v", b.journal.types(), last)
		}
		b.Decided = func(context.Context, kernel.Scope, string, int) error {
			t.Error("the check of the other project is made again")
			return nil
		}
		if f, err := b.Allow(named(t, "ada"), "acme", f.ID, "rotated", time.Time{}); err != nil || f.State != leak.Allowed || f.Place.Path != "" {
			t.Errorf("%+v, %v", f, err)
		}
		b.inspect(t, billing, at, "it is "+guess)
		b.later(t, 10*time.Minute)
		if b.journal.types() != "secret.leaked secret.leak_allowed" {
			t.Errorf("what is allowed: %s", b.journal.types())
		}
	})
}

// TestNobodyFloodsTheFindingsOfOthers: of many places one tells, and a value that comes and goes
// is told once.
func TestNobodyFloodsTheFindingsOfOthers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.withSecret(t)
		for n := range 30 {
			b.inspect(t, billing, file(fmt.Sprintf("%02d.yaml", n)), guess)
		}
		b.later(t, 10*time.Minute)
		all := b.listed(t, "ada")
		if len(all) == 0 {
			t.Fatal("there are none")
		}
		if len(all) != 21 || !all[0].Source.More || all[0].Where() != "more places in the project billing" {
			t.Fatalf("%d, the newest is %+v", len(all), all[0])
		}
		more := all[0].ID
		if n := strings.Count(b.journal.types(), "secret.leaked"); n != 21 {
			t.Errorf("told %d times", n)
		}
		b.journal.facts = nil
		for range 3 {
			b.inspect(t, billing, file("00.yaml"), "nothing")
			b.later(t, 10*time.Minute)
			b.inspect(t, billing, file("00.yaml"), guess)
			b.inspect(t, billing, file("29.yaml"), guess)
			b.later(t, 10*time.Minute)
		}
		if got := b.journal.types(); got != "" {
			t.Errorf("what comes and goes: %s", got)
		}
		b.inspect(t, billing, file("00.yaml"), "nothing")
		b.later(t, 25*time.Hour)
		if _, err := b.Resolve(named(t, "ada"), "acme", more, "they were told"); err != nil {
			t.Fatal(err)
		}
		if got := b.journal.types(); got != "secret.leak_resolved secret.leak_resolved" {
			t.Errorf("what stays away, and what is ended by hand: %s", got)
		}
		b.inspect(t, billing, file("28.yaml"), guess)
		b.inspect(t, billing, file("29.yaml"), guess)
		b.later(t, 10*time.Minute)
		if all := b.listed(t, "ada"); len(all) != 21 || !strings.HasSuffix(b.journal.types(), "resolved secret.leaked secret.leaked") {
			t.Errorf("%d, and %s", len(all), b.journal.types())
		}
	})
}

// TestWhatIsGoneWithItsPlaceEnds, in the own project at once, in another one after a day.
func TestWhatIsGoneWithItsPlaceEnds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.withSecret(t)
		log := leak.Place{Kind: leak.Log, Workload: "orders", Run: "run_2"}
		branch := file("x.yaml")
		branch.Branch = "main"
		own := b.inspect(t, billing, log, key+" "+guess).New[0].ID
		b.inspect(t, billing, branch, guess)
		if all := b.listed(t, "ada"); len(all) != 2 {
			t.Fatalf("%+v", all)
		}
		before := log
		before.Run = "run_1"
		for _, at := range []leak.Place{before, log} {
			if err := b.Gone(t.Context(), billing, at, "the log is gone"); err != nil {
				t.Fatal(err)
			}
			want := leak.Open
			if at == log {
				want = leak.Resolved
			}
			if f, err := b.Get(named(t, "eve"), "acme", own); err != nil || f.State != want {
				t.Errorf("without the log of %s it is %s, %v", at.Run, f.State, err)
			}
		}
		if last := b.journal.facts[len(b.journal.facts)-1]; last.Reason != "the log is gone" {
			t.Errorf("%+v", last)
		}
		if err := b.Vanished(t.Context(), billing, "orders", "main"); err != nil {
			t.Fatal(err)
		}
		if all := b.listed(t, "ada"); len(all) != 2 {
			t.Errorf("at once: %+v", all)
		}
		b.later(t, 25*time.Hour)
		if all := b.listed(t, "ada"); len(all) != 0 {
			t.Errorf("a day later: %+v", all)
		}
	})
}
