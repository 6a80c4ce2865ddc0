package configapi_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcssql"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/fabric/config"
	"github.com/terrace-idp/terrace/internal/fabric/config/configapi"
	"github.com/terrace-idp/terrace/internal/fabric/config/configsql"
	"github.com/terrace-idp/terrace/internal/fabric/config/flag"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func TestAWorkloadGetsItsConfiguration(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.connected(map[string]string{"default.yaml": "values:\n  payment.key: ${secret:payment}\n", "stages/prod.yaml": "values: {checkout.timeout: 20}\n"})
		prod := vcstest.Shop().InStage("prod")
		token, _ := b.token("orders", "prod")
		if res := b.send(token, http.MethodGet, "/api/v1/config/effective", nil); res.StatusCode != http.StatusOK {
			t.Fatalf("without the secret: %d", res.StatusCode)
		} else if text := b.text(res); !strings.Contains(text, `"checkout.timeout":20`) || !strings.Contains(text, "terrace secret set payment --stage prod") || strings.Contains(text, `"payment.key":`) {
			t.Fatalf("without the secret: %s", text)
		}
		b.secrets.put(prod, "payment", "canary-1")
		res := b.send(token, http.MethodGet, "/api/v1/config/effective", nil)
		tag := res.Header.Get("ETag")
		if text := b.text(res); res.StatusCode != http.StatusOK || !strings.Contains(text, `"checkout.timeout":20`) || !strings.Contains(text, `"payment.key":"canary-1"`) {
			t.Fatalf("%d %s", res.StatusCode, text)
		}
		if res := b.send(token, http.MethodGet, "/api/v1/config/effective", nil, "If-None-Match", tag); res.StatusCode != http.StatusNotModified || b.text(res) != "" {
			t.Errorf("as it was: %d", res.StatusCode)
		}
		b.secrets.put(prod, "payment", "canary-2")
		if res := b.send(token, http.MethodGet, "/api/v1/config/effective", nil, "If-None-Match", tag); res.StatusCode != http.StatusOK || res.Header.Get("ETag") == tag {
			t.Errorf("with another secret: %d", res.StatusCode)
		}
		if delivered := b.Facts.Of("config.secrets-delivered"); len(delivered) != 2 || strings.Contains(fmt.Sprint(delivered), "canary") {
			t.Errorf("delivered %v", delivered)
		}
		for _, path := range []string{"/effective?stage=prod&workload=orders", "/keys/payment.key?stage=prod", "/diff?stage=dev&toStage=prod", "/revisions"} {
			if status, text := b.call("admin", http.MethodGet, path, nil); status != http.StatusOK || strings.Contains(text, "canary") {
				t.Errorf("a person at %s: %d %s", path, status, text)
			}
		}
	})
}

// TestATokenIsForOneWorkload holds that it opens nothing else.
func TestATokenIsForOneWorkload(t *testing.T) {
	t.Parallel()
	b := newBench(t, dbtest.SQLite(t, vcssql.Migrations(), configsql.Migrations()), vcs.Protection{})
	b.connected(nil)
	token, id := b.token("orders", "dev")
	for _, c := range []struct{ bearer, method, path string }{
		{token, http.MethodGet, "/api/v1/projects/shop/config/source"},
		{token, http.MethodGet, "/api/v1/projects/shop/config/tokens"},
		{token, http.MethodPost, "/api/v1/projects/shop/config/tokens"},
		{"terr_acme_admin", http.MethodGet, "/api/v1/config/effective"},
		{"terr_acme_admin", http.MethodGet, "/api/v1/config/watch"},
		{"terr_acme_admin", http.MethodPost, "/ofrep/v1/evaluate/flags"},
		{token + "x", http.MethodGet, "/api/v1/config/effective"},
		{"", http.MethodGet, "/api/v1/config/effective"},
		{"", http.MethodPost, "/ofrep/v1/evaluate/flags/f"},
		{"terr_other_admin", http.MethodGet, "/api/v1/projects/shop/config/source"},
	} {
		body := any(nil)
		if c.method == http.MethodPost {
			body = map[string]string{"workload": "orders", "stage": "dev"}
		}
		if res := b.send(c.bearer, c.method, c.path, body); res.StatusCode != http.StatusUnauthorized && res.StatusCode != http.StatusForbidden && res.StatusCode != http.StatusNotFound {
			t.Errorf("%s %s with %.14s: %d", c.method, c.path, c.bearer, res.StatusCode)
		}
	}
	if status, text := b.call("admin", http.MethodGet, "/tokens", nil); status != http.StatusOK || !strings.Contains(text, id) || strings.Contains(text, token) {
		t.Errorf("tokens: %d %s", status, text)
	}
	watching := b.watch(token, "")
	if _, ok := watching.next(); !ok {
		t.Fatal("the stream ended")
	}
	if status, text := b.call("admin", http.MethodDelete, "/tokens/"+id, nil); status >= 300 {
		t.Fatalf("%d %s", status, text)
	}
	if d, ok := watching.next(); ok {
		t.Errorf("after the token ended it was sent %+v", d)
	}
	if res := b.send(token, http.MethodGet, "/api/v1/config/effective", nil); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a token that ended: %d", res.StatusCode)
	}
}

