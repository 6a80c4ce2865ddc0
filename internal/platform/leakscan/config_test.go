package leakscan_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

const config = `
title = "of a team"
[extend]
useDefault = true
disabledRules = ["gcp-api-key"]

[[rules]]
id = "house-number"
description = "A number of the house"
regex = '''house-([0-9]{8})'''
keywords = ["house-"]

[[rules]]
id = "github-pat"
[[rules.allowlists]]
paths = ['''^fixtures/''']

[[allowlists]]
regexes = ['''house-00000000''']
regexTarget = "match"

[[allowlists]]
targetRules = ["aws-access-token"]
condition = "AND"
paths = ['''\.md$''']
stopwords = ["q3egx"]
`

func TestAConfigurationOfOthersIsHonoured(t *testing.T) {
	t.Parallel()
	s, err := leakscan.WithConfig(config, ".gitleaks.toml")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ text, path, rule string }{
		"a rule of its own":             {"no: house-12345678", "a.txt", "house-number"},
		"what it allows":                {"no: house-00000000", "a.txt", ""},
		"a rule that is shipped":        {planted()["stripe-access-token"], "a.txt", "stripe-access-token"},
		"a rule that is off":            {planted()["gcp-api-key"], "a.txt", ""},
		"a path that a rule allows":     {planted()["github-pat"], "fixtures/a.txt", ""},
		"another path":                  {planted()["github-pat"], "a.txt", "github-pat"},
		"both conditions of a list":     {planted()["aws-access-token"], "README.md", ""},
		"one of both conditions":        {planted()["aws-access-token"], "a.txt", "aws-access-token"},
		"a path that gitleaks allows":   {planted()["github-pat"], "go.sum", ""},
		"its own file by its own lists": {planted()["github-pat"], "x/gitleaks.toml", ""},
	} {
		got := scan(t, s, c.text, leakscan.Source{Name: c.path}).Matches
		if rule := ""; len(got) > 0 {
			rule = got[0].Rule
			if rule != c.rule {
				t.Errorf("%s: %s", name, rule)
			}
		} else if c.rule != "" {
			t.Errorf("%s: nothing was found", name)
		}
	}
}

func TestAWrongConfigurationIsToldWithItsPlace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"no TOML":           {"a = 1\nb = = 2\n", "x.toml:2:5"},
		"a bad expression":  {"[[rules]]\nid='a'\nregex='('\n", "rule a"},
		"a group too many":  {"[[rules]]\nid='a'\nregex='(x)'\nsecretGroup=2\n", "secretGroup is 2"},
		"what is not read":  {"[extend]\npath='other.toml'\n", "extend.path"},
		"parts of rules":    {"[[rules]]\nid='a'\nregex='x'\n[[rules.required]]\nid='b'\n", "required"},
		"an unknown rule":   {"[extend]\nuseDefault=true\ndisabledRules=['nothing']\n", `"nothing"`},
		"an unknown target": {"[[allowlists]]\ntargetRules=['nothing']\npaths=['a']\n", `"nothing"`},
		"a rule of nothing": {"[[rules]]\nid='a'\n", "neither regex nor path"},
		"an unknown joint":  {"[[allowlists]]\ncondition='xor'\npaths=['a']\n", "xor"},
		"a list of nothing": {"[[allowlists]]\ndescription='a'\n", "no commits"},
		"lists in lists":    {"a = " + strings.Repeat("[", 1<<20), "1048576 opening brackets"},
		"tables in tables":  {"a = " + strings.Repeat("{a=", 1<<18), "262144 opening brackets"},
		"a large rule":      {"[[rules]]\nid='a'\nregex='" + strings.Repeat("x{1000}y", 11) + "'\n", "rule a: an expression has the size"},
		"a large path":      {"[[allowlists]]\npaths=['a', '" + strings.Repeat("x{1000}y", 11) + "']\n", "allowlist: an expression has the size"},
		"large together":    {strings.Repeat("[[rules]]\nid='a'\nregex='"+strings.Repeat("x{1000}y", 9)+"'\n", 34), "together"},
		"too many rules":    {strings.Repeat("[[rules]]\nid='a'\nregex='x'\n", 1001), "1001 rules"},
		"a long stopword":   {"[[rules]]\nid='a'\nregex='x'\n[[rules.allowlists]]\nstopwords=['" + strings.Repeat("x", 101) + "']\n", "rule a: a stopword has 101 bytes"},
	} {
		if _, err := leakscan.WithConfig(c.text, "x.toml"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsIgnoredByItsPlace(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		leakscan.IgnoreFile: "# known\napp/.env:aws-access-token:2\nc0ffee:b.env:aws-access-token:1\n",
	}
	rules, err := leakscan.RulesOf(leakscan.New(), func(name string) (string, bool, error) {
		text, ok := files[name]
		return text, ok, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		commit, path string
		line, left   int
	}{{"", "app/.env", 2, 0}, {"", "app/.env", 3, 1}, {"", "b.env", 1, 1}, {"c0ffee", "b.env", 1, 0}, {"beef", "app/.env", 2, 0}} {
		found := []leakscan.Match{{Rule: "aws-access-token", Line: c.line}}
		if got := rules.Left(c.commit, c.path, found); len(got) != c.left {
			t.Errorf("%+v: %d", c, len(got))
		}
	}
	if _, err := leakscan.ParseIgnored("a\nb:c\n", "x"); err == nil || !strings.Contains(err.Error(), `x:1: "a"`) {
		t.Error(err)
	}
}
