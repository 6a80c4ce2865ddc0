package azure

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/azure/capability"
)

type accessSpec struct {
	Allow []string `json:"allow"`
	Deny  []string `json:"deny"`
}

type wafSpec struct {
	Mode             string   `json:"mode"`
	ParanoiaLevel    int      `json:"paranoiaLevel"`
	InboundThreshold int      `json:"inboundThreshold"`
	Methods          []string `json:"methods"`
	Body             struct {
		Limit  int    `json:"limit"`
		Beyond string `json:"beyond"`
	} `json:"body"`
	Exclusions []struct {
		Rules   []int    `json:"rules"`
		Targets []string `json:"targets"`
	} `json:"exclusions"`
}

// The managed rule sets.
const (
	defaultSet = "Microsoft_DefaultRuleSet"
	olderSet   = "OWASP"
)

// firewall is the firewall policy of a route, nil where it has none of its own.
func (t *translation) firewall(r *gateway.InForce) *WAF {
	w := &WAF{
		Mode: "Prevention", BodyCheck: true, BodyEnforcement: true, MaxBodyKB: 128, InspectKB: 128,
		RuleSets: map[string]RuleSet{defaultSet: {Version: "2.2"}}, CustomRules: map[string]CustomRule{},
	}
	rules := t.access(r, w)
	rules = t.rates(r, w) || rules
	p, ok := policy(r, capability.Waf)
	if !ok && !rules {
		return nil
	}
	if ok {
		t.judged(p, w)
	}
	if _, looks := policy(r, capability.Access); looks && !prevents(r) {
		t.refuse(placeOf(p), "mode", "use Blocking, and exclude what it would refuse wrongly; or have the route take no AccessPolicy for as long as it detects",
			"on Azure: in Detection the firewall only logs all that it judges, so that addresses which the AccessPolicy of route %s keeps out would come in", r.Route.Name)
	}
	return w
}

// prevents tells that the firewall of a route refuses what it finds. In Detection, which is
// for all rules of a firewall policy, it counts and keeps out nobody.
func prevents(r *gateway.InForce) bool {
	p, ok := policy(r, capability.Waf)
	if !ok {
		return true
	}
	var s wafSpec
	_ = json.Unmarshal(p.Spec, &s) // what cannot be read is told elsewhere
	return s.Mode != "Detection"
}

// custom adds a rule after those that are there.
func (w *WAF) custom(name, kind string, conditions ...Condition) *CustomRule {
	r := CustomRule{Priority: len(w.CustomRules) + 1, Action: "Block", Type: kind, Conditions: conditions}
	w.CustomRules[name] = r
	return &r
}

// access has the firewall look where clients come from.
func (t *translation) access(r *gateway.InForce, w *WAF) bool {
	p, ok := policy(r, capability.Access)
	if !ok {
		return false
	}
	var s accessSpec
	(&document{t: t}).read(p, &s)
	// What a condition takes is bounded.
	for n, part := range slices.Collect(slices.Chunk(s.Deny, maxValues)) {
		w.custom("deny"+strconv.Itoa(n), "MatchRule", Condition{Variables: []Variable{{Name: "RemoteAddr"}}, Operator: "IPMatch", Values: part})
	}
	if len(s.Allow) > maxValues {
		t.refuse(placeOf(p), "allow", "use fewer, larger networks", "on Azure: %d networks are more than the %d of a rule", len(s.Allow), maxValues)
	}
	if len(s.Allow) > 0 {
		w.custom("allow", "MatchRule", Condition{Variables: []Variable{{Name: "RemoteAddr"}}, Operator: "IPMatch", Values: s.Allow, Negate: true})
	}
	return true
}

// maxValues is how many values a condition has at most.
const maxValues = 540

// rates has the firewall count what it can: requests of an address, in one minute or five.
func (t *translation) rates(r *gateway.InForce, w *WAF) bool {
	p, ok := policy(r, capability.ClientLimit)
	if !ok {
		return false
	}
	var s limitSpec
	(&document{t: t}).read(p, &s)
	found := false
	for i, l := range s.Limits {
		if !l.atTheEdge() || !prevents(r) {
			continue
		}
		for j, one := range l.Windows {
			found = true
			conditions := []Condition{{Variables: []Variable{{Name: "RequestUri"}}, Operator: "Any"}}
			if len(l.Methods) > 0 {
				conditions = []Condition{{Variables: []Variable{{Name: "RequestMethod"}}, Operator: "Equal", Values: l.Methods}}
			}
			name := fmt.Sprintf("rate%d%d", i, j)
			rule := w.custom(name, "RateLimitRule", conditions...)
			rule.Threshold, rule.Duration = one.Limit, "OneMin"
			if time.Duration(one.Per) == boundary {
				rule.Duration = "FiveMins"
			}
			w.CustomRules[name] = *rule
		}
	}
	return found
}

