package engine

import (
	"slices"
	"strings"
	"testing"

	"github.com/corazawaf/coraza/v3/types"
)

func made(t *testing.T, c Config) *Engine {
	t.Helper()
	c.Inbound, c.Outbound, c.BodyLimit, c.Methods = 5, 4, 1000, []string{"GET"}
	e, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestWhatLevelsDecideIsLeftOut: rules whose answer is known beforehand are not
// there, unless custom rules may change it.
func TestWhatLevelsDecideIsLeftOut(t *testing.T) {
	t.Parallel()
	const touches = `SecRule REQUEST_URI "@beginsWith /mild" "id:1,phase:1,pass,nolog,setvar:tx.detection_paranoia_level=1"`
	const names = `SecRule ARGS:level "@rx ." "id:1,phase:1,pass,nolog,setvar:'tx.%{MATCHED_VAR}=1'"`
	for name, c := range map[string]struct {
		config       Config
		there, gone  []int
		leastLeftOut int
	}{
		"level 1":         {Config{Paranoia: 1}, []int{901340, 949110, 949060}, []int{901100, 901200, 911011, 911013, 942017, 949061, 949161}, 120},
		"level 2":         {Config{Paranoia: 2}, []int{949061, 949161}, []int{911013, 911015, 949062}, 120},
		"level 1 of 2":    {Config{Paranoia: 1, Detected: 2}, []int{949161}, []int{911013, 949061, 949162}, 120},
		"level 4":         {Config{Paranoia: 4}, []int{949063, 949163}, []int{911017}, 120},
		"answers":         {Config{Paranoia: 1, Response: true}, []int{959100}, []int{950011, 959060 + 1}, 150},
		"a rule touches":  {Config{Paranoia: 2, Rules: touches}, []int{901100, 911013, 949062}, nil, -1},
		"a rule computes": {Config{Paranoia: 2, Rules: names}, []int{901100, 911013, 949062}, nil, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := made(t, c.config)
			stock := c.config
			stock.Stock = true
			has := func(id int) bool {
				return slices.ContainsFunc(e.rules, func(r types.RuleMetadata) bool { return r.ID() == id })
			}
			for _, id := range c.there {
				if !has(id) {
					t.Errorf("rule %d is not there", id)
				}
			}
			for _, id := range c.gone {
				if has(id) {
					t.Errorf("rule %d is there", id)
				}
			}
			if out := len(made(t, stock).rules) - len(e.rules); out < c.leastLeftOut {
				t.Errorf("only %d rules are left out", out)
			}
		})
	}
}

// TestCustomRulesJumpAndChangeLevels: what custom rules do to the flow is done.
func TestCustomRulesJumpAndChangeLevels(t *testing.T) {
	t.Parallel()
	const jump = `SecRule REQUEST_URI "@beginsWith /raw" "id:1,phase:2,pass,nolog,skipAfter:END-REQUEST-942-APPLICATION-ATTACK-SQLI"`
	const mild = `SecRule REQUEST_URI "@beginsWith /raw" "id:1,phase:1,pass,nolog,setvar:tx.detection_paranoia_level=0,setvar:tx.blocking_paranoia_level=0"`
	attack := "q=" + strings.ReplaceAll("1' OR '1'='1' UNION SELECT password FROM users-- ", " ", "%20")
	for name, rules := range map[string]string{"a jump": jump, "a level": mild} {
		for _, stock := range []bool{false, true} {
			e := made(t, Config{Paranoia: 1, Rules: rules, Stock: stock})
			behind := "/raw?q=%24%7Bjndi:ldap://x.example/a%7D" // its rules stand behind what is jumped over
			for target, want := range map[string]bool{"/raw?" + attack: false, "/other?" + attack: true, behind: name == "a jump"} {
				tx := e.Begin("a")
				tx.ProcessURI(target, "GET", "HTTP/1.1")
				for _, h := range [][2]string{{"Host", "shop.example"}, {"User-Agent", "x"}, {"Accept", "*/*"}} {
					tx.AddRequestHeader(h[0], h[1])
				}
				tx.ProcessRequestHeaders()
				if _, err := tx.ProcessRequestBody(); err != nil {
					t.Fatal(err)
				}
				if got := tx.Refused() != nil; got != want {
					t.Errorf("%s at %s, stock %v: refused %v", name, target, stock, got)
				}
				_ = tx.Close()
			}
		}
	}
}

// TestExclusionsOfWhatIsLeftOut are none, and no mistake.
func TestExclusionsOfWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	made(t, Config{Paranoia: 1, Exclusions: []Exclusion{{Rules: []int{911013, 901100, 942100}, Targets: []string{"ARGS:q"}}, {Rules: []int{911015}}}})
}
