package waf_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/tuning"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/tuning/tuningsql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaydoc"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// guarded is a gateway with the firewall, and what people ask about it.
type guarded struct {
	*filtertest.Gateway

	kind     *waf.Kind
	counts   *tuning.Counts
	tuning   *tuning.Service
	access   *records
	registry *prometheus.Registry
}

// everyone may do everything.
type everyone struct{}

func (everyone) Authorize(context.Context, string, kernel.Scope) error { return nil }

func (everyone) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return kernel.Reach{All: true}, nil
}

func (everyone) Check(string) error { return nil }

// guard serves through a gateway with a policy of the stage.
func guard(t *testing.T, spec string) *guarded {
	t.Helper()
	g := &guarded{access: &records{}, registry: prometheus.NewRegistry()}
	m, err := waf.NewMetrics(g.registry)
	if err != nil {
		t.Fatal(err)
	}
	store := tuningsql.NewStore(dbtest.SQLite(t, tuningsql.Migrations()))
	g.counts = &tuning.Counts{Store: store}
	g.kind = waf.NewKind(slog.New(slog.DiscardHandler), m, g.counts)
	g.Gateway = filtertest.StartWith(t, filtertest.Options{AccessLog: g.access}, filtertest.Echo, g.kind)
	g.Routes.Authorizer = everyone{}
	g.tuning = &tuning.Service{Store: store, Policies: g.Routes, Authorizer: everyone{}, Stages: everyone{}, Kind: waf.KindName}
	g.Policy(t, waf.KindName, spec)
	return g
}

// try returns the status of a request.
func (g *guarded) try(t *testing.T, method, path, body string, headers ...string) int {
	t.Helper()
	resp, _ := g.Do(t, method, path, body, headers...)
	return resp.StatusCode
}

func (g *guarded) findings(t *testing.T) []tuning.Finding {
	t.Helper()
	if err := g.counts.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	page, err := g.tuning.Findings(t.Context(), filtertest.Scope(), tuning.Narrow{Days: 1}, kernel.PageRequest{Limit: kernel.MaxPageSize})
	if err != nil {
		t.Fatal(err)
	}
	return page.Items
}

const attack = "1' OR '1'='1' UNION SELECT password FROM users-- "

func TestWhatIsProposedStopsARefusal(t *testing.T) {
	t.Parallel()
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	text := []string{"Content-Type", "application/json"}
	cases := []struct {
		name, method, path, body string
		headers                  []string
		target                   string
		// other is a request that stays refused.
		other string
	}{
		{"a parameter", "GET", "/?q=" + url.QueryEscape(attack), "", nil, "ARGS:q", "/?p=" + url.QueryEscape(attack)},
		{"a parameter with capitals", "GET", "/?sortBy=" + url.QueryEscape(attack), "", nil, "ARGS:sortBy", "/?sort=" + url.QueryEscape(attack)},
		{"a field of a form", "POST", "/", "note=" + url.QueryEscape(attack), form, "ARGS:note", "/?q=" + url.QueryEscape(attack)},
		{"a place in a list", "POST", "/", `{"items":[{"Note":"a"},{"Note":"` + attack + `"}]}`, text, "ARGS:/^json[.]items[.][0-9]+[.]note$/", "/?q=" + url.QueryEscape(attack)},
		{"a cookie", "GET", "/", "", []string{"Cookie", "filter=" + strings.ReplaceAll(attack, " ", "%20")}, "REQUEST_COOKIES:filter", "/?filter=" + url.QueryEscape(attack)},
		{"a name that is no word", "GET", "/?" + url.QueryEscape("what is <it>") + "=" + url.QueryEscape(attack), "", nil, "ARGS", "/" + url.PathEscape("<script>alert(1)</script>")},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := guard(t, `{"methods": ["GET", "POST"]}`)
			if status := g.try(t, c.method, c.path, c.body, c.headers...); status != http.StatusForbidden {
				t.Fatalf("the request is not refused at first: %d", status)
			}
			found := g.findings(t)
			if !slices.ContainsFunc(found, func(f tuning.Finding) bool { return f.Target == c.target && f.Refused == 1 }) {
				t.Fatalf("nothing is found at %s: %+v", c.target, found)
			}
			for _, target := range targets(found) {
				g.exclude(t, tuning.Wish{Route: filtertest.Route, Target: target, Days: 1})
			}
			if status := g.try(t, c.method, c.path, c.body, c.headers...); status != http.StatusOK {
				t.Errorf("the request is refused still: %d, %+v", status, g.findings(t))
			}
			if status := g.try(t, "GET", c.other, ""); status != http.StatusForbidden {
				t.Errorf("%s passes: %d", c.other, status)
			}
		})
	}
}