// judged has the managed rules be what a WafPolicy says.
func (t *translation) judged(p gateway.Policy, w *WAF) {
	s := wafSpec{Mode: "Blocking", ParanoiaLevel: 1, InboundThreshold: 5, Methods: []string{"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}}
	s.Body.Limit, s.Body.Beyond = 128<<10, "Reject"
	(&document{t: t}).read(p, &s)
	if s.Mode == "Detection" {
		w.Mode = "Detection"
	}
	set := ExcludedSet{defaultSet, "2.2"}
	switch s.ParanoiaLevel {
	case 1:
	case 2:
		set = ExcludedSet{olderSet, "3.2"}
	default:
		t.refuse(placeOf(p), "paranoiaLevel", "use 1 or 2", "on Azure: the managed rule sets have no level %d", s.ParanoiaLevel)
	}
	if s.InboundThreshold != 5 {
		t.refuse(placeOf(p), "inboundThreshold", "use 5", "on Azure: the threshold is 5, and not to be set")
	}
	kb := s.Body.Limit / 1024
	if s.Body.Limit%1024 != 0 || kb < 8 || kb > 2000 {
		t.refuse(placeOf(p), "body.limit", "use whole KB from 8192 to 2048000", "on Azure: %d bytes are not whole KB from 8 to 2000", s.Body.Limit)
	}
	w.MaxBodyKB, w.InspectKB, w.BodyEnforcement = kb, kb, s.Body.Beyond != "Pass"
	w.custom("methods", "MatchRule", Condition{Variables: []Variable{{Name: "RequestMethod"}}, Operator: "Equal", Values: s.Methods, Negate: true})
	overrides := map[string]map[string]Override{}
	for i, x := range s.Exclusions {
		at := "exclusions[" + strconv.Itoa(i) + "]"
		groups := t.groups(p, at, set.Type, x.Rules)
		if len(x.Targets) == 0 {
			for group, ids := range groups {
				for _, id := range ids {
					if overrides[group] == nil {
						overrides[group] = map[string]Override{}
					}
					overrides[group][id] = Override{}
				}
			}
		}
		for j, target := range x.Targets {
			t.exclusion(p, at+".targets["+strconv.Itoa(j)+"]", w, set, target, groups)
		}
	}
	w.RuleSets = map[string]RuleSet{set.Type: {Version: set.Version, Overrides: overrides}}
}

// ruleGroups are the groups of rules by the first three digits of their ids, in the one
// rule set and the other.
func ruleGroups() map[int][2]string {
	return map[int][2]string{
		911: {"METHOD-ENFORCEMENT", "REQUEST-911-METHOD-ENFORCEMENT"}, 920: {"PROTOCOL-ENFORCEMENT", "REQUEST-920-PROTOCOL-ENFORCEMENT"},
		921: {"PROTOCOL-ATTACK", "REQUEST-921-PROTOCOL-ATTACK"}, 930: {"LFI", "REQUEST-930-APPLICATION-ATTACK-LFI"}, 931: {"RFI", "REQUEST-931-APPLICATION-ATTACK-RFI"},
		932: {"RCE", "REQUEST-932-APPLICATION-ATTACK-RCE"}, 933: {"PHP", "REQUEST-933-APPLICATION-ATTACK-PHP"}, 934: {"NODEJS", ""},
		941: {"XSS", "REQUEST-941-APPLICATION-ATTACK-XSS"}, 942: {"SQLI", "REQUEST-942-APPLICATION-ATTACK-SQLI"},
		943: {"FIX", "REQUEST-943-APPLICATION-ATTACK-SESSION-FIXATION"}, 944: {"JAVA", "REQUEST-944-APPLICATION-ATTACK-JAVA"},
	}
}

func (t *translation) groups(p gateway.Policy, at, set string, rules []int) map[string][]string {
	out := map[string][]string{}
	for i, id := range rules {
		names := ruleGroups()[id/1000]
		group := names[0]
		if set == olderSet {
			group = names[1]
		}
		if group == "" {
			t.refuse(placeOf(p), at+".rules["+strconv.Itoa(i)+"]", "leave it out", "on Azure: the rule set %s has no rule %d", set, id)
			continue
		}
		out[group] = append(out[group], strconv.Itoa(id))
	}
	return out
}

// exclusion keeps rules from looking at a target, which is written as Coraza has it.
func (t *translation) exclusion(p gateway.Policy, at string, w *WAF, set ExcludedSet, target string, groups map[string][]string) {
	collection, selector, _ := strings.Cut(target, ":")
	variable := map[string]string{
		"ARGS": "RequestArgValues", "ARGS_GET": "RequestArgValues", "ARGS_POST": "RequestArgValues", "ARGS_NAMES": "RequestArgKeys",
		"REQUEST_HEADERS": "RequestHeaderValues", "REQUEST_HEADERS_NAMES": "RequestHeaderKeys", "REQUEST_COOKIES": "RequestCookieValues", "REQUEST_COOKIES_NAMES": "RequestCookieKeys",
	}[strings.ToUpper(collection)]
	operator := "Equals"
	switch {
	case variable == "":
		t.refuse(placeOf(p), at, "use ARGS, REQUEST_HEADERS or REQUEST_COOKIES", "on Azure: nothing is left out of %s", collection)
		return
	case selector == "":
		operator, selector = "EqualsAny", "*"
	case strings.HasPrefix(selector, "/"):
		operator = "StartsWith"
		plain, ok := strings.CutPrefix(strings.Trim(selector, "/"), "^")
		if !ok || strings.ContainsAny(plain, `\.+*?()[]{}|$^`) {
			t.refuse(placeOf(p), at, "use a name, or what names begin with: ARGS:/^filter/", "on Azure: %s is an expression", selector)
			return
		}
		selector = plain
	}
	w.Exclusions = append(w.Exclusions, Exclusion{MatchVariable: variable, Selector: selector, Operator: operator, RuleSet: &set, Rules: groups})
}