func TestWatchingFromWhereItEnded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.connected(map[string]string{"default.yaml": "values:\n  payment.key: ${secret:payment}\n"})
		dev := vcstest.Shop().InStage("dev")
		b.secrets.put(dev, "payment", "one")
		token, _ := b.token("orders", "dev")
		s := b.watch(token, "")
		if d, ok := s.next(); !ok || d.Values["checkout.timeout"] != float64(5) || d.ETag != s.id {
			t.Fatalf("first %+v", d)
		}
		b.push("main", map[string]string{"stages/prod.yaml": "values: {checkout.timeout: 20}\n"}) // is nothing to dev
		b.push("main", map[string]string{"stages/dev.yaml": "values: {checkout.timeout: 7}\n"})
		if d, ok := s.next(); !ok || d.Values["checkout.timeout"] != float64(7) {
			t.Fatalf("then %+v", d)
		}
		b.secrets.put(dev, "payment", "two")
		b.configs.Heard(dev) // as the platform tells
		if d, ok := s.next(); !ok || d.Values["payment.key"] != "two" {
			t.Fatalf("with another secret %+v", d)
		}
		again := b.watch(token, s.id)
		b.push("main", map[string]string{"stages/dev.yaml": "values: {checkout.timeout: 8}\n"})
		if d, ok := again.next(); !ok || d.Values["checkout.timeout"] != float64(8) {
			t.Fatalf("again %+v: what was known is not sent again", d)
		}
	})
}

func TestWhatIsNotValidNeverCounts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.connected(nil)
		token, _ := b.token("orders", "dev")
		good := b.stands(config.Ready).Status.Effective
		b.push("main", map[string]string{"default.yaml": "values:\n  checkout.timeout: soon\n"})
		n := b.stands(config.Invalid)
		if n.Status.Effective != good || len(n.Status.Problems) != 1 || !strings.HasPrefix(n.Status.Problems[0].String(), "config/shop/default.yaml:2:21: ") {
			t.Errorf("%+v", n.Status)
		}
		if res := b.send(token, http.MethodGet, "/api/v1/config/effective", nil); !strings.Contains(b.text(res), `"checkout.timeout":5`) {
			t.Error("what is not valid counts")
		}
		rejected := b.Facts.Of("config.rejected")
		if len(rejected) != 1 || !strings.Contains(fmt.Sprint(rejected[0].Data), "default.yaml:2:21") {
			t.Errorf("rejected: %v", rejected)
		}
		n.Tenant = "acme"
		if err := b.configs.Reconcile(t.Context(), n); err != nil || len(b.Facts.Of("config.rejected")) != 1 {
			t.Errorf("looked at again, it is rejected %d times, %v", len(b.Facts.Of("config.rejected")), err)
		}
		if status, text := b.call("developer", http.MethodGet, "/effective?stage=dev&revision="+n.Status.Commit, nil); status != http.StatusConflict {
			t.Errorf("what counted at it: %d %s", status, text)
		}
		b.git("rm", "-q", "-r", "config")
		b.push("main", map[string]string{"../other": "x"})
		vcstest.Eventually(t, "a folder that is gone is not valid", func() bool {
			return strings.Contains(fmt.Sprint(b.stands(config.Invalid).Status.Problems), "there is no such file, and so no key")
		})
		b.push("main", map[string]string{"schema.yaml": schema, "default.yaml": "values:\n  checkout.timeout: 6\n"})
		if n := b.stands(config.Ready); n.Status.Effective == good || len(n.Status.Problems) > 0 {
			t.Errorf("mended: %+v", n.Status)
		}
	})
}

