package rules_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/engine"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/rules"
)

// FuzzCheck has the reader read anything. What it lets pass is compiled by the
// engine, names no directive but those that are for custom rules, and no word
// that reaches beyond the request.
func FuzzCheck(f *testing.F) {
	if testing.Short() {
		f.Skip("one reader, which compiles a rule for each text")
	}
	for _, seed := range []string{
		"SecRule ARGS \"@rx ^x\" \"id:1,phase:2,deny,msg:'x'\"",
		"SecRule REQUEST_HEADERS:X-Tool \"@streq old\" \\\n  \"id:7,phase:1,deny,chain\"\nSecRule ARGS:b \"@rx ^y\" \"t:none\"",
		"SecAction \"id:1,phase:1,pass,nolog,setvar:tx.a=%{ARGS.b}\"\nSecMarker END\n# a remark\n",
		"SecRule ARGS '@pm a b' 'id:2,pass,ctl:ruleRemoveTargetById=942100;ARGS:q'",
		"SecRuleEngine Off", "Include /etc/passwd", "SecRule ARGS \"@pmFromFile /etc/passwd\" \"id:1,deny\"",
		"SecRule ARGS \"@inspect\\\nFile /bin/sh\" \"id:1,deny\"", "SecAction \"id:1,ex\\\nec:/bin/sh\"", "secaction \"id:1,pass,setenv:a=b\"",
		"SecRule &ARGS|!ARGS:/^a/ \"!@within a\\\"b\" \"id:3,t:lowercase,t:urlDecodeUni,multiMatch,capture,block\"",
		"SecAction \"id:1,pass,logdata:'it''s, deny'\"", "SecRule \"ARGS\" \"x\" id:1", "\\", "SecAction `x`", "SecAction \"id:99999999999999999999,pass\"",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, text string, response bool) {
		if len(text) > 2000 {
			return
		}
		problems := rules.Check("rules", text, response)
		for _, p := range problems {
			if p.Message == "" || p.Line < 1 || p.Column < 1 || p.Line > strings.Count(text, "\n")+1 {
				t.Errorf("a problem without a place: %+v", p)
			}
		}
		if len(problems) > 0 {
			return
		}
		lower := strings.ToLower(text)
		for _, line := range strings.Split(lower, "\n") {
			line = strings.TrimSpace(line)
			for _, word := range []string{"include", "secruleengine", "secauditlog", "secdatadir", "secremoterules", "secdebuglog", "secuploaddir", "sectmpdir"} {
				if strings.HasPrefix(line, word) && !strings.Contains(lower, "\\\n") {
					t.Errorf("%q passes", line)
				}
			}
		}
		for _, word := range []string{"exec:", "inspectfile", "pmfromfile", "ipmatchfromfile", "initcol", "setenv"} {
			if !strings.Contains(lower, "#") && strings.Contains(strings.ReplaceAll(lower, "\\\n", ""), word) {
				t.Errorf("%q passes in %q", word, text)
			}
		}
		if _, err := engine.New(engine.Config{Paranoia: 1, Inbound: 5, Outbound: 4, BodyLimit: 1000, Methods: []string{"GET"}, Rules: text, Response: response}); err != nil {
			t.Errorf("what passes does not compile: %v\n%s", err, text)
		}
	})
}
