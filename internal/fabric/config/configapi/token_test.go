package configapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/fabric/config/configapi"
)

// ask evaluates a flag with a token, and returns the status and the answer of OFREP.
func (b *bench) ask(token, flag string) (status int, answer map[string]any) {
	b.t.Helper()
	res := b.send(token, http.MethodPost, "/ofrep/v1/evaluate/flags"+flag, `{"context":{"targetingKey":"ada"}}`)
	text := b.text(res)
	if err := json.Unmarshal([]byte(text), &answer); err != nil || res.Header.Get("Content-Type") != "application/json" {
		b.t.Errorf("%d %s as %s: %v", res.StatusCode, text, res.Header.Get("Content-Type"), err)
	}
	return res.StatusCode, answer
}

// TestFlagsNeedNoSecret evaluates flags while a secret is missing, which is a matter of
// values alone; what is recorded as delivered is what went out.
func TestFlagsNeedNoSecret(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.connected(map[string]string{"default.yaml": "values:\n  payment.key: ${secret:payment}\n" + flags})
		dev := vcstest.Shop().InStage("dev")
		token, _ := b.token("orders", "dev")
		if status, one := b.ask(token, "/static"); status != http.StatusOK || one["variant"] != "on" {
			t.Errorf("without the secret: %d %v", status, one)
		}
		b.secrets.put(dev, "payment", "canary")
		if status, all := b.ask(token, ""); status != http.StatusOK || len(all["flags"].([]any)) != 5 {
			t.Errorf("all: %d %v", status, all)
		}
		if told := b.Facts.Of("config.secrets-delivered"); len(told) != 0 {
			t.Errorf("no secret went out, and it is recorded: %v", told)
		}
		b.Facts.Fail(true)
		for range 2 {
			if res := b.send(token, http.MethodGet, "/api/v1/config/effective", nil); res.StatusCode < 500 || strings.Contains(b.text(res), "canary") {
				t.Errorf("what cannot be recorded goes out: %d", res.StatusCode)
			}
		}
		b.Facts.Fail(false)
		res := b.send(token, http.MethodGet, "/api/v1/config/effective", nil)
		if told := b.Facts.Of("config.secrets-delivered"); res.StatusCode != http.StatusOK || len(told) != 1 {
			t.Errorf("%d, and then %v is recorded", res.StatusCode, told)
		}
		other, _ := b.token("orders", "dev")
		if res := b.send(other, http.MethodGet, "/api/v1/config/effective", nil, "If-None-Match", res.Header.Get("ETag")); res.StatusCode != http.StatusNotModified {
			t.Errorf("%d", res.StatusCode)
		}
		if told := b.Facts.Of("config.secrets-delivered"); len(told) != 1 {
			t.Errorf("nothing went out, and it is recorded: %v", told)
		}
		if from := b.secrets.origins(); !slices.ContainsFunc(from, func(o string) bool { return strings.HasPrefix(o, "configuration of orders, token cfgt_") }) {
			t.Errorf("secrets are read for %q", from)
		}
	})
}

// TestErrorsOfOFREPHaveItsForm also where they are not about a flag.
func TestErrorsOfOFREPHaveItsForm(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		token, _ := b.token("orders", "dev")
		for name, c := range map[string]struct {
			token, flag string
			status      int
			code        string
		}{
			"a token of nobody":       {"tcfg_x", "", http.StatusUnauthorized, "GENERAL"},
			"nobody":                  {"", "/static", http.StatusUnauthorized, "GENERAL"},
			"a person":                {"terr_acme_admin", "", http.StatusForbidden, "GENERAL"},
			"no configuration":        {token, "/static", http.StatusNotFound, "FLAG_NOT_FOUND"},
			"all of no configuration": {token, "", http.StatusOK, ""},
		} {
			status, answer := b.ask(c.token, c.flag)
			if code, _ := answer["errorCode"].(string); status != c.status || code != c.code || code != "" && answer["errorDetails"] == "" {
				t.Errorf("%s: %d %v", name, status, answer)
			}
			if key, _ := answer["key"].(string); c.flag != "" && key != "static" {
				t.Errorf("%s: it names the flag %q", name, key)
			}
		}
	})
}

// TestATokenForFlagsOpensNoValue at any door, and ends when it was told to.
func TestATokenForFlagsOpensNoValue(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.connected(map[string]string{"default.yaml": "values:\n  payment.key: ${secret:payment}\n" + flags})
		b.secrets.put(vcstest.Shop().InStage("dev"), "payment", "canary")
		var made configapi.CreatedConfigToken
		b.must("admin", http.MethodPost, "/tokens", map[string]any{"workload": "orders", "stage": "dev", "scope": "flags", "days": 1}, &made)
		if status, one := b.ask(made.Secret, "/static"); status != http.StatusOK || one["value"] != true {
			t.Errorf("a flag: %d %v", status, one)
		}
		for _, path := range []string{"/api/v1/config/effective", "/api/v1/config/watch"} {
			res := b.send(made.Secret, http.MethodGet, path, nil)
			if res.StatusCode != http.StatusForbidden { // a stream would not end
				t.Errorf("%s: %d", path, res.StatusCode)
				continue
			}
			if text := b.text(res); !strings.Contains(text, "for flags alone") || strings.Contains(text, "canary") {
				t.Errorf("%s: %d %s", path, res.StatusCode, text)
			}
		}
		all, _ := b.token("orders", "dev")
		_, text := b.call("viewer", http.MethodGet, "/tokens", nil)
		var list struct{ Items []map[string]any }
		if err := json.Unmarshal([]byte(text), &list); err != nil || len(list.Items) != 2 {
			t.Fatalf("%s: %v", text, err)
		}
		for _, item := range list.Items {
			want := "all <nil> false"
			if item["id"] == made.ID {
				want = "flags " + made.CreatedAt.Add(24*time.Hour).Format(time.RFC3339Nano) + " true"
			}
			if got := fmt.Sprint(item["scope"], " ", item["expiresAt"], " ", item["lastUsedAt"] != nil); got != want {
				t.Errorf("a token is shown with %s, want %s", got, want)
			}
		}
		for name, body := range map[string]map[string]any{"another scope": {"scope": "none"}, "too long": {"days": 4000}, "less than nothing": {"days": -1}} {
			body["workload"], body["stage"] = "orders", "dev"
			if status, text := b.call("admin", http.MethodPost, "/tokens", body); status != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d %s", name, status, text)
			}
		}
		watching := b.watch(all, "")
		if _, ok := watching.next(); !ok {
			t.Fatal("the stream ended")
		}
		b.later(25 * time.Hour)
		if status, _ := b.ask(made.Secret, "/static"); status != http.StatusUnauthorized {
			t.Errorf("after its end: %d", status)
		}
		if res := b.send(all, http.MethodGet, "/api/v1/config/effective", nil); res.StatusCode != http.StatusOK {
			t.Errorf("a token without an end: %d", res.StatusCode)
		}
	})
}