func TestAPullRequestIsReviewed(t *testing.T) {
	t.Parallel()
	b := newBench(t, dbtest.SQLite(t, vcssql.Migrations(), configsql.Migrations()), vcs.Protection{Checks: true})
	b.connected(map[string]string{"workloads/orders.yaml": "values: {checkout.timeout: 9}\n"})
	b.push("good", map[string]string{"stages/prod.yaml": "values: {checkout.timeout: 20}\nflags:\n  beta: {variants: {yes: true, no: false}, defaultVariant: no}\n"})
	developer := vcstest.As(t.Context(), "developer")
	p, err := b.Propose(developer, vcstest.Shop(), "conf", vcs.Proposal{Title: "Slower", Source: "good"})
	if err != nil {
		t.Fatal(err)
	}
	check := func(number int) (c vcs.Check, comment string) {
		vcstest.Eventually(t, "the pull request is reviewed", func() bool {
			v, err := b.PullRequest(developer, vcstest.Shop(), "conf", number)
			if err != nil || len(v.Checks) == 0 || len(v.Comments) == 0 || v.Checks[0].State == vcs.Pending {
				return false
			}
			c, comment = v.Checks[0], v.Comments[0].Body
			return true
		})
		return c, comment
	}
	c, comment := check(p.Number)
	if c.State != vcs.Succeeded || c.Context() != "terrace/config/shop" || !strings.Contains(comment, "| `checkout.timeout` | `5` | `20` | \\*@prod |") || !strings.Contains(comment, "flag:beta") {
		t.Errorf("%+v\n%s", c, comment)
	}
	if _, err := b.Merge(vcstest.As(t.Context(), "admin"), vcstest.Shop(), "conf", p.Number, ""); err != nil {
		t.Error(err)
	}
	b.git("checkout", "-q", "main")
	b.push("bad", map[string]string{"default.yaml": "values:\n  checkout.timeout: soon\n  payment.key: hunter2\n"})
	if p, err = b.Propose(developer, vcstest.Shop(), "conf", vcs.Proposal{Title: "Soon", Source: "bad"}); err != nil {
		t.Fatal(err)
	}
	c, comment = check(p.Number)
	if c.State != vcs.Failed || !strings.Contains(comment, "config/shop/default.yaml:2:21: ") || strings.Contains(comment, "hunter2") {
		t.Errorf("%+v\n%s", c, comment)
	}
	if _, err := b.Merge(vcstest.As(t.Context(), "admin"), vcstest.Shop(), "conf", p.Number, ""); !kernel.Is(err, kernel.Refused) {
		t.Errorf("what is not valid is merged: %v", err)
	}

	b.git("checkout", "-q", "main")
	b.secrets.put(kernel.Scope{Tenant: "acme", Project: "shop", Stage: "test"}, "payment", "hunter2")
	b.push("secret", map[string]string{"default.yaml": "values:\n  payment.key: ${secret:payment}\n"})
	if p, err = b.Propose(developer, vcstest.Shop(), "conf", vcs.Proposal{Title: "Key", Source: "secret"}); err != nil {
		t.Fatal(err)
	}
	c, comment = check(p.Number)
	want := "config/shop/default.yaml:2:16: payment.key for orders@dev: there is no secret payment (terrace secret set payment --stage dev)"
	if c.State != vcs.Failed || !strings.Contains(comment, want) || strings.Contains(c.Message, "@prod") || !strings.Contains(comment, "set payment --stage prod") || strings.Contains(comment, "--stage test") {
		t.Errorf("%+v\n%s", c, comment)
	}
}

func TestEveryValueIsExplained(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.connected(map[string]string{"default.yaml": "values:\n  checkout.timeout: 10\n"})
		commit := b.push("main", map[string]string{"workloads/orders.prod.yaml": "values:\n  checkout.timeout: 50\n"})
		vcstest.Eventually(t, "it counts", func() bool { return b.stands(config.Ready).Status.Commit == commit })
		var e config.Explained
		vcstest.Eventually(t, "who pushed it is known", func() bool { // a push may be read before it is told
			e = config.Explained{}
			b.must("viewer", http.MethodGet, "/keys/checkout.timeout?workload=orders&stage=prod", nil, &e)
			return len(e.Writings) == 3 && e.Writings[0].PushedBy == "developer"
		})
		if len(e.Writings) != 3 || e.Value != float64(50) || e.Owner != "team-shop" {
			t.Fatalf("%+v", e)
		}
		w := e.Writings[0]
		if w.File != "config/shop/workloads/orders.prod.yaml" || w.Line != 2 || w.Commit != commit || w.Author != "Ada" || w.PushedBy != "developer" || w.At == nil || w.Subject != "change main" {
			t.Errorf("%+v", w)
		}
		if e.Writings[1].Value != float64(10) || e.Writings[1].Commit == commit || e.Writings[2].Layer != "schema" {
			t.Errorf("overrides %+v", e.Writings[1:])
		}
		for path, says := range map[string]string{"/keys/checkout.timeuot?stage=prod": "there is no key", "/keys/payment.key?stage=prod": "nothing gives the key"} {
			if status, text := b.call("viewer", http.MethodGet, path, nil); status != http.StatusNotFound || !strings.Contains(text, says) {
				t.Errorf("%s: %d %s", path, status, text)
			}
		}
	})
}

