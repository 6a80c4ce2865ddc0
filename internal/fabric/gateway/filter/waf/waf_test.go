package waf_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const head = "Host: shop.example\r\nUser-Agent: test\r\nAccept: */*\r\nConnection: close\r\n"

func get(target string) []byte { return []byte("GET " + target + " HTTP/1.1\r\n" + head + "\r\n") }

func post(target, kind, body string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\n%sContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", target, head, kind, len(body), body)
}

const injection = "1'%20OR%20'1'='1'%20UNION%20SELECT%20password%20FROM%20users--%20"

func TestAnAttackIsRefusedAndTellsNothing(t *testing.T) {
	t.Parallel()
	f := start(t, `{}`, nil)
	if status, body := f.send(t, get("/orders?id=12")); status != http.StatusOK || body != "fine" {
		t.Errorf("an ordinary request: %d %s", status, body)
	}
	f.log.take(f.route)
	status, body := f.send(t, get("/orders?id="+injection))
	log := f.log.take(f.route)
	if status != http.StatusForbidden || len(log) != 1 {
		t.Fatalf("%d %s, logged %v", status, body, log)
	}
	line := log[0]
	if id, _ := line["request"].(string); id == "" || !strings.Contains(body, id) {
		t.Errorf("the answer %s does not name the request %v", body, line["request"])
	}
	for _, word := range []string{"942", "SQL", "rule", "score"} {
		if strings.Contains(body, word) {
			t.Errorf("the answer tells of %s: %s", word, body)
		}
	}
	rules, _ := line["rules"].([]int)
	if score, _ := line["score"].(int64); score < 5 || len(rules) < 2 || line["action"] != "blocked" || line["paranoia_level"] != int64(1) {
		t.Errorf("logged %v", line)
	}
	if len(f.got) != 1 {
		t.Errorf("the service got %d requests", len(f.got))
	}
	got, err := testutil.GatherAndCount(f.registry, "terrace_gateway_waf_rules_total")
	if err != nil || got != len(rules) {
		t.Errorf("%d series of rules, of %v: %v", got, rules, err)
	}
}

func TestDetectionTellsWhatBlockingWouldRefuse(t *testing.T) {
	t.Parallel()
	f := start(t, `{"mode": "Detection"}`, nil)
	for range 3 {
		if status, body := f.send(t, get("/orders?password="+injection)); status != http.StatusOK || body != "fine" {
			t.Fatalf("%d %s", status, body)
		}
	}
	if line := f.log.take(f.route)[0]; line["action"] != "detected" {
		t.Errorf("logged %v", line)
	}
	findings := f.findings(t)
	if len(findings) == 0 {
		t.Fatal("nothing is found")
	}
	for _, at := range findings {
		if at.Requests != 3 || at.Refused != 3 || at.Rule > 949_000 || at.Message == "" || at.Points != 5 || at.Lowest < 5 || at.Highest != at.Lowest || len(at.Examples) != 3 {
			t.Errorf("%+v", at)
		}
		if strings.Contains(strings.ToLower(at.Sample), "password") || strings.Contains(at.Sample, "1") {
			t.Errorf("a sample tells what was sent: %s", at.Sample)
		}
	}
	if findings[0].Target != "ARGS:password" {
		t.Errorf("the target is %s", findings[0].Target)
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	attack := `{"note":"1' OR '1'='1' UNION SELECT password FROM users-- "}`
	late := `{"a":"` + strings.Repeat("x", 2000) + `","note":"1' OR '1'='1' UNION SELECT password FROM users-- "}`
	early := `{"note":"1' OR '1'='1' UNION SELECT password FROM users-- ","a":"` + strings.Repeat("x", 2000) + `"}`
	cases := []struct {
		name, spec, kind, body string
		status                 int
	}{
		{"JSON", `{}`, "application/json", attack, 403},
		{"a suffix", `{}`, "application/problem+json", `{"a":1}`, 403}, // no type that the rule set takes
		{"form", `{}`, "application/x-www-form-urlencoded", "note=" + injection, 403},
		{"fine", `{}`, "application/json", `{"note":"two chairs"}`, 200},
		{"broken", `{}`, "application/json", `{"note":`, 403},
		{"too large", `{"body":{"limit":1000}}`, "application/json", late, 413},
		{"beyond the limit", `{"body":{"limit":1000,"beyond":"Pass"}}`, "application/json", late, 200},
		{"before the limit", `{"body":{"limit":1000,"beyond":"Pass"}}`, "application/json", early, 403},
		{"just the limit", `{"body":{"limit":21}}`, "application/json", `{"note":"two chairs"}`, 200},
		{"not inspected", `{"body":{"contentTypes":["text/plain"]}}`, "application/json", attack, 200},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := start(t, c.spec, func(http.ResponseWriter, *http.Request) {})
			if status, body := f.send(t, post("/orders", c.kind, c.body)); status != c.status {
				t.Errorf("%d %s, want %d", status, body, c.status)
			}
			if c.status == 200 && (len(f.got) != 1 || f.got[0] != c.body) {
				t.Errorf("the service got %q", f.got)
			}
		})
	}
}

