// Package agreement holds policies against labelled plans: how many of the
// subjects the policies cover, and how often both agree.
//
// It owns how a case finds the policies that speak for it: by the subjects that
// a policy declares, never by a list of cases. It changes nothing.
package agreement

import (
	"context"
	"encoding/json"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/plan"
	"github.com/terrace-idp/terrace/internal/governance/policy/rego"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/planformat"
)

// invalid begins the name of a case that must be flagged.
const invalid = "invalid"

// Case is one labelled plan.
type Case struct {
	Name string `json:"name"`
	// Expected and Flagged say whether it must be, and whether it was, found wrong.
	Expected bool `json:"expected"`
	Flagged  bool `json:"flagged"`
	// Message is what was said of it.
	Message string `json:"message,omitempty"`
}

// Agrees reports whether the policies say what the label says.
func (c Case) Agrees() bool { return c.Expected == c.Flagged }

// Subject is one file: the cases of what its name tells.
type Subject struct {
	Name string `json:"name"`
	// Policies speak for it; none do where it is not covered.
	Policies []string `json:"policies"`
	Cases    []Case   `json:"cases"`
}

// Covered reports whether a policy speaks for the subject.
func (s Subject) Covered() bool { return len(s.Policies) > 0 }

// Report is what came out.
type Report struct {
	Subjects []Subject `json:"subjects"`
	// Coverage is the share of subjects that are covered, Agreement that of their
	// cases that agree, both in percent.
	Coverage  float64 `json:"coverage"`
	Agreement float64 `json:"agreement"`
	Covered   int     `json:"covered"`
	Cases     int     `json:"cases"`
	Agreed    int     `json:"agreed"`
}

// Run evaluates the cases of every file of a folder.
func Run(ctx context.Context, set *rego.Set, tree fs.FS) (Report, error) {
	names, err := fs.Glob(tree, "*.json")
	if err != nil || len(names) == 0 {
		return Report{}, kernel.Errorf(kernel.NotFound, "there are no cases: files *.json with labelled plans under mock")
	}
	report := Report{Subjects: []Subject{}}
	for _, name := range names {
		subject, err := run(ctx, set, tree, name)
		if err != nil {
			return Report{}, err
		}
		report.add(subject)
	}
	report.Coverage, report.Agreement = percent(report.Covered, len(report.Subjects)), percent(report.Agreed, report.Cases)
	return report, nil
}

func (r *Report) add(s Subject) {
	r.Subjects = append(r.Subjects, s)
	if !s.Covered() {
		return
	}
	r.Covered++
	for _, c := range s.Cases {
		r.Cases++
		if c.Agrees() {
			r.Agreed++
		}
	}
}

func percent(part, all int) float64 {
	if all == 0 {
		return 0
	}
	return 100 * float64(part) / float64(all)
}

func run(ctx context.Context, set *rego.Set, tree fs.FS, file string) (Subject, error) {
	cases, err := read(tree, file)
	if err != nil {
		return Subject{}, err
	}
	subject := Subject{Name: subjectOf(file), Policies: []string{}, Cases: []Case{}}
	speaking := Speaking(set.Policies(), subject.Name, types(cases))
	for _, p := range speaking {
		subject.Policies = append(subject.Policies, p.ID)
	}
	if len(speaking) == 0 {
		return subject, nil
	}
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		report, err := set.Eval(ctx, cases[name], rego.Options{Level: func(p policy.Policy) (policy.Level, bool) {
			return p.Level, slices.Contains(subject.Policies, p.ID)
		}})
		if err != nil {
			return Subject{}, err
		}
		subject.Cases = append(subject.Cases, judge(name, report))
	}
	return subject, nil
}

func judge(name string, report policy.Report) Case {
	c := Case{Name: name, Expected: strings.HasPrefix(name, invalid)}
	for _, r := range report.Results {
		if r.Outcome == policy.Violated || r.Outcome == policy.Errored {
			c.Flagged, c.Message = true, r.Sentence()
		}
	}
	return c
}

func read(tree fs.FS, file string) (map[string]policy.Input, error) {
	content, err := fs.ReadFile(tree, file)
	if err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", file, err)
	}
	var labelled struct {
		Mock map[string]map[string]any `json:"mock"`
	}
	if err := json.Unmarshal(content, &labelled); err != nil || len(labelled.Mock) == 0 {
		return nil, kernel.Errorf(kernel.Invalid, "%s has no labelled plans under mock", file)
	}
	cases := map[string]policy.Input{}
	for name, document := range labelled.Mock {
		d, err := planformat.Fragment(file+" "+name, document)
		if err != nil {
			return nil, err
		}
		cases[name] = plan.Of(file+" "+name, d)
	}
	return cases, nil
}

// subjectOf is what a file's name tells: without what groups it, and its ending.
func subjectOf(file string) string {
	name, _, _ := strings.Cut(path.Base(file), ".")
	if i := strings.LastIndex(name, "__"); i >= 0 {
		name = name[i+len("__"):]
	}
	return name
}

// types are the types of resources that the cases name.
func types(cases map[string]policy.Input) []string {
	found := map[string]bool{}
	for _, in := range cases {
		collect(in.Document, found)
	}
	return slices.Sorted(maps.Keys(found))
}

func collect(v any, found map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		if text, ok := v["type"].(string); ok && v["address"] != nil {
			found[text] = true
		}
		for _, child := range v {
			collect(child, found)
		}
	case []any:
		for _, child := range v {
			collect(child, found)
		}
	}
}
