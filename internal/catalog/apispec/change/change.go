// Package change compares two OpenAPI documents: what a client of the first
// notices of the second, and what of it breaks that client.
//
// It owns what is a breaking change. It knows no stages and no overrides.
package change

import (
	"fmt"
	"strings"

	"github.com/oasdiff/oasdiff/checker"
	"github.com/oasdiff/oasdiff/diff"

	"github.com/terrace-idp/terrace/internal/catalog/apispec/openapi"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The weights of a change.
const (
	// Breaking is what a client that went by the old document may fail on.
	Breaking = "breaking"
	// Risky is what some clients may fail on.
	Risky = "risky"
	// Safe is everything else.
	Safe = "safe"
)

// Change is one thing that is different.
type Change struct {
	// ID names the kind of change, such as response-property-removed.
	ID     string `json:"id"`
	Weight string `json:"weight"`
	// Operation is the method and path that it is about; empty for what is about all.
	Operation string `json:"operation,omitempty"`
	Text      string `json:"text"`
	// Line and Column are in the new document, or in the old one, for what is gone.
	Line   int  `json:"line,omitempty"`
	Column int  `json:"column,omitempty"`
	Gone   bool `json:"gone,omitempty"`
}

// Problem is the change as a problem of the new document.
func (c Change) Problem() kernel.Problem {
	p := kernel.Problem{Path: c.Operation, Message: c.Text, Line: c.Line, Column: c.Column}
	if c.Gone && c.Line > 0 {
		p.Line, p.Column = 0, 0
		p.Message += fmt.Sprintf(" (line %d of the revision before)", c.Line)
	}
	return p
}

// severe are changes that the comparison calls safe and that break here: what is
// removed has to have been deprecated with a day from which on it may be gone.
func severe() map[string]checker.Level {
	return map[string]checker.Level{
		checker.APIRemovedWithDeprecationId:     checker.ERR,
		checker.APIPathRemovedWithDeprecationId: checker.ERR,
	}
}

// Between returns what is different from one document to the next, what breaks first.
func Between(old, next *openapi.Document) ([]Change, error) {
	d, sources, err := diff.GetWithOperationsSourcesMap(diff.NewConfig(), old.Info, next.Info)
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the two documents cannot be compared: %w", err)
	}
	config := checker.NewConfig(checker.GetAllChecks(), checker.WithSeverityLevels(severe()))
	found := checker.CheckBackwardCompatibilityUntilLevel(config, d, sources, checker.INFO)
	words := checker.NewDefaultLocalizer()
	out := make([]Change, 0, len(found))
	for _, weight := range []string{Breaking, Risky, Safe} {
		for _, c := range found {
			if weightOf(c.GetLevel()) == weight {
				out = append(out, one(c, weight, words))
			}
		}
	}
	return out, nil
}

func one(c checker.Change, weight string, words checker.Localizer) Change {
	out := Change{ID: c.GetId(), Weight: weight, Operation: strings.TrimSpace(c.GetOperation() + " " + c.GetPath()), Text: c.GetUncolorizedText(words)}
	if s := c.GetRevisionSource(); s != nil && s.Line > 0 {
		out.Line, out.Column = s.Line, s.Column
	} else if s := c.GetBaseSource(); s != nil && s.Line > 0 {
		out.Line, out.Column, out.Gone = s.Line, s.Column, true
	}
	return out
}

func weightOf(l checker.Level) string {
	switch {
	case l >= checker.ERR:
		return Breaking
	case l == checker.WARN:
		return Risky
	}
	return Safe
}

// Broken returns those that break.
func Broken(all []Change) []Change {
	var out []Change
	for _, c := range all {
		if c.Weight == Breaking {
			out = append(out, c)
		}
	}
	return out
}

// Markdown writes a changelog with a title.
func Markdown(title string, all []Change) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", title)
	if len(all) == 0 {
		b.WriteString("\nNothing is different for clients.\n")
	}
	for _, part := range []struct{ weight, title string }{{Breaking, "Breaking"}, {Risky, "May break"}, {Safe, "Compatible"}} {
		headed := false
		for _, c := range all {
			if c.Weight != part.weight {
				continue
			}
			if !headed {
				fmt.Fprintf(&b, "\n## %s\n\n", part.title)
				headed = true
			}
			where := ""
			if c.Operation != "" {
				where = "`" + c.Operation + "`: "
			}
			fmt.Fprintf(&b, "- %s%s\n", where, strings.ReplaceAll(c.Text, "\n", " "))
		}
	}
	return b.String()
}