func TestExclusions(t *testing.T) {
	t.Parallel()
	all := `"tags": ["attack-sqli", "OWASP_CRS"]`
	cases := []struct {
		name, exclusion, target string
		status                  int
	}{
		{"a target", `{` + all + `, "targets": ["ARGS:q"]}`, "/x?q=" + injection, 200},
		{"another target", `{` + all + `, "targets": ["ARGS:p"]}`, "/x?q=" + injection, 403},
		{"a path", `{` + all + `, "pathPrefix": "/search"}`, "/search/all?q=" + injection, 200},
		{"another path", `{` + all + `, "pathPrefix": "/search"}`, "/searching?q=" + injection, 403},
		{"a path that is left again", `{` + all + `, "pathPrefix": "/search"}`, "/search/%2e%2e/admin?q=" + injection, 403},
		{"a target under a path", `{` + all + `, "pathPrefix": "/search", "targets": ["ARGS:/^q$/"]}`, "/search?q=" + injection, 200},
		{"rules", `{"rules": [942100, 920273]}`, "/x?q=" + injection, 403},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := start(t, `{"exclusions": [`+c.exclusion+`]}`, nil)
			if status, body := f.send(t, get(c.target)); status != c.status {
				t.Errorf("%d %s, want %d: %v", status, body, c.status, f.log.take(f.route))
			}
		})
	}
}

func TestCustomRulesJudgeRequests(t *testing.T) {
	t.Parallel()
	rules, _ := json.Marshal("SecRule REQUEST_HEADERS:X-Tool \"@streq old\" \\\n  \"id:7,phase:1,deny,msg:'an old tool'\"\n" +
		"SecRule ARGS:a \"@rx ^x\" \"id:8,phase:2,deny,chain\"\nSecRule ARGS:b \"@rx ^y\" \"t:none\"\n")
	f := start(t, `{"rules": `+string(rules)+`}`, nil)
	if status, _ := f.send(t, []byte("GET / HTTP/1.1\r\nx-tool: old\r\n"+head+"\r\n")); status != http.StatusForbidden {
		t.Errorf("an old tool: %d", status)
	}
	if line := f.log.take(f.route)[0]; fmt.Sprint(line["rules"]) != "[7]" {
		t.Errorf("logged %v", line)
	}
	for target, want := range map[string]int{"/?a=x&b=y": 403, "/?a=x": 200} {
		if status, _ := f.send(t, get(target)); status != want {
			t.Errorf("%s: %d", target, status)
		}
	}
}

