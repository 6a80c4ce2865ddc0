// Package rules checks custom rules in SecLang before an engine reads them: a
// rule may judge a request, and nothing else. What reads files, runs programs,
// asks the network or changes the engine is refused, at its line and column.
package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// MaxID is the highest id that a custom rule may have; those above are the rule
// set's and those of others.
const MaxID = 99_999

// directive is a line of SecLang, put together from those that it was broken into.
type directive struct {
	line, column int
	text         string
	// open tells that it goes on where the text ends.
	open bool
}

// Check returns everything that is wrong with a text of rules. response allows
// rules about answers.
func Check(path, text string, response bool) []kernel.Problem {
	c := &checker{path: path, response: response, ids: map[int]bool{}}
	for _, d := range split(text) {
		before := len(c.problems)
		c.directive(d)
		if len(c.problems) == before {
			c.group = append(c.group, d.text)
			c.compile(d)
		}
	}
	if c.chained {
		c.add(c.last, "the last rule has the action chain, and no rule follows", "")
	}
	return c.problems
}

// compile has Coraza read a rule, together with those that it is chained to.
func (c *checker) compile(d directive) {
	if c.chained {
		return
	}
	_, err := coraza.NewWAF(coraza.NewWAFConfig().WithDirectives(strings.Join(c.group, "\n")))
	c.group = nil
	if err == nil {
		return
	}
	message := err.Error()
	for _, noise := range []string{"invalid WAF config from string: ", "failed to compile the directive \"secrule\": ", "failed to compile the directive \"secaction\": "} {
		message = strings.TrimPrefix(message, noise)
	}
	c.add(d, "the rule cannot be compiled: "+message, "")
}

type checker struct {
	path     string
	response bool
	ids      map[int]bool
	// chained tells that the rule before had the action chain.
	chained bool
	// group are the rules of a chain so far.
	group    []string
	last     directive
	problems []kernel.Problem
}

func (c *checker) add(d directive, message, fix string) {
	c.problems = append(c.problems, kernel.Problem{Path: c.path, Line: d.line, Column: d.column, Message: message, Fix: fix})
}

// split joins lines that end in a backslash, and leaves comments out.
func split(text string) []directive {
	var out []directive
	open := false
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || trimmed[0] == '#' {
			continue
		}
		part := strings.TrimSuffix(trimmed, `\`)
		if open {
			out[len(out)-1].text += part
		} else {
			out = append(out, directive{line: i + 1, column: strings.Index(line, trimmed) + 1, text: part})
		}
		open = part != trimmed
		out[len(out)-1].open = open
	}
	return out
}

var shape = regexp.MustCompile(`(?i)^(\S+)\s*(.*)$`)

func (c *checker) directive(d directive) {
	if message := unfit(d); message != "" {
		c.add(d, message, "")
		return
	}
	m := shape.FindStringSubmatch(d.text)
	was := c.chained
	c.chained, c.last = false, d
	switch strings.ToLower(m[1]) {
	case "secrule":
		c.rule(d, m[2], was)
	case "secaction":
		args, ok := arguments(m[2])
		if !ok || len(args) != 1 {
			c.add(d, "SecAction takes one list of actions in quotes", "")
			return
		}
		c.actions(d, args[0], was)
	case "secmarker":
		if args, ok := arguments(m[2]); !ok || len(args) != 1 {
			c.add(d, "SecMarker takes one name", "")
		}
	default:
		c.add(d, "the directive "+strconv.Quote(m[1])+" is not for custom rules",
			"use SecRule, SecAction and SecMarker; what is to be left out belongs into exclusions, and what the engine does into the other fields")
	}
}

// unfit says what no directive may be, whatever it says.
func unfit(d directive) string {
	if d.open {
		return "the last line ends in a backslash, and no line follows"
	}
	if strings.ContainsAny(d.text, "`\x00") {
		return "a rule holds a backtick or a null"
	}
	lower := strings.ToLower(d.text)
	for _, word := range dangerous() {
		if strings.Contains(lower, word) {
			return "the rule reaches beyond the request with " + strconv.Quote(word)
		}
	}
	return ""
}

// rule checks SecRule TARGETS "@operator argument" "actions".
func (c *checker) rule(d directive, rest string, inChain bool) {
	args, ok := arguments(rest)
	if !ok || len(args) < 2 || len(args) > 3 {
		c.add(d, "SecRule takes targets, an operator in quotes and a list of actions in quotes", "")
		return
	}
	for target := range strings.SplitSeq(args[0], "|") {
		name, _, _ := strings.Cut(strings.TrimLeft(target, "&!"), ":")
		if slices.Contains(hidden(), strings.ToUpper(name)) {
			c.add(d, "the target "+name+" shows what is the platform's own", "")
		}
	}
	c.operator(d, args[1])
	switch {
	case len(args) == 3:
		c.actions(d, args[2], inChain)
	case !inChain:
		c.add(d, "the rule has no id", "give it one from 1 to "+strconv.Itoa(MaxID))
	}
}

func (c *checker) operator(d directive, text string) {
	text = strings.TrimPrefix(text, "!")
	if !strings.HasPrefix(text, "@") {
		return // an expression
	}
	name, _, _ := strings.Cut(text[1:], " ")
	if !slices.Contains(operators(), strings.ToLower(name)) {
		c.add(d, "the operator @"+name+" is not for custom rules", "use one of @"+strings.Join(operators(), ", @"))
	}
}

func (c *checker) actions(d directive, text string, inChain bool) {
	id := 0
	for _, a := range list(text) {
		name, value, _ := strings.Cut(a, ":")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.Trim(strings.TrimSpace(value), "'")
		switch {
		case name == "id":
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 || n > MaxID {
				c.add(d, fmt.Sprintf("the id %q is not from 1 to %d", value, MaxID), "")
			} else if c.ids[n] {
				c.add(d, fmt.Sprintf("the id %d is there twice", n), "")
			}
			id, c.ids[n] = n, true
		case name == "phase":
			c.phase(d, value)
		case name == "ctl":
			c.control(d, value)
		case name == "setvar" && !strings.HasPrefix(strings.ToLower(strings.TrimPrefix(value, "!")), "tx."):
			c.add(d, "setvar sets "+strconv.Quote(value), "only variables of TX can be set")
		case name == "chain":
			c.chained = true
		case !slices.Contains(actions(), name):
			c.add(d, "the action "+strconv.Quote(name)+" is not for custom rules", "use one of "+strings.Join(actions(), ", "))
		}
	}
	if id == 0 && !inChain {
		c.add(d, "the rule has no id", "give it one from 1 to "+strconv.Itoa(MaxID))
	}
}

func (c *checker) phase(d directive, value string) {
	switch value {
	case "1", "2", "request":
	case "3", "4", "response":
		if !c.response {
			c.add(d, "the rule is about answers, which are not inspected", "set response")
		}
	default:
		c.add(d, "there is no phase "+strconv.Quote(value)+" for custom rules", "use 1 or 2, or 3 and 4 for answers")
	}
}

func (c *checker) control(d directive, value string) {
	name, _, _ := strings.Cut(value, "=")
	if !slices.Contains(controls(), strings.ToLower(strings.TrimSpace(name))) {
		c.add(d, "ctl:"+name+" changes the engine", "use one of "+strings.Join(controls(), ", "))
	}
}