func TestHistoryDiffAndRollback(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.connected(map[string]string{"default.yaml": "values:\n  checkout.timeout: 10\n"})
		first := b.stands(config.Ready).Status
		var only configapi.ConfigDiff
		b.must("viewer", http.MethodGet, "/diff?workload=orders&stage=prod", nil, &only)
		if got := fmt.Sprint(only.Changes); !strings.Contains(got, "{checkout.timeout <nil> 10 []}") {
			t.Errorf("what the first revision brought: %s", got)
		}
		second := b.push("main", map[string]string{"default.yaml": "values:\n  checkout.timeout: 11\n", "stages/prod.yaml": "values: {checkout.timeout: 30}\n"})
		vcstest.Eventually(t, "it counts", func() bool { return b.stands(config.Ready).Status.Commit == second })
		var history kernel.Page[config.Revision]
		vcstest.Eventually(t, "who pushed it is known", func() bool {
			history = kernel.Page[config.Revision]{}
			b.must("viewer", http.MethodGet, "/revisions?key=checkout.timeout", nil, &history)
			return len(history.Items) == 2 && history.Items[0].PushedBy == "developer"
		})
		if len(history.Items) != 2 || history.Items[0].Commit != second || history.Items[0].Author != "Ada" || history.Items[0].PushedBy != "developer" || history.Items[0].Changed[0] != "checkout.timeout" {
			t.Fatalf("%+v", history)
		}
		var newest, older kernel.Page[config.Revision]
		b.must("viewer", http.MethodGet, "/revisions?key=checkout.timeout&limit=1", nil, &newest)
		b.must("viewer", http.MethodGet, "/revisions?key=checkout.timeout&limit=1&cursor="+newest.Next, nil, &older)
		if len(newest.Items) != 1 || newest.Next == "" || len(older.Items) != 1 || older.Items[0].ID != history.Items[1].ID || older.Next != "" {
			t.Errorf("page by page: %+v, then %+v", newest, older)
		}
		var diff configapi.ConfigDiff
		b.must("viewer", http.MethodGet, "/diff?from="+first.Effective, nil, &diff)
		if got := fmt.Sprint(diff.Changes); got != "[{checkout.timeout 10 11 [*@dev *@test orders@dev orders@test]} {checkout.timeout 10 30 [*@prod orders@prod]}]" {
			t.Errorf("between revisions %s", got)
		}
		var newestOfAll configapi.ConfigDiff
		b.must("viewer", http.MethodGet, "/diff", nil, &newestOfAll)
		if fmt.Sprint(newestOfAll) != fmt.Sprint(diff) {
			t.Errorf("what counts now and what counted before: %+v", newestOfAll)
		}
		diff = configapi.ConfigDiff{}
		b.must("viewer", http.MethodGet, "/diff?stage=dev&toStage=prod", nil, &diff)
		if got := fmt.Sprint(diff.Changes); got != "[{checkout.timeout 11 30 []}]" {
			t.Errorf("between stages %s", got)
		}
		if status, _ := b.call("viewer", http.MethodPost, "/rollback", map[string]string{"revision": first.Effective, "reason": "x"}); status != http.StatusForbidden {
			t.Errorf("a viewer: %d", status)
		}
		var back config.RolledBack
		b.must("developer", http.MethodPost, "/rollback", map[string]string{"revision": first.Commit[:9], "reason": "too slow"}, &back)
		vcstest.Eventually(t, "it says what it said", func() bool { return b.stands(config.Ready).Status.Commit == back.Commit })
		diff = configapi.ConfigDiff{}
		b.must("viewer", http.MethodGet, "/diff?from="+first.Effective, nil, &diff)
		if len(diff.Changes) != 0 || back.Branch != "main" || back.Pull != 0 {
			t.Errorf("rolled back %+v, left %v", back, diff.Changes)
		}
		history = kernel.Page[config.Revision]{}
		b.must("viewer", http.MethodGet, "/revisions", nil, &history)
		if r := history.Items[0]; r.Author != "developer" || !strings.HasPrefix(r.Subject, "Configuration of shop as at ") {
			t.Errorf("the commit is %+v", r)
		}
		if status, text := b.call("developer", http.MethodPost, "/rollback", map[string]string{"revision": first.Effective, "reason": "again"}); status != http.StatusConflict {
			t.Errorf("once more: %d %s", status, text)
		}
	})
}

