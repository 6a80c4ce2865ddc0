package waf

import (
	"log/slog"
	"slices"
	"strconv"

	"github.com/corazawaf/coraza/v3/types"
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
	for _, m := range j.tx.MatchedRules() {
		if m.Message() == "" || m.Rule().ID()/1000 == setsUp {
			continue
		}
		if id := m.Rule().ID(); !slices.Contains(ids, id) && len(ids) < maxTold {
			ids = append(ids, id)
			j.metrics.matched(id)
		}
		if tells(m) {
			j.findings.add(m, j.action)
		}
	}
	inbound, outbound := j.tx.Scores()
	if len(ids) == 0 && j.action == passed {
		return
	}
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

// target is what of the request a rule matched, as exclusions name it.
func target(d types.MatchData) string {
	name := d.Variable().Name()
	if key := d.Key(); key != "" {
		return name + ":" + plain(key)
	}
	return name
}

// maxKey bounds a name that a client chose.
const maxKey = 64

// plain makes a name that a client chose fit to be read by people.
func plain(s string) string {
	if len(s) > maxKey {
		s = s[:maxKey]
	}
	q := strconv.QuoteToASCII(s)
	return q[1 : len(q)-1]
}
