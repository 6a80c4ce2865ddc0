// Package engine judges requests by the OWASP Core Rule Set on Coraza.
//
// It owns how the rule set is loaded and set up, an operator for regular
// expressions that gives the verdicts of Coraza's own in less time, the sieve
// that spares a request the rules which cannot match it, and exclusions. It
// knows no routes and no HTTP server: it is fed through Coraza's transactions.
package engine

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/experimental"
	"github.com/corazawaf/coraza/v3/types"
)

// Config is what an engine is made of. Equal ones make equal engines.
type Config struct {
	// Detection judges without stopping at what would be refused.
	Detection bool
	// Paranoia is the level of rules that count, 1 to 4; those up to Detected are
	// asked, too, and only told of. It is Paranoia unless it is higher.
	Paranoia, Detected int
	// Inbound is the score that refuses a request, Outbound the one that refuses an answer.
	Inbound, Outbound int
	// BodyLimit is how much of a request's body may be written to a transaction, in bytes.
	BodyLimit int
	// Methods are those that are allowed.
	Methods []string
	// Response judges answers, too, of the content types, up to a limit in bytes.
	Response      bool
	ResponseLimit int
	ResponseTypes []string
	// Rules are custom rules in SecLang, checked already. They stand before those
	// of the rule set.
	Rules string
	// Exclusions keep rules from looking, everywhere or under a path.
	Exclusions []Exclusion
	// Stock leaves Coraza as it comes, for comparisons.
	Stock bool
}

// Engine judges requests. It may be used by many at once.
type Engine struct {
	waf coraza.WAF
	// variables are what each transaction begins with; none where the rules set them.
	variables []variable
	bounded   []bounded
	rules     []types.RuleMetadata
}

// New compiles the rule set and the custom rules, which takes some hundred
// milliseconds and needs nothing from outside.
func New(c Config) (*Engine, error) {
	e, sifts := &Engine{}, &sieve{}
	key := strconv.FormatInt(waiting.last.Add(1), 10)
	waiting.sieves.Store(key, sifts)
	defer waiting.sieves.Delete(key)
	first := ""
	if !c.Stock {
		first = "SecRule REQUEST_METHOD \"@" + sieveName + " " + key + "\" \"id:900980,phase:2,pass,nolog,t:none\"\n"
	}
	text, fold, err := e.prepare(c)
	if err != nil {
		return nil, err
	}
	config := coraza.NewWAFConfig().WithRootFS(ruleFiles{stock: c.Stock, fold: fold}).WithDirectives(first + text).
		WithDirectivesFromFile(folder + "/" + initial)
	if c.Rules != "" {
		config = config.WithDirectives(c.Rules)
	}
	for _, file := range files(c.Response) {
		config = config.WithDirectivesFromFile(folder + "/" + file)
	}
	if last := always(c); last != "" {
		config = config.WithDirectives(last)
	}
	if c.Response {
		config = config.WithResponseBodyAccess().WithResponseBodyLimit(c.ResponseLimit + 1).WithResponseBodyMimeTypes(c.ResponseTypes)
	}
	config = experimental.WAFConfigWithRuleObserver(config, func(r types.RuleMetadata) { e.rules = append(e.rules, r) })
	if e.waf, err = coraza.NewWAF(config); err != nil {
		return nil, fmt.Errorf("compile the rules: %w", err)
	}
	sifts.fill(e.rules, c.detection())
	if e.bounded, err = bind(c.Exclusions, e.rules); err != nil {
		return nil, err
	}
	return e, nil
}

// detection is the highest level whose rules are asked.
func (c Config) detection() int { return max(c.Paranoia, c.Detected) }

// prepare returns the directives that stand before the rule set's, and how its
// files are folded. Where they are, transactions begin with what rules would set.
func (e *Engine) prepare(c Config) (text string, fold func(name, text string) string, err error) {
	f, ok := folds(c)
	if !ok {
		return setup(c) + levels(c), nil, nil
	}
	e.variables, err = prepared(c)
	return setup(c), f.fold, err
}

// setup says how the rule set is to be used, in place of its file crs-setup.conf
// and of Coraza's recommended settings.
func setup(c Config) string {
	mode := "On"
	if c.Detection {
		mode = "DetectionOnly"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "SecRuleEngine %s\nSecRequestBodyAccess On\nSecRequestBodyLimit %d\nSecRequestBodyInMemoryLimit %d\n", mode, c.BodyLimit+1, c.BodyLimit+1)
	b.WriteString(`SecRequestBodyLimitAction ProcessPartial
SecResponseBodyLimitAction ProcessPartial
SecRequestBodyJsonDepthLimit 256
SecAuditEngine Off
SecRule REQUEST_HEADERS:Content-Type "@rx ^(?:application(?:/soap\+|/)|text/)xml" "id:200000,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "@rx ^application/json" "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQUEST_HEADERS:Content-Type "@rx ^application/[a-z0-9.-]+[+]json" "id:200006,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQBODY_ERROR "!@eq 0" "id:200002,phase:2,t:none,log,deny,status:400,msg:'The body of the request cannot be read as its content type says',severity:2"
SecRule MULTIPART_STRICT_ERROR "!@eq 0" "id:200003,phase:2,t:none,log,deny,status:400,msg:'The parts of the request are not as they must be',severity:2"
SecDefaultAction "phase:1,log,noauditlog,pass"
SecDefaultAction "phase:2,log,noauditlog,pass"
`)
	return b.String()
}

// levels says what the rule set's variables are.
func levels(c Config) string {
	return fmt.Sprintf(`SecAction "id:900990,phase:1,pass,t:none,nolog,setvar:tx.crs_setup_version=4250,`+
		`setvar:tx.blocking_paranoia_level=%d,setvar:tx.detection_paranoia_level=%d,`+
		`setvar:tx.inbound_anomaly_score_threshold=%d,setvar:tx.outbound_anomaly_score_threshold=%d,setvar:'tx.allowed_methods=%s'"`+"\n",
		c.Paranoia, c.detection(), c.Inbound, c.Outbound, strings.Join(c.Methods, " "))
}

// always are the directives that come last: the exclusions that hold on every
// path, and the rules of higher levels, which nobody asks.
func always(c Config) string {
	var b strings.Builder
	loaded := idsOf(c)
	for _, x := range c.Exclusions {
		if x.Prefix == "" {
			b.WriteString(x.directives(loaded))
		}
	}
	for level := c.detection() + 1; level <= 4; level++ {
		fmt.Fprintf(&b, "SecRuleRemoveByTag \"paranoia-level/%d\"\n", level)
	}
	return b.String()
}