func targets(all []tuning.Finding) (out []string) {
	for _, f := range all {
		if !slices.Contains(out, f.Target) {
			out = append(out, f.Target)
		}
	}
	return out
}

// exclude applies what is proposed, as a client does.
func (g *guarded) exclude(t *testing.T, w tuning.Wish) tuning.Proposal {
	t.Helper()
	p, err := g.tuning.Propose(t.Context(), filtertest.Scope(), w)
	if err != nil {
		t.Fatal(err)
	}
	source, err := json.Marshal(p.Document)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Routes.Apply(t.Context(), filtertest.Scope(), []gatewaydoc.File{{Name: "guard.yaml", Source: string(source)}}, gateway.ApplyOptions{}); err != nil {
		t.Fatalf("%v\n%s", err, source)
	}
	return p
}

func TestAProposalIsThePolicyWithOneExclusionMore(t *testing.T) {
	t.Parallel()
	g := guard(t, `{"inboundThreshold": 7, "exclusions": [{"rules": [942100], "targets": ["ARGS:q"]}]}`)
	same, err := g.tuning.Propose(t.Context(), filtertest.Scope(), tuning.Wish{Route: filtertest.Route, Rules: []int{942100}, Target: "ARGS:q", Days: 1})
	if err != nil || len(same.Document.Spec["exclusions"].([]any)) != 1 { //nolint:forcetypeassert // a list
		t.Errorf("what is excluded already is written twice: %+v, %v", same, err)
	}
	p := g.exclude(t, tuning.Wish{Route: filtertest.Route, Rules: []int{942100, 942190}, Path: "/search", Own: true, Days: 1})
	want := `{"name":"wafpolicy-orders","project":"shop","stage":"dev"} {"exclusions":[{"rules":[942100],"targets":["ARGS:q"]},{"pathPrefix":"/search","rules":[942100,942190]}],"inboundThreshold":7,"targetRef":{"route":"orders"}}`
	metadata, _ := json.Marshal(p.Document.Metadata)
	spec, _ := json.Marshal(p.Document.Spec)
	if got := string(metadata) + " " + string(spec); got != want || p.Holds != "route orders alone" {
		t.Errorf("%s, which holds for %s", got, p.Holds)
	}
	for name, w := range map[string]tuning.Wish{
		"nothing named": {Route: filtertest.Route, Days: 1}, "no such route": {Route: "nope", Rules: []int{942100}, Days: 1},
		"nothing found": {Route: filtertest.Route, Target: "ARGS:nope", Days: 1},
	} {
		if _, err := g.tuning.Propose(t.Context(), filtertest.Scope(), w); !kernel.Is(err, kernel.NotFound) && !kernel.Is(err, kernel.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatRefusedNothingIsNotProposed(t *testing.T) {
	t.Parallel()
	g := guard(t, `{"inboundThreshold": 1000}`)
	if status := g.try(t, "GET", "/?q="+url.QueryEscape(attack), ""); status != http.StatusOK {
		t.Fatal(status)
	}
	if found := g.findings(t); len(found) == 0 || found[0].Refused > 0 || found[0].Requests != 1 {
		t.Errorf("%+v", found)
	}
	_, err := g.tuning.Propose(t.Context(), filtertest.Scope(), tuning.Wish{Route: filtertest.Route, Target: "ARGS:q", Days: 1})
	if !kernel.Is(err, kernel.NotFound) {
		t.Error(err)
	}
}

func TestWhatClientsCallThingsIsNotTold(t *testing.T) {
	t.Parallel()
	g := guard(t, `{"mode": "Detection"}`)
	long := strings.Repeat("secret", 20)
	for _, path := range []string{"/?" + url.QueryEscape(attack) + "=1", "/?" + long + "=" + url.QueryEscape(attack), "/?" + url.QueryEscape("<script>alert(1)</script>") + "=1", "/?__proto__=1"} {
		g.try(t, "GET", path, "")
	}
	found := g.findings(t)
	if all := targets(found); !slices.Contains(all, "ARGS_NAMES") || !slices.Contains(all, "ARGS") {
		t.Errorf("found at %q", all)
	}
	for _, f := range found {
		if text := strings.ToLower(fmt.Sprintf("%+v", f)); strings.Contains(text, "secret") || strings.Contains(text, "password") || strings.Contains(text, "alert") || strings.Contains(text, "proto__") {
			t.Errorf("%+v", f)
		}
	}
}

func TestWhatCouldNotBeJudgedIsNoFinding(t *testing.T) {
	t.Parallel()
	g := guard(t, `{"body": {"limit": 10}}`)
	if status := g.try(t, "POST", "/?q="+url.QueryEscape(attack), `{"a":"0123456789"}`, "Content-Type", "application/json"); status != http.StatusRequestEntityTooLarge {
		t.Fatal(status)
	}
	if found := g.findings(t); len(found) > 0 {
		t.Errorf("%+v", found)
	}
	page, err := g.tuning.Estimates(t.Context(), filtertest.Scope(), tuning.Narrow{Days: 1}, 0, 0, kernel.PageRequest{})
	if err != nil || len(page.Items) > 0 {
		t.Errorf("%+v, %v", page, err)
	}
	if text := metricsPage(t, g.registry); !strings.Contains(text, `action="rejected",project="shop",route="orders",stage="dev",tenant="acme"} 1`) {
		t.Error(text)
	}
}

func TestOtherSettingsAreEstimated(t *testing.T) {
	t.Parallel()
	rules := `SecRule REQUEST_HEADERS:X-Tool \"@streq old\" \"id:7,phase:1,deny,msg:'an old tool'\"`
	g := guard(t, `{"mode": "Detection", "detectionParanoiaLevel": 2, "inboundThreshold": 1000, "rules": "`+rules+`"}`)
	for range 3 {
		g.try(t, "GET", "/?q=two+chairs", "")
	}
	g.try(t, "GET", "/?q="+url.QueryEscape(attack), "")
	g.try(t, "GET", "/", "", "X-Tool", "old")
	g.try(t, "GET", "/", "", "User-Agent", "sqlmap/1.8") // rules of level 1 alone
	if err := g.counts.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	page, err := g.tuning.Estimates(t.Context(), filtertest.Scope(), tuning.Narrow{Days: 1}, 0, 0, kernel.PageRequest{})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%+v, %v", page, err)
	}
	e := page.Items[0]
	if e.Requests != 6 || e.Refused != 1 || e.Denied != 1 {
		t.Errorf("%+v", e)
	}
	at := func(level, threshold int) int64 {
		i := slices.IndexFunc(e.WhatIf, func(w tuning.What) bool { return w.Level == level && w.Threshold == threshold })
		if i < 0 {
			t.Fatalf("level %d is not told of: %+v", level, e.WhatIf)
		}
		return e.WhatIf[i].Refused
	}
	if at(1, 5) != 3 || at(2, 5) != 3 || at(1, 40) != 1 || at(2, 40) != 2 {
		t.Errorf("level 1: %d and %d, level 2: %d and %d of %+v", at(1, 5), at(1, 40), at(2, 5), at(2, 40), e.WhatIf)
	}
	one, err := g.tuning.Estimates(t.Context(), filtertest.Scope(), tuning.Narrow{Days: 1}, 2, 12, kernel.PageRequest{})
	if err != nil || len(one.Items[0].WhatIf) != 1 || one.Items[0].WhatIf[0].Threshold != 12 || one.Items[0].WhatIf[0].Requests != 6 {
		t.Errorf("%+v, %v", one, err)
	}
}

func TestWhatIsFoundOutlivesAChangeAndNotTheRoute(t *testing.T) {
	t.Parallel()
	g := guard(t, `{"mode": "Detection"}`)
	g.try(t, "GET", "/?q="+url.QueryEscape(attack), "")
	g.Policy(t, waf.KindName, `{"mode": "Detection", "inboundThreshold": 4}`)
	g.try(t, "GET", "/?q="+url.QueryEscape(attack), "")
	if found := g.findings(t); len(found) == 0 || found[0].Requests != 2 {
		t.Fatalf("%+v", found)
	}
	if text := metricsPage(t, g.registry); !strings.Contains(text, `route="orders"`) || !strings.Contains(text, "terrace_gateway_waf_score_count") {
		t.Fatalf("the metrics do not name the route: %s", text)
	}
	g.try(t, "GET", "/?q="+url.QueryEscape(attack), "")
	if err := g.Routes.DeleteRoute(t.Context(), filtertest.Scope(), filtertest.Route); err != nil {
		t.Fatal(err)
	}
	if text := metricsPage(t, g.registry); strings.Contains(text, `route="orders"`) {
		t.Errorf("the metrics of a route that is gone: %s", text)
	}
	if found := g.findings(t); len(found) > 0 {
		t.Errorf("what is kept of a route that is gone: %+v", found)
	}
}

// metricsPage is the metrics page.
func metricsPage(t *testing.T, r *prometheus.Registry) string {
	t.Helper()
	w := httptest.NewRecorder()
	promhttp.HandlerFor(r, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

func TestScoresStandInTheAccessLogAndInMetrics(t *testing.T) {
	t.Parallel()
	g := guard(t, `{}`)
	g.try(t, "GET", "/?q=two+chairs", "")
	g.try(t, "GET", "/?q="+url.QueryEscape(attack), "")
	lines := g.access.take("orders")
	if len(lines) != 2 || lines[0]["waf"] != nil || lines[1]["waf"] != "blocked" {
		t.Fatalf("%v", lines)
	}
	score, _ := lines[1]["wafScore"].(float64)
	if score < 5 {
		t.Errorf("%v", lines[1])
	}
	text := metricsPage(t, g.registry)
	for _, want := range []string{
		fmt.Sprintf(`terrace_gateway_waf_score_sum{project="shop",route="orders",stage="dev",tenant="acme"} %v`, score),
		`terrace_gateway_waf_score_count{project="shop",route="orders",stage="dev",tenant="acme"} 1`,
		`terrace_gateway_waf_requests_total{action="blocked",project="shop",route="orders",stage="dev",tenant="acme"} 1`,
		`terrace_gateway_waf_requests_total{action="passed",project="shop",route="orders",stage="dev",tenant="acme"} 1`,
		`terrace_gateway_waf_duration_seconds_count{project="shop",route="orders",stage="dev",tenant="acme"} 2`,
		`terrace_gateway_waf_rules_total{project="shop",route="orders",rule="942100",stage="dev",tenant="acme"} 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
}

func TestHTTP2IsJudgedAlike(t *testing.T) {
	t.Parallel()
	g := guard(t, `{"response": {}}`)
	for name, c := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
	}{
		"fine":      {"GET", "/?q=two+chairs", "", nil, 200},
		"a query":   {"GET", "/?q=" + url.QueryEscape(attack), "", nil, 403},
		"a header":  {"GET", "/", "", []string{"User-Agent", "sqlmap/1.8"}, 403},
		"a body":    {"POST", "/", `{"note":"` + attack + `"}`, []string{"Content-Type", "application/json"}, 403},
		"fine body": {"POST", "/", `{"note":"two chairs"}`, []string{"Content-Type", "application/json"}, 200},
	} {
		resp, body := g.Do(t, c.method, c.path, c.body, c.headers...)
		if resp.ProtoMajor != 2 || resp.StatusCode != c.status {
			t.Errorf("%s: %s %d, want %d: %s %v", name, resp.Proto, resp.StatusCode, c.status, body, g.access.take("orders"))
		}
		if c.status == http.StatusOK && body != c.body {
			t.Errorf("%s: the service got %q", name, body)
		}
	}
}

func TestOnlySoManyBodiesAreInspectedAtOnce(t *testing.T) {
	t.Parallel()
	const spec = `{"body": {"concurrency": 2}}`
	g := guard(t, spec)
	text := []string{"Content-Type", "application/json"}
	release, err := g.kind.Occupy(t.Context(), spec, 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if status := g.try(t, "POST", "/", `{"a":1}`, text...); status != http.StatusServiceUnavailable {
		t.Fatalf("without room: %d", status)
	}
	if status := g.try(t, "GET", "/", ""); status != http.StatusOK {
		t.Errorf("a request without a body waits: %d", status)
	}
	release()
	for range 3 { // each gives back what it took
		if status := g.try(t, "POST", "/", `{"a":1}`, text...); status != http.StatusOK {
			t.Fatalf("with room for one: %d", status)
		}
	}
	release()
	if _, err := g.kind.Occupy(t.Context(), spec, time.Hour); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, _, err := g.Try(ctx, "POST", "/", `{"a":1}`, text...)
		done <- err
	}()
	cancel()
	if err := <-done; err == nil {
		t.Error("a client that is gone is answered")
	}
}

func TestRoutesOfOnePolicyShareAnEngine(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of routes, one after the other")
	}
	t.Parallel()
	kind := waf.NewKind(nil, nil, nil)
	const many = 5000
	filters := make([]any, 0, many)
	for i := range many {
		f, err := kind.Compile(t.Context(), policy(`{"paranoiaLevel": 2}`), gateway.Attachment{Scope: scope(), Route: fmt.Sprint("r", i)})
		if err != nil {
			t.Fatal(err)
		}
		filters = append(filters, f)
	}
	other, err := kind.Compile(t.Context(), policy(`{"paranoiaLevel": 1}`), gateway.Attachment{Scope: scope(), Route: "other"})
	if err != nil {
		t.Fatal(err)
	}
	if n := kind.Engines(); n != 2 {
		t.Errorf("%d routes of two policies have %d engines", len(filters)+1, n)
	}
	runtime.KeepAlive(filters)
	runtime.KeepAlive(other)
}
