package goldenpath

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/scanner"
)

// evaluator is a recursive-descent reader that computes as it reads:
// or < and < not < comparison < filters < operand.
type evaluator struct {
	scan  scanner.Scanner
	token rune
	scope map[string]any
	err   error
}

func evaluate(expression string, scope map[string]any) (any, error) {
	e := &evaluator{scope: scope}
	e.scan.Init(strings.NewReader(expression))
	e.scan.Mode = scanner.ScanIdents | scanner.ScanInts | scanner.ScanFloats | scanner.ScanStrings | scanner.ScanRawStrings
	e.scan.Error = func(_ *scanner.Scanner, msg string) { e.fail(errors.New(msg)) }
	e.next()
	v := e.or()
	if e.err == nil && e.token != scanner.EOF {
		e.fail(fmt.Errorf("%q is not expected here", e.scan.TokenText()))
	}
	if e.err != nil {
		return nil, fmt.Errorf("in %q: %w", strings.TrimSpace(expression), e.err)
	}
	return v, nil
}

func (e *evaluator) next() { e.token = e.scan.Scan() }

func (e *evaluator) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

// word reports whether the current token is the word, and goes past it.
func (e *evaluator) word(w string) bool {
	if e.token != scanner.Ident || e.scan.TokenText() != w {
		return false
	}
	e.next()
	return true
}

// symbol is word for a sign.
func (e *evaluator) symbol(r rune) bool {
	if e.token != r {
		return false
	}
	e.next()
	return true
}

func (e *evaluator) or() any {
	v := e.and()
	for e.word("or") {
		if w := e.and(); !truth(v) {
			v = w
		}
	}
	return v
}

func (e *evaluator) and() any {
	v := e.not()
	for e.word("and") {
		if w := e.not(); truth(v) {
			v = w
		}
	}
	return v
}

func (e *evaluator) not() any {
	if e.word("not") {
		return !truth(e.not())
	}
	return e.comparison()
}

func (e *evaluator) comparison() any {
	v := e.filtered()
	for e.token == '=' || e.token == '!' {
		equal := e.token == '='
		e.next()
		if !e.symbol('=') {
			e.fail(errors.New("write == or !="))
			return nil
		}
		v = (fmt.Sprint(v) == fmt.Sprint(e.filtered())) == equal
	}
	return v
}

func (e *evaluator) filtered() any {
	v := e.operand()
	for e.err == nil && e.symbol('|') {
		if e.token != scanner.Ident {
			e.fail(errors.New("a filter's name must follow |"))
			return nil
		}
		name := e.scan.TokenText()
		e.next()
		w, err := filter(name, v, e.arguments())
		if err != nil {
			e.fail(err)
			return nil
		}
		v = w
	}
	return v
}

func (e *evaluator) arguments() []any {
	var args []any
	if !e.symbol('(') {
		return nil
	}
	for e.err == nil && !e.symbol(')') {
		args = append(args, e.or())
		if e.token != ')' && !e.symbol(',') {
			e.fail(errors.New("an argument list has no )"))
		}
	}
	return args
}

func (e *evaluator) operand() any {
	text := e.scan.TokenText()
	switch e.token {
	case '(':
		e.next()
		v := e.or()
		if !e.symbol(')') {
			e.fail(errors.New("( has no )"))
		}
		return v
	case scanner.String:
		e.next()
		s, err := strconv.Unquote(text)
		if err != nil {
			e.fail(err)
		}
		return s
	case '\'':
		return e.quoted()
	case scanner.Int, scanner.Float:
		e.next()
		var n any
		if err := json.Unmarshal([]byte(text), &n); err != nil {
			e.fail(err)
		}
		return n
	case scanner.Ident:
		return e.path()
	}
	e.fail(errors.New("a value is expected"))
	return nil
}

// quoted reads a string in single quotes, which the scanner does not know.
func (e *evaluator) quoted() any {
	var b strings.Builder
	for r := e.scan.Next(); r != '\''; r = e.scan.Next() {
		if r == scanner.EOF {
			e.fail(errors.New("' has no end"))
			return nil
		}
		b.WriteRune(r)
	}
	e.next()
	return b.String()
}

func (e *evaluator) path() any {
	name := e.scan.TokenText()
	e.next()
	switch name {
	case "true":
		return true
	case "false":
		return false
	}
	v, ok := e.scope[name]
	for {
		var key string
		switch {
		case e.symbol('.'):
			key = e.scan.TokenText()
			if e.token != scanner.Ident && e.token != scanner.Int {
				e.fail(errors.New("a name must follow the dot"))
				return nil
			}
			e.next()
		case e.symbol('['):
			key = fmt.Sprint(e.or())
			if !e.symbol(']') {
				e.fail(errors.New("[ has no ]"))
				return nil
			}
		default:
			if !ok {
				return missing{path: name}
			}
			return v
		}
		name += "." + key
		m, _ := v.(map[string]any)
		v, ok = m[key]
	}
}

func filter(name string, v any, args []any) (any, error) {
	if name == "default" && len(args) == 1 {
		if _, nothing := v.(missing); nothing || v == nil || v == "" {
			return args[0], nil
		}
		return v, nil
	}
	if m, nothing := v.(missing); nothing {
		return nil, fmt.Errorf("%s is not set", m.path)
	}
	if name == "dump" && len(args) == 0 {
		b, err := json.Marshal(v)
		return string(b), err
	}
	s, err := asText(v)
	if err != nil {
		return nil, err
	}
	switch {
	case name == "lower" && len(args) == 0:
		return strings.ToLower(s), nil
	case name == "upper" && len(args) == 0:
		return strings.ToUpper(s), nil
	case name == "trim" && len(args) == 0:
		return strings.TrimSpace(s), nil
	case name == "replace" && len(args) == 2:
		return strings.ReplaceAll(s, fmt.Sprint(args[0]), fmt.Sprint(args[1])), nil
	}
	return nil, fmt.Errorf("there is no filter %s with %d arguments; use lower, upper, trim, dump, replace(a, b) or default(x)", name, len(args))
}
