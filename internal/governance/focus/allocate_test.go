package focus_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func rules(spec string) []byte {
	return []byte("apiVersion: terrace.dev/v1\nkind: CostAllocation\nspec:\n" + spec)
}

// october has two projects, a shared cluster, and something that nobody tagged.
func october() string {
	return file(
		row{cost: "30", tags: tags("shop", "dev")}, row{cost: "60", tags: tags("shop", "prod")}, row{cost: "10", tags: tags("news", "prod")},
		row{cost: "100", service: "Kubernetes Service", resource: "/clusters/one"}, row{cost: "7", service: "DNS", resource: "/zones/a"}, row{cost: "8", currency: "USD", tags: tags("news", "prod")},
	)
}

func TestSharedCosts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.take(t, october(), focus.ImportRequest{})
		shared := "  shared:\n    - {name: cluster, match: {service: kubernetes*}, over: project, how: "
		for name, c := range map[string]struct {
			spec string
			want []string
		}{
			"none":         {"  tags: {}\n", []string{"/ EUR 107.00+0.00", "news/prod EUR 10.00+0.00", "news/prod USD 8.00+0.00", "shop/dev EUR 30.00+0.00", "shop/prod EUR 60.00+0.00"}},
			"proportional": {shared + "proportional}\n", []string{"/ EUR 7.00+0.00", "news/prod EUR 10.00+10.00", "news/prod USD 8.00+0.00", "shop/dev EUR 30.00+30.00", "shop/prod EUR 60.00+60.00"}},
			"even":         {shared + "even}\n", []string{"/ EUR 7.00+0.00", "news/prod EUR 10.00+50.00", "news/prod USD 8.00+0.00", "shop/dev EUR 30.00+16.666666666666", "shop/prod EUR 60.00+33.333333333334"}},
			"fixed": {shared + "fixed, shares: {shop: 30, blog: 12.5}}\n", []string{
				"/ EUR 7.00+57.50", "blog/ EUR 0.00+12.50", "news/prod EUR 10.00+0.00", "news/prod USD 8.00+0.00", "shop/dev EUR 30.00+10.00", "shop/prod EUR 60.00+20.00",
			}},
			"assigned": {"  assign: [{name: dns, match: {resource: /zones/*}, set: {project: net, stage: prod}}]\n", []string{
				"/ EUR 100.00+0.00", "net/prod EUR 7.00+0.00", "news/prod EUR 10.00+0.00", "news/prod USD 8.00+0.00", "shop/dev EUR 30.00+0.00", "shop/prod EUR 60.00+0.00",
			}},
			"nobody to divide it among": {"  shared: [{name: cluster, match: {service: kubernetes*}, over: owner, how: even}]\n", []string{
				"/ EUR 7.00+100.00", "news/prod EUR 10.00+0.00", "news/prod USD 8.00+0.00", "shop/dev EUR 30.00+0.00", "shop/prod EUR 60.00+0.00",
			}},
		} {
			if _, err := b.SetRules(ada(), acme, "rules.yaml", rules(c.spec)); err != nil {
				t.Fatal(name, err)
			}
			same(t, name, b.lines(t, acme, focus.Query{}), c.want)
			r, err := b.Showback(ada(), acme, focus.Query{})
			if err != nil || len(r.Totals) != 2 || r.Totals[0].Total.String() != "207.00" || r.Totals[1].Total.String() != "8.00" {
				t.Errorf("%s: the totals are %v, %v", name, r.Totals, err)
			}
		}
	})
}

func TestAProjectSeesItsOwn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.take(t, october(), focus.ImportRequest{})
		same(t, "shop", b.lines(t, acme.InProject("shop"), focus.Query{}), []string{"shop/dev EUR 30.00+0.00", "shop/prod EUR 60.00+0.00"})
		r, err := b.Showback(ada(), acme.InProject("shop"), focus.Query{By: []focus.Dimension{focus.ByService}})
		if err != nil || len(r.Lines) != 1 || r.Lines[0].Service != "Virtual Machines" || len(r.Coverage) != 0 {
			t.Errorf("%+v %v", r, err)
		}
	})
}