func TestARollbackOfAProtectedBranchIsAPullRequest(t *testing.T) {
	t.Parallel()
	b := newBench(t, dbtest.SQLite(t, vcssql.Migrations(), configsql.Migrations()), vcs.Protection{})
	b.connected(map[string]string{"default.yaml": "values:\n  checkout.timeout: 10\n"})
	first := b.stands(config.Ready).Status
	second := b.push("main", map[string]string{"default.yaml": "values:\n  checkout.timeout: 11\n"})
	vcstest.Eventually(t, "it counts", func() bool { return b.stands(config.Ready).Status.Commit == second })
	if _, err := b.Protect(vcstest.As(t.Context(), "admin"), vcstest.Shop(), "conf", vcs.Protection{Push: "admin"}); err != nil {
		t.Fatal(err)
	}
	var back config.RolledBack
	b.must("developer", http.MethodPost, "/rollback", map[string]string{"revision": first.Effective, "reason": "too slow"}, &back)
	v, err := b.PullRequest(vcstest.As(t.Context(), "developer"), vcstest.Shop(), "conf", back.Pull)
	if p := v.PullRequest; err != nil || p.Head != back.Commit || p.Target != "main" || b.stands(config.Ready).Status.Commit != second {
		t.Errorf("%+v %v", v, err)
	}
}

func TestTheRepositoryIsKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.connected(nil)
		token, _ := b.token("orders", "dev")
		admin := vcstest.As(t.Context(), "admin")
		if err := b.Delete(admin, vcstest.Shop(), "conf"); !kernel.Is(err, kernel.Conflict) || !strings.Contains(err.Error(), "terrace config disconnect") {
			t.Errorf("deleted: %v", err)
		}
		for body, want := range map[string]int{`{"repository":"conf"}`: http.StatusConflict, `{"repository":"nothing"}`: http.StatusNotFound, `{"repository":"conf","path":"../x"}`: http.StatusUnprocessableEntity} {
			if status, text := b.call("admin", http.MethodPut, "/source", body); status != want && status != http.StatusBadRequest {
				t.Errorf("%s: %d %s", body, status, text)
			}
		}
		if status, text := b.call("admin", http.MethodDelete, "/source", nil); status >= 300 {
			t.Fatalf("%d %s", status, text)
		}
		if res := b.send(token, http.MethodGet, "/api/v1/config/effective", nil); res.StatusCode != http.StatusNotFound {
			t.Errorf("without configuration: %d", res.StatusCode)
		}
		if err := b.Delete(admin, vcstest.Shop(), "conf"); err != nil {
			t.Error(err)
		}
	})
}

