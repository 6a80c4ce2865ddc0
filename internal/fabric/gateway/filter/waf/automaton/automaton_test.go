package automaton_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/automaton"
)

func patterns() []string {
	return []string{
		`(?sm)abc`, `(?sm)(?i)select\b.*from`, `(?sm)^a+$`, `(?sm)\bunion\b`, `(?sm)[^a-z]{3,}`, `(?sm)(?:a|b)*c`, `(?sm)\Aab\z`,
		`(?sm)x\Bx`, `(?sm)`, `(?sm)(?i)[k-s]k`, `(?sm)[\x00-\x08\x7f]`, `(?sm).\n.`, `(?sm)^$`, `(?s)^b.$`, `(?sm)<[^>]*script`, `(?sm)(a{2,3}|b?c){2}`,
		`(?sm)[^\x00-\x{ff}]`, `(?sm)é+`,
	}
}

// texts are made of pieces that expressions look for.
func texts(n int) []string {
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"a", "b", "c", "x", "\n", " ", "abc", "SELECT ", "from", "union", "<", ">", "script", "k", "s", "K", "é", "\u017f", "\u212a", "日本", "\xff", "\x00", "_", "9"}
	out := []string{"", "\n"}
	for range n {
		var b strings.Builder
		for range r.IntN(14) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		out = append(out, b.String())
	}
	return out
}

// TestSaysWhatRegexpSays holds the automaton, whole and by single expressions,
// and with hardly room for states, to package regexp.
func TestSaysWhatRegexpSays(t *testing.T) {
	t.Parallel()
	all := patterns()
	whole := automaton.New(1<<20, all[:len(all)-2]...)
	crowded := automaton.New(10, all[:len(all)-2]...)
	single := make([]*automaton.Set, len(all))
	stock := make([]*regexp.Regexp, len(all))
	for i, p := range all {
		single[i], stock[i] = automaton.New(1<<20, p), regexp.MustCompile(p)
	}
	unsure := 0
	for _, text := range texts(20000) {
		for i := range all {
			match, sure := single[i].Any(text)
			if want := stock[i].MatchString(text); sure && match != want {
				t.Fatalf("%s on %q: %v, regexp says %v", all[i], text, match, want)
			}
			if !sure {
				unsure++
			}
		}
		for _, set := range []*automaton.Set{whole, crowded} {
			found := map[int]bool{}
			if !set.Each(text, func(p int) { found[p] = true }) {
				continue
			}
			for i := range all[:len(all)-2] {
				if want := stock[i].MatchString(text); found[i] != want {
					t.Fatalf("%s on %q within the set: %v, regexp says %v", all[i], text, found[i], want)
				}
			}
		}
	}
	t.Logf("not sure %d times", unsure)
}

func TestCharactersBeyondItAreSaid(t *testing.T) {
	t.Parallel()
	cases := []struct {
		pattern, text string
		sure          bool
	}{
		{`(?i)kiss`, "grüße aus 日本", true},
		{`(?i)kiss`, "\u017f", false},
		{`é`, "é", false},
		{`é`, "e", true},
		{`[^a-z]`, "日", true},
	}
	for _, c := range cases {
		if _, sure := automaton.New(1<<20, c.pattern).Any(c.text); sure != c.sure {
			t.Errorf("%s on %q: sure is %v", c.pattern, c.text, sure)
		}
	}
	if _, sure := automaton.New(1<<20, `(`).Any("("); sure {
		t.Error("an expression that is none has a verdict")
	}
}

func TestManyAskAtOnce(t *testing.T) {
	t.Parallel()
	set := automaton.New(20<<10, patterns()[:10]...)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i, text := range texts(2000) {
				match, sure := set.Any(text + fmt.Sprint(worker, i))
				if sure && !match { // the empty expression is among them
					t.Errorf("%q matches nothing", text)
				}
			}
		})
	}
	wg.Wait()
}
