package rego

import (
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// metadata is what annotations say of a rule, the nearest first.
type metadata struct {
	at       *ast.Location
	problems *[]kernel.Problem
	notices  *[]policy.Notice
}

// describe fills a policy from the annotations on the way from its rule to the
// packages around it.
// text returns what a file has. Of keys that nobody knows there are notices.
func describe(p *policy.Policy, chain ast.AnnotationsRefSet, text func(file string) []byte) ([]kernel.Problem, []policy.Notice) {
	var problems []kernel.Problem
	var notices []policy.Notice
	for _, ref := range chain {
		a := ref.Annotations
		if a == nil {
			continue
		}
		m := metadata{at: ref.Location, problems: &problems, notices: &notices}
		p.Title = first(p.Title, a.Title)
		p.Description = first(p.Description, strings.TrimSpace(a.Description))
		m.keys(a, text)
		m.custom(p, a)
	}
	return problems, notices
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (m metadata) custom(p *policy.Policy, a *ast.Annotations) {
	if id := m.text(a.Custom, "id"); p.ID == "" && id != "" && a.Scope != "subpackages" {
		p.ID = id
		if a.Scope == "package" && p.Suffix() != "" {
			p.ID += "." + p.Rule
		}
	}
	p.Fix = first(p.Fix, m.text(a.Custom, "fix"))
	if text := m.text(a.Custom, "level"); p.Level == "" && text != "" {
		level, err := policy.ParseLevel(text)
		m.check(err)
		p.Level = level
	}
	if text := m.text(a.Custom, "floor"); p.Floor == "" && text != "" {
		floor, err := policy.ParseFloor(text)
		m.check(err)
		p.Floor = floor
	}
	if text := m.text(a.Custom, "severity"); p.Severity == "" && text != "" {
		severity, err := policy.ParseSeverity(text)
		m.check(err)
		p.Severity = severity
	}
	if p.Controls == nil {
		p.Controls = m.controls(a.Custom)
	}
	if p.Resources == nil {
		p.Resources = m.list(a.Custom, "resources")
	}
	if p.Subjects == nil {
		p.Subjects = m.list(a.Custom, "subjects")
	}
}

func (m metadata) text(custom map[string]any, key string) string {
	switch v := custom[key].(type) {
	case nil:
		return ""
	case string:
		return strings.TrimSpace(v)
	default:
		m.report("custom."+key, "must be text")
		return ""
	}
}

func (m metadata) list(custom map[string]any, key string) []string {
	v, ok := custom[key]
	if !ok {
		return nil
	}
	items, ok := v.([]any)
	if !ok {
		m.report("custom."+key, "must be a list")
		return nil
	}
	texts := make([]string, 0, len(items))
	for _, item := range items {
		texts = append(texts, fmt.Sprint(item))
	}
	return texts
}

func (m metadata) controls(custom map[string]any) policy.Controls {
	v, ok := custom["controls"]
	if !ok {
		return nil
	}
	frameworks, ok := v.(map[string]any)
	if !ok {
		m.report("custom.controls", "must have the ids of controls by framework")
		return nil
	}
	controls := policy.Controls{}
	for framework := range frameworks {
		controls[framework] = m.list(frameworks, framework)
	}
	return controls
}

func (m metadata) check(err error) {
	if err != nil {
		m.report("custom", err.Error())
	}
}

func (m metadata) report(path, message string) {
	p := kernel.Problem{Path: path, Message: message}
	if m.at != nil {
		p.File, p.Line, p.Column = m.at.File, m.at.Row, m.at.Col
	}
	*m.problems = append(*m.problems, p)
}
