package engine

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/collection"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
)

// folding leaves out of the rule set what the levels of an engine decide before
// any request comes: rules that set up what is the same each time, jump over the
// rules of levels that are not there, or add up their scores.
type folding struct {
	// blocking are the levels that count, detection those whose rules are asked.
	blocking, detection int
	// jumps tells that rules outside of the rule set may jump to its markers.
	jumps bool
}

// computed are names of variables that custom rules put together from a request.
var computed = regexp.MustCompile(`(?i)setvar:[^,"]*tx\.[^=,"]*%\{`)

// folds returns what can be left out for a config; false for nothing: custom
// rules may change the levels from request to request.
func folds(c Config) (folding, bool) {
	lower := strings.ToLower(c.Rules)
	if c.Stock || strings.Contains(lower, "paranoia_level") || computed.MatchString(c.Rules) {
		return folding{}, false
	}
	return folding{blocking: c.Paranoia, detection: c.detection(), jumps: strings.Contains(lower, "skipafter")}, true
}

// needed is the one rule of the initial file whose answer depends on the request.
const needed = "901340"

var (
	jumpShape   = regexp.MustCompile(`(?i)^SecRule TX:DETECTION_PARANOIA_LEVEL "@lt ([1-4])" "id:(\d+),[^"]*skipAfter:([A-Z0-9-]+)"`)
	sumShape    = regexp.MustCompile(`^SecRule TX:(BLOCKING|DETECTION)_PARANOIA_LEVEL "@ge ([1-4])"`)
	markerShape = regexp.MustCompile(`^SecMarker "?([^"\s]+)`)
	levelShape  = regexp.MustCompile(`paranoia-level/([1-4])`)
)

// fold returns a file without what can be left out. Rules that are chained are
// indented and belong to the one before.
func (f folding) fold(name, text string) string {
	blocks := blocksOf(text)
	kept := make([]string, 0, len(blocks))
	for i, b := range blocks {
		if !f.constant(name, b, blocks[i+1:]) {
			kept = append(kept, b)
		}
	}
	rest := strings.Join(kept, "")
	if f.jumps {
		return rest
	}
	var out strings.Builder
	for _, b := range kept {
		if m := markerShape.FindStringSubmatch(b); m == nil || strings.Contains(rest, "skipAfter:"+m[1]) {
			out.WriteString(b)
		}
	}
	return out.String()
}

// blocksOf parts a file before each line that begins with a directive.
func blocksOf(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if len(out) > 0 && !strings.HasPrefix(line, "Sec") {
			out[len(out)-1] += line
			continue
		}
		out = append(out, line)
	}
	return out
}

// constant tells that a block does the same, or nothing, for each request.
func (f folding) constant(name, block string, after []string) bool {
	if strings.HasSuffix(name, "/"+initial) {
		return strings.HasPrefix(block, "Sec") && !strings.Contains(block, `"id:`+needed)
	}
	if m := jumpShape.FindStringSubmatch(block); m != nil {
		return number(m[1]) <= f.detection || f.idle(after, m[3])
	}
	if m := sumShape.FindStringSubmatch(block); m != nil {
		if m[1] == "BLOCKING" {
			return number(m[2]) > f.blocking
		}
		return number(m[2]) > f.detection
	}
	return false
}

// idle tells that no rule up to a marker is one of a level that is asked.
func (f folding) idle(blocks []string, marker string) bool {
	for _, b := range blocks {
		if m := markerShape.FindStringSubmatch(b); m != nil {
			if m[1] == marker {
				return true
			}
			continue
		}
		level := levelShape.FindStringSubmatch(b)
		if jumpShape.FindStringSubmatch(b) == nil && (level == nil || number(level[1]) <= f.detection) {
			return false
		}
	}
	return false
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// variable is one of the collection TX.
type variable struct {
	name   string
	values []string
}

// prepared returns what the collection TX holds once the rule set is set up.
func prepared(c Config) ([]variable, error) {
	w, err := coraza.NewWAF(coraza.NewWAFConfig().WithRootFS(ruleFiles{}).WithDirectives(setup(c) + levels(c)).
		WithDirectivesFromFile(folder + "/" + initial))
	if err != nil {
		return nil, fmt.Errorf("compile what sets the rules up: %w", err)
	}
	tx := w.NewTransaction()
	defer func() { _ = tx.Close() }()
	tx.ProcessURI("/", "GET", "HTTP/1.1")
	if stop := tx.ProcessRequestHeaders(); stop != nil {
		return nil, fmt.Errorf("the rules are not set up as they must be: rule %d", stop.RuleID)
	}
	var out []variable
	for _, d := range txOf(tx).FindAll() {
		if strings.Trim(d.Key(), "0123456789") != "" { // the numbers are for what expressions capture
			out = append(out, variable{d.Key(), []string{d.Value()}})
		}
	}
	return out, nil
}

// txOf returns the collection TX of a transaction.
func txOf(tx any) collection.Map {
	if state, ok := tx.(plugintypes.TransactionState); ok {
		return state.Variables().TX()
	}
	return nil
}
