package waf

import (
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/corazawaf/coraza/v3/types"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/engine"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/waf/tuning"
)

// action is what became of a request.
type action int

const (
	// passed: nothing refused it.
	passed action = iota
	// detected: it would have been refused.
	detected
	// blocked: it was refused.
	blocked
	// rejected: it could not be inspected, and was refused therefore.
	rejected
)

func (a action) String() string { return [...]string{"passed", "detected", "blocked", "rejected"}[a] }

// maxTold bounds the rules that one line of the log names.
const maxTold = 50

// tell counts what the rules found, and logs it where they found anything.
func (j *judged) tell() {
	j.metrics.answered(j.action)
	var ids []int
	var matches []tuning.Match
	for _, m := range j.tx.MatchedRules() {
		if m.Message() == "" || m.Rule().ID()/1000 == setsUp {
			continue
		}
		if id := m.Rule().ID(); !slices.Contains(ids, id) && len(ids) < maxTold {
			ids = append(ids, id)
			j.metrics.matched(id)
		}
		if tells(m) {
			matches = append(matches, matchesOf(m)...)
		}
	}
	inbound, outbound := j.tx.Scores()
	j.count(inbound, matches)
	if len(ids) == 0 && j.action == passed {
		return
	}
	j.x.Facts.Firewall, j.x.Facts.AnomalyScore = j.action.String(), max(inbound, outbound)
	j.metrics.scored(inbound)
	level := slog.LevelInfo
	if j.action == blocked {
		level = slog.LevelWarn
	}
	j.log.LogAttrs(j.x.Context(), level, "the firewall found something",
		slog.String("request", j.tx.ID()), slog.String("action", j.action.String()), slog.String("scope", j.x.Facts.Scope), slog.String("route", j.route),
		slog.String("client", clientOf(j)), slog.Int("score", inbound), slog.Int("outbound_score", outbound),
		slog.Int("paranoia_level", j.spec.ParanoiaLevel), slog.Any("rules", ids))
}

// count counts a request that the rules have seen whole.
func (j *judged) count(inbound int, matches []tuning.Match) {
	if j.counts == nil || j.action == rejected {
		return
	}
	of := tuning.Judgement{Request: j.tx.ID(), Asked: j.spec.detection(), Score: inbound, Matches: matches, Refused: j.action != passed}
	sum := 0
	for i, points := range j.tx.ScoresByLevel() {
		sum += points
		of.Scores[i] = sum
	}
	if stop := j.tx.Refused(); stop != nil {
		of.Denied = !slices.Contains(scorers(), stop.RuleID)
	}
	j.counts.Count(of)
}

// scorers are the rules that refuse a score.
func scorers() []int { return []int{949110, 949111, 959100, 959101} }

func clientOf(j *judged) string {
	ip, _ := address(j.x.Client)
	return ip
}

// tells says whether a rule is one that found something: some add up what
// others found.
func tells(m types.MatchedRule) bool {
	id := m.Rule().ID()
	return id < scoring || id >= answers && id/1000 != 959 && id/1000 != 980
}

// setsUp is where the rules are that set the rule set up, in thousands.
const setsUp = 901

// The rules from scoring on add up the scores of requests; those from answers
// on look at answers.
const (
	scoring = 949_000
	answers = 950_000
)

// matchesOf are what of a request a rule matched.
func matchesOf(m types.MatchedRule) []tuning.Match {
	var out []tuning.Match
	for _, d := range m.MatchedDatas() {
		if d.ChainLevel() == 0 { // the first of a chain names what an exclusion has to
			out = append(out, tuning.Match{
				Rule: m.Rule().ID(), Target: target(d), Message: saysOf(m.Rule().Raw()), Points: points(m.Rule().Severity()), Sample: redact(d.Value()),
			})
		}
	}
	return out
}

var messageAction = regexp.MustCompile(`\bmsg:'((?:[^'\\]|\\.)*)'`)

// saysOf is the message of a rule as it is written: what a request puts into it
// stays out.
func saysOf(rule string) string {
	if m := messageAction.FindStringSubmatch(rule); m != nil {
		return m[1]
	}
	return ""
}

// points are what the rule set adds to a score for a rule of a severity.
func points(s types.RuleSeverity) int {
	switch s {
	case types.RuleSeverityEmergency, types.RuleSeverityAlert, types.RuleSeverityCritical:
		return 5
	case types.RuleSeverityError:
		return 4
	case types.RuleSeverityWarning:
		return 3
	case types.RuleSeverityNotice:
		return 2
	case types.RuleSeverityInfo, types.RuleSeverityDebug, types.RuleSeverityUnset:
	}
	return 0
}

var (
	wordShape  = regexp.MustCompile(`^[A-Za-z0-9_.:$@\[\]-]{1,64}$`)
	placeShape = regexp.MustCompile(`\.[0-9]+(?:\.|$)`)
	signs      = regexp.MustCompile(`[$\[\]]`)
)

// target is what of a request a rule matched, as exclusions name it. Clients
// choose the names of parameters: one that is no plain word is left out, and
// where the name is what matched, since it may say anything. Places in lists,
// which JSON numbers, are one.
func target(d types.MatchData) string {
	name, key := d.Variable().Name(), d.Key()
	if !wordShape.MatchString(key) || strings.HasSuffix(name, "_NAMES") {
		return name
	}
	target := name + ":" + key
	if placeShape.MatchString(key) {
		target = name + ":/^" + places(key) + "$/"
	}
	if _, err := engine.ParseTarget(target); err != nil {
		return name
	}
	return target
}

// places is an expression for a name at any place of its lists. Names are held
// against expressions in lower case.
func places(key string) string {
	words := strings.Split(strings.ToLower(key), ".")
	for i, w := range words {
		if i > 0 && strings.Trim(w, "0123456789") == "" && w != "" {
			words[i] = "[0-9]+"
			continue
		}
		words[i] = signs.ReplaceAllString(w, "[$0]")
	}
	return strings.Join(words, "[.]")
}

// maxSample bounds a sample, in characters.
const maxSample = 80

// redact leaves the shape of a text: what it says may be a secret, and what a
// rule looks for is mostly between the letters.
func redact(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > maxSample {
			b.WriteString("…")
			break
		}
		switch {
		case unicode.IsDigit(r):
			b.WriteByte('9')
		case unicode.IsLetter(r) || r > unicode.MaxASCII:
			b.WriteByte('x')
		case r < ' ' || r == 0x7f:
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