// TestAFlagIsExplained as values are: who wrote it, what it overrides, and what a context
// gets and why.
func TestAFlagIsExplained(t *testing.T) {
	t.Parallel()
	b := newBench(t, dbtest.SQLite(t, vcssql.Migrations(), configsql.Migrations()), vcs.Protection{})
	commit := b.connected(map[string]string{
		"default.yaml": "values: {checkout.timeout: 7}\n" + strings.ReplaceAll(flags, "[[on, 100], [off, 0]]", "[[on, 30], [off, 90]]") + "  checkout.timeout: {variants: {a: x, b: y}, defaultVariant: a}\n",
		"stages/prod.yaml": "flags:\n  share:\n    owner: team-shop\n    variants: {on: true, off: false}\n    defaultVariant: off\n" +
			"    targeting: {if: [{\"==\": [{var: plan}, gold]}, on, {fractional: [[on, 30], [off, 90]]}]}\n",
	})
	explain := func(key, stage, context string) (x config.Explained) {
		t.Helper()
		b.must("viewer", http.MethodGet, "/keys/"+key+"?stage="+stage+"&context="+url.QueryEscape(context), nil, &x)
		return x
	}
	x := explain("share", "prod", `{"targetingKey":"ada"}`)
	if x.Flag == nil || x.Type != "boolean" || x.Owner != "team-shop" || x.Value != nil || len(x.Flag.Rollouts) != 1 || x.Flag.Rollouts[0].Shares[0] != (flag.Share{Variant: "on", Weight: 30, Percent: 25}) {
		t.Fatalf("%+v", x)
	}
	if len(x.Writings) != 2 || x.Writings[0].File != "config/shop/stages/prod.yaml" || x.Writings[1].File != "config/shop/default.yaml" || x.Writings[0].Commit != commit || x.Writings[0].Author != "Ada" {
		t.Errorf("written by %+v", x.Writings)
	}
	for name, c := range map[string]struct{ key, stage, context, variant, why string }{
		"a share":             {"share", "prod", `{"targetingKey":"ada"}`, "off", "a share decided: ada, at "},
		"attributes":          {"share", "prod", `{"targetingKey":"ada","plan":"gold"}`, "on", "its rule names the variant on for this context"},
		"nobody":              {"share", "prod", ``, "", "the context says not who does: give targetingKey"},
		"no rule":             {"static", "prod", ``, "on", "it has no rule"},
		"no match":            {"colour", "prod", `{"plan":"tin"}`, "red", "its rule names no variant"},
		"turned off":          {"gone", "prod", ``, "", "it is turned off"},
		"a flag beside a key": {"flag:checkout.timeout", "prod", ``, "a", "it has no rule"},
	} {
		x := explain(c.key, c.stage, c.context)
		variant := ""
		if x.Flag != nil && x.Flag.Result != nil {
			variant = x.Flag.Result.Variant
		}
		if x.Flag == nil || variant != c.variant || !strings.Contains(x.Flag.Why, c.why) {
			t.Errorf("%s: %q, %+v", name, variant, x.Flag)
		}
	}
	if x := explain("checkout.timeout", "prod", ""); x.Flag != nil || x.Value != float64(7) {
		t.Errorf("the key is explained as %+v", x)
	}
	for query, want := range map[string]int{"/keys/nothing?stage=prod": http.StatusNotFound, "/keys/flag:nothing?stage=prod": http.StatusNotFound, "/keys/share?stage=prod&context=7": http.StatusUnprocessableEntity} {
		if status, text := b.call("viewer", http.MethodGet, query, nil); status != want {
			t.Errorf("%s: %d %s", query, status, text)
		}
	}
}

// TestNoDigitIsLost asks for numbers that no float64 holds: as they are written, they are
// validated, explained, compared and delivered.
func TestNoDigitIsLost(t *testing.T) {
	t.Parallel()
	b := newBench(t, dbtest.SQLite(t, vcssql.Migrations(), configsql.Migrations()), vcs.Protection{})
	const big, next, bound = "12345678901234567891", "12345678901234567892", "maximum: 12345678901234567891"
	commit := b.connected(map[string]string{
		"schema.yaml":  "keys:\n  account: {type: integer, " + bound + "}\n  rate: {type: number}\n",
		"default.yaml": "values: {account: " + big + ", rate: 0.12345678901234567891}\nflags:\n  limit: {variants: {a: " + big + ", b: 1}, defaultVariant: a}\n",
	})
	token, _ := b.token("orders", "dev")
	for name, text := range map[string]string{
		"delivered": b.text(b.send(token, http.MethodGet, "/api/v1/config/effective", nil)), "evaluated": b.text(b.send(token, http.MethodPost, "/ofrep/v1/evaluate/flags/limit", "{}")),
	} {
		if !strings.Contains(text, ":"+big) || name == "delivered" && !strings.Contains(text, ":0.12345678901234567891") {
			t.Errorf("%s as %s", name, text)
		}
	}
	if _, text := b.call("viewer", http.MethodGet, "/keys/account?stage=dev", nil); !strings.Contains(text, ":"+big) {
		t.Errorf("explained as %s", text)
	}
	b.push("main", map[string]string{"default.yaml": "values: {account: " + next + "}\n"})
	if n := b.stands(config.Invalid); !strings.Contains(n.Status.Problems[0].String(), "maximum") || !strings.Contains(n.Status.Problems[0].String(), next) {
		t.Errorf("one too many: %v", n.Status.Problems)
	}
	b.push("main", map[string]string{"default.yaml": "values: {account: 12345678901234567890}\n"})
	b.stands(config.Ready)
	if _, text := b.call("viewer", http.MethodGet, "/diff?stage=dev&from="+commit, nil); !strings.Contains(text, ":"+big) || !strings.Contains(text, ":12345678901234567890") {
		t.Errorf("compared as %s", text)
	}
}