func TestEstimatesBesideCosts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.take(t, october(), focus.ImportRequest{})
		eur := func(project, stage, workload string, milli int64) focus.Estimate {
			return focus.Estimate{Scope: kernel.Scope{Tenant: "acme", Project: project, Stage: stage}, Workload: workload, Currency: "EUR", Monthly: focus.Amount{Milli: milli}}
		}
		b.rooms.estimates = []focus.Estimate{eur("shop", "dev", "web", 20_000), eur("shop", "dev", "api", 15_500), eur("gone", "dev", "web", 1_000)}
		r, err := b.Showback(ada(), acme, focus.Query{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range r.Lines {
			if l.Estimate != nil {
				got = append(got, fmt.Sprintf("%s/%s %s %s", l.Project, l.Stage, l.Estimate, l.Difference))
			}
		}
		same(t, "estimates", got, []string{"shop/dev 35.50 -5.50", "gone/dev 1.00 -1.00"})
	})
}

// Of a month that goes on, charges are compared with the estimates of their days, and a
// forecast is made of both.
func TestAMonthThatGoesOnIsComparedAsFarAsItIsCharged(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		text := header
		for day, cost := range map[string]string{"2026-11-01": "6", "2026-11-15": "10"} {
			text += row{cost: cost, month: "2026-11", day: day, tags: `{"project":"shop","stage":"dev"}`}.String()
		}
		b.take(t, text, focus.ImportRequest{})
		b.rooms.estimates = []focus.Estimate{
			{Scope: kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}, Workload: "web", Currency: "EUR", Monthly: focus.Amount{Milli: 30_000}},
			{Scope: kernel.Scope{Tenant: "acme", Project: "new", Stage: "dev"}, Workload: "web", Currency: "EUR", Monthly: focus.Amount{Milli: 60_000}},
		}
		r, err := b.Showback(ada(), acme, focus.Query{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range r.Lines {
			got = append(got, fmt.Sprintf("%s paid %s of %s (%s), in all %s", l.Project, l.Total, l.Estimate, l.Difference, l.Forecast))
		}
		same(t, "lines", got, []string{"shop paid 16.00 of 15.00 (1.00), in all 31.00", "new paid 0.00 of 30.00 (-30.00), in all 30.00"})
		if r.EstimatedUntil != "2026-11-15" || !strings.Contains(strings.Join(r.Notes, "\n"), "the month goes on: charges and estimates are compared up to 2026-11-15") {
			t.Errorf("until %s: %q", r.EstimatedUntil, r.Notes)
		}
	})
}

func TestRulesThatAreNone(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]string{
		"a wrong dimension":  "  shared: [{name: a, match: {service: x}, over: team, how: even}]\n",
		"an empty match":     "  shared: [{name: a, match: {}, over: project, how: even}]\n",
		"no shares":          "  shared: [{name: a, match: {service: x}, over: project, how: fixed}]\n",
		"shares over 100":    "  shared: [{name: a, match: {service: x}, over: project, how: fixed, shares: {a: 60, b: 41}}]\n",
		"no percentage":      "  shared: [{name: a, match: {service: x}, over: project, how: fixed, shares: {a: -1}}]\n",
		"shares of even":     "  shared: [{name: a, match: {service: x}, over: project, how: even, shares: {a: 1}}]\n",
		"an unknown way":     "  shared: [{name: a, match: {service: x}, over: project, how: fair}]\n",
		"a key too many":     "  shares: []\n",
		"a tag of nothing":   "  tags: {team: [team]}\n",
		"a set of something": "  assign: [{name: a, match: {service: x}, set: {colour: red}}]\n",
	} {
		if _, err := focus.ParseRules("rules.yaml", rules(spec)); !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), "rules.yaml:4:") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
