package stage_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
)

func TestExpandQuotesForItsPlace(t *testing.T) {
	t.Parallel()
	values := map[string]string{"workload": "orders", "release": `a"b\c'd`}
	for name, c := range map[string]struct{ query, want string }{
		"a value of its own":         {`up{w=${workload}}`, `up{w="orders"}`},
		"inside of a string":         {`up{w=~"${workload}-.*"}`, `up{w=~"orders-.*"}`},
		"it cannot end a string":     {`up{r="${release}"}`, `up{r="a\"b\\c'd"}`},
		"nor one in single quotes":   {`up{r='${release}'}`, `up{r='a"b\\c\'d'}`},
		"nor begin a selector":       {`up{r=${release}}`, `up{r="a\"b\\c'd"}`},
		"a quote that is escaped":    {`up{a="\"${workload}"}`, `up{a="\"orders"}`},
		"between backquotes":         {"up{r=`${release}`}", "up{r=`a\"b\\c'd`}"},
		"an apostrophe in a comment": {"up # it's\n+ down{w=${workload}}", "up # it's\n+ down{w=\"orders\"}"},
		"two, with a string between": {`a{w=${workload}} / b{x="y",w="${workload}"}`, `a{w="orders"} / b{x="y",w="orders"}`},
		"none":                       {`sum(up) by (le)`, `sum(up) by (le)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := stage.Expand(c.query, values)
			if err != nil || got != c.want {
				t.Errorf("%s, %v, want %s", got, err, c.want)
			}
		})
	}
	for query, want := range map[string]string{"up{x=${nope}}": "no placeholder ${nope}", "up{x=`${bad}`}": "backquotes"} {
		if _, err := stage.Expand(query, map[string]string{"bad": "`} or vector(1)"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", query, err)
		}
	}
}

func FuzzExpandNeverLeavesItsString(f *testing.F) {
	f.Add("orders")
	f.Add(`"} or vector(0) #`)
	f.Add("'\\`\n\x00é")
	f.Fuzz(func(t *testing.T, value string) {
		for _, quote := range []string{`"`, `'`} {
			got, err := stage.Expand("a{b="+quote+"${v}"+quote+"} > 1", map[string]string{"v": value})
			if err != nil {
				t.Fatal(err)
			}
			inside := strings.TrimSuffix(strings.TrimPrefix(got, "a{b="+quote), quote+"} > 1")
			for i := 0; i < len(inside); i++ {
				switch inside[i] {
				case '\\':
					i++
				case quote[0], '\n':
					t.Fatalf("%q leaves its string as %s", value, got)
				}
			}
		}
	})
}

func TestConditions(t *testing.T) {
	t.Parallel()
	for text, holds := range map[string][2]bool{ // for 1 and for 2
		"< 2": {true, false}, "<=2": {true, true}, ">1": {false, true}, ">= 1": {true, true}, "== 1.0": {true, false}, "!= 1e0": {false, true}, "< +Inf": {true, true},
	} {
		c, err := stage.ParseCondition(text)
		if err != nil || c.Holds(1) != holds[0] || c.Holds(2) != holds[1] {
			t.Errorf("%s: %v %v, %v", text, c.Holds(1), c.Holds(2), err)
		}
	}
	for _, text := range []string{"", "0.01", "= 1", "< x", "< NaN", "< 1 or 2", "=> 1"} {
		if c, err := stage.ParseCondition(text); err == nil {
			t.Errorf("%q is read as %s", text, c)
		}
	}
}