func TestAnswersAreJudgedWhereThatIsAsked(t *testing.T) {
	t.Parallel()
	leak := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte("[Microsoft][ODBC SQL Server Driver] SQL Error: ORA-00933: SQL command not properly ended"))
	}
	f := start(t, `{"response": {}}`, leak)
	if status, body := f.send(t, get("/")); status != http.StatusBadGateway || strings.Contains(body, "ORA") {
		t.Errorf("%d %s", status, body)
	}
	f = start(t, `{}`, leak)
	if status, body := f.send(t, get("/")); status != http.StatusInternalServerError || !strings.Contains(body, "ORA") {
		t.Errorf("without: %d %s", status, body)
	}
	long := strings.Repeat("all is well. ", 10_000)
	f = start(t, `{"response": {"limit": 1000}}`, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(long))
	})
	if status, body := f.send(t, get("/")); status != http.StatusOK || body != long {
		t.Errorf("a long answer: %d, %d bytes", status, len(body))
	}
}

func TestWhatIsWrongIsToldAtOnce(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, spec string
		want       []string
	}{
		{"unknown", `{"level": 1}`, []string{"level"}},
		{"a type", `{"paranoiaLevel": "high"}`, []string{"paranoiaLevel"}},
		{"all of it", `{"level": 1, "body": {"size": 1, "limit": "1Mi"}, "mode": "Off"}`, []string{"body.limit", "body.size", "level", "mode"}},
		{
			"values", `{"mode": "Off", "paranoiaLevel": 5, "inboundThreshold": -1, "methods": ["get"], "body": {"limit": -1, "beyond": "x", "contentTypes": ["json"], "concurrency": 5000}}`,
			[]string{"mode", "paranoiaLevel", "inboundThreshold", "methods[0]", "body.limit", "body.beyond", "body.contentTypes[0]", "body.concurrency"},
		},
		{
			"exclusions", `{"exclusions": [{"pathPrefix": "x", "targets": ["ARG:x", "ARGS:\""]}, {"rules": [1234567, 949110], "tags": ["a\"b"]}]}`,
			[]string{"exclusions[0].pathPrefix", "exclusions[0]", "exclusions[0].targets[0]", "exclusions[0].targets[1]", "exclusions[1].rules[0]", "exclusions[1].rules[1]", "exclusions[1].tags[0]"},
		},
		{"directives", "{\"rules\": \"# a\\nSecRuleEngine Off\\n  Include /etc/passwd\"}", []string{"rules 2:1", "rules 3:3"}},
		{"files", `{"rules": "SecRule ARGS \"@pmFromFile /etc/passwd\" \"id:1,deny\""}`, []string{"rules 1:1"}},
		{"programs", `{"rules": "SecRule FILES_TMPNAMES \"@inspectFile /bin/sh\" \"id:1,deny\"\nSecAction \"id:2,exec:/bin/sh\""}`, []string{"rules 1:1", "rules 2:1"}},
		{"the engine", `{"rules": "SecAction \"id:1,ctl:ruleEngine=Off\""}`, []string{"rules 1:1"}},
		{"an id", `{"rules": "SecAction \"id:949110,pass\"\nSecRule ARGS x \"deny\""}`, []string{"rules 1:1", "rules 2:1"}},
		{"an expression", `{"rules": "SecRule ARGS \"@rx ok\" \"id:1,deny\"\n SecRule ARGS \"@rx (\" \"id:2,deny\""}`, []string{"rules 2:2"}},
		{"a chain", `{"rules": "SecRule ARGS \"@rx ok\" \"id:1,deny,chain\""}`, []string{"rules 1:1"}},
		{"an open line", `{"rules": "SecAction \\"}`, []string{"rules 1:1"}},
		{"answers", `{"rules": "SecRule RESPONSE_BODY \"@rx x\" \"id:1,phase:4,deny\""}`, []string{"rules 1:1"}},
	}
	kind := waf.NewKind(nil, nil, nil)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := kind.Compile(context.Background(), policy(c.spec), gateway.Attachment{})
			var told *kernel.Error
			if !errors.As(err, &told) || told.Kind != kernel.Invalid {
				t.Fatal(err)
			}
			var got []string
			for _, p := range told.Problems {
				at := p.Path
				if p.Line > 0 {
					at += fmt.Sprintf(" %d:%d", p.Line, p.Column)
				}
				got = append(got, at)
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("told of %q, want %q: %v", got, c.want, err)
			}
		})
	}
}
