package configapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/vcs"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcssql"
	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/fabric/config"
	"github.com/terrace-idp/terrace/internal/fabric/config/configsql"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

const flags = `flags:
  static: {variants: {on: true, off: false}, defaultVariant: on}
  gone: {state: DISABLED, variants: {on: true, off: false}, defaultVariant: on}
  colour:
    variants: {red: "#f00", blue: "#00f"}
    defaultVariant: red
    targeting: {if: [{"==": [{var: plan}, gold]}, blue]}
  limits:
    variants: {small: {items: 5}, large: {items: 50}}
    defaultVariant: small
  share:
    variants: {on: true, off: false}
    defaultVariant: off
    targeting: {fractional: [[on, 100], [off, 0]]}
  number: {variants: {one: 1, half: 0.5}, defaultVariant: half}
`

func flagged(t *testing.T) (b *bench, token string) {
	t.Helper()
	b = newBench(t, dbtest.SQLite(t, vcssql.Migrations(), configsql.Migrations()), vcs.Protection{})
	b.connected(map[string]string{"default.yaml": flags})
	token, _ = b.token("orders", "dev")
	return b, token
}

func TestOFREP(t *testing.T) {
	t.Parallel()
	b, token := flagged(t)
	for name, c := range map[string]struct {
		key, body string
		status    int
		want      string
	}{
		"static":            {"static", `{}`, 200, `{"key":"static","value":true,"variant":"on","reason":"STATIC"}`},
		"turned off":        {"gone", `{}`, 404, `"errorCode":"FLAG_NOT_FOUND"`},
		"default":           {"colour", `{"context":{"plan":"tin"}}`, 200, `{"key":"colour","value":"#f00","variant":"red","reason":"DEFAULT"}`},
		"a match":           {"colour", `{"context":{"plan":"gold","targetingKey":"ada"}}`, 200, `{"key":"colour","value":"#00f","variant":"blue","reason":"TARGETING_MATCH"}`},
		"an object":         {"limits", `{"context":null}`, 200, `{"key":"limits","value":{"items":5},"variant":"small","reason":"STATIC"}`},
		"a number":          {"number", `{}`, 200, `{"key":"number","value":0.5,"variant":"half","reason":"STATIC"}`},
		"a share":           {"share", `{"context":{"targetingKey":"ada"}}`, 200, `{"key":"share","value":true,"variant":"on","reason":"SPLIT"}`},
		"nobody asks":       {"share", `{"context":{}}`, 400, `"errorCode":"TARGETING_KEY_MISSING"`},
		"no flag":           {"nothing", `{}`, 404, `"errorCode":"FLAG_NOT_FOUND"`},
		"no JSON":           {"static", `{`, 400, `"errorCode":"PARSE_ERROR"`},
		"no body":           {"static", ``, 400, `"errorCode":"PARSE_ERROR"`},
		"a context of text": {"static", `{"context":"ada"}`, 400, `"errorCode":"INVALID_CONTEXT"`},
		"a key of numbers":  {"static", `{"context":{"targetingKey":7}}`, 400, `"errorCode":"INVALID_CONTEXT"`},
		"a plan of lists":   {"colour", `{"context":{"plan":{"a":[1]}}}`, 200, `"variant":"red","reason":"DEFAULT"`},
		"too much":          {"static", `{"context":{"a":"` + strings.Repeat("x", 70<<10) + `"}}`, 400, `"errorCode":"PARSE_ERROR"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res := b.send(token, http.MethodPost, "/ofrep/v1/evaluate/flags/"+c.key, c.body)
			text := strings.TrimSpace(b.text(res))
			if res.StatusCode != c.status || !strings.Contains(text, c.want) {
				t.Errorf("%d %s, want %d %s", res.StatusCode, text, c.status, c.want)
			}
			if c.status != 200 && !strings.Contains(text, `"key":"`+c.key+`"`) {
				t.Errorf("%s names no flag", text)
			}
		})
	}
}

func TestOFREPOfAllFlags(t *testing.T) {
	t.Parallel()
	b, token := flagged(t)
	ask := func(context, tag string) (*http.Response, []struct{ Key, ErrorCode, Reason string }) {
		res := b.send(token, http.MethodPost, "/ofrep/v1/evaluate/flags", `{"context":`+context+`}`, "If-None-Match", tag)
		var all struct {
			Flags []struct{ Key, ErrorCode, Reason string }
		}
		if res.StatusCode == http.StatusOK {
			if err := json.Unmarshal([]byte(b.text(res)), &all); err != nil {
				t.Fatal(err)
			}
		}
		return res, all.Flags
	}
	first, all := ask(`{}`, "")
	if len(all) != 5 || all[3].Key != "share" || all[3].ErrorCode != "TARGETING_KEY_MISSING" || all[4].Reason != "STATIC" {
		t.Fatalf("%+v", all)
	}
	tag := first.Header.Get("ETag")
	if res, _ := ask(`{}`, tag); res.StatusCode != http.StatusNotModified || res.Header.Get("ETag") != tag {
		t.Errorf("as it was: %d", res.StatusCode)
	}
	if res, _ := ask(`{"plan":"gold"}`, tag); res.StatusCode != http.StatusOK {
		t.Errorf("for another context: %d", res.StatusCode)
	}
	commit := b.push("main", map[string]string{"stages/dev.yaml": "flags:\n  static: {variants: {on: true, off: false}, defaultVariant: off}\n"})
	vcstest.Eventually(t, "it counts", func() bool { return b.stands(config.Ready).Status.Commit == commit })
	if res, _ := ask(`{}`, tag); res.StatusCode != http.StatusOK || res.Header.Get("ETag") == tag {
		t.Errorf("after a change: %d", res.StatusCode)
	}
	var r struct{ Variant, Reason string }
	b.must("viewer", http.MethodPost, "/flags/static/evaluation", map[string]any{"stage": "dev", "workload": "orders"}, &r)
	if r.Variant != "off" || r.Reason != "STATIC" {
		t.Errorf("a person gets %+v", r)
	}
}

// TestSharedRulesAndContextsOfAnyShape holds that flags share rules as flagd has it, and that
// what a context has in the place of a text or a number is neither, whatever it is.
func TestSharedRulesAndContextsOfAnyShape(t *testing.T) {
	t.Parallel()
	b := newBench(t, dbtest.SQLite(t, vcssql.Migrations(), configsql.Migrations()), vcs.Protection{})
	b.connected(map[string]string{"default.yaml": `flags:
  region: {variants: {near: 1, far: 2}, defaultVariant: far, targeting: {if: [{$ref: near}, near, {"<=": [{var: age}, 7]}, near]}}
  sum: {variants: {a: 1, b: 2}, defaultVariant: a, targeting: {if: [{">": [{"+": [{var: age}, 1]}, 7]}, b]}}
$evaluators:
  near: {in: [{var: region}, [eu, uk]]}
`})
	token, _ := b.token("orders", "dev")
	for body, want := range map[string]string{
		`{"region":"eu"}`: `"variant":"near"`, `{"region":"us","age":7}`: `"variant":"near"`, `{"region":["eu"],"age":{"a":1}}`: `"variant":"far"`,
	} {
		if text := b.text(b.send(token, http.MethodPost, "/ofrep/v1/evaluate/flags/region", `{"context":`+body+`}`)); !strings.Contains(text, want) {
			t.Errorf("%s gives %s", body, text)
		}
	}
	const says = `"errorDetails":"the rule of the flag sum calculates with what this context has no number or text for"`
	if text := b.text(b.send(token, http.MethodPost, "/ofrep/v1/evaluate/flags/sum", `{"context":{"age":[1]}}`)); !strings.Contains(text, says) {
		t.Error(text)
	}
}
