// Package planformat reads one of terraform's plans or states, and decides whether
// Terrace understands it.
//
// It owns the bounds, the versions and the shape that policies and estimates of costs
// demand alike, and what is said where they are not met. It does not read what is
// planned: its callers do.
package planformat

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/jsonscan"
)

// MaxBytes bounds a document.
const MaxBytes = 256 << 20

// fix is what to do about a document that is none.
const fix = "write it with `terraform show -json tfplan > plan.json`"

// Kind is what a document is.
type Kind int

// The kinds of documents.
const (
	// Plan is a plan as `terraform show -json` writes it.
	Plan Kind = iota
	// State is a state as that writes it.
	State
	// StateFile is a state as terraform keeps it.
	StateFile
)

// Document is a plan or a state that is understood.
type Document struct {
	Kind Kind
	// Values has its numbers as they are written, as json.Number.
	Values map[string]any
	// Written are its resource_changes as the text has them, where that is known.
	Written [][]byte
}

// Changes are the resource changes of a plan; false says that it has none written down.
func (d Document) Changes() ([]any, bool) {
	list, ok := d.Values["resource_changes"].([]any)
	return list, ok
}

// Read reads a document; errors call it name. Nobody may change the content afterwards:
// texts of the document are parts of it.
func Read(name string, content []byte) (Document, error) {
	content, err := text(name, content)
	if err != nil {
		return Document{}, err
	}
	values, written, err := decode(name, content)
	if err != nil {
		return Document{}, err
	}
	c := &checker{name: name, content: content}
	d, err := c.document(values)
	d.Written = written
	return d, err
}

// Of takes the values of a document that no text is at hand of, with their numbers as
// json.Number. It holds them to all that Read holds a text to.
func Of(name string, values map[string]any) (Document, error) {
	if err := bounded(name, values); err != nil {
		return Document{}, err
	}
	c := &checker{name: name}
	return c.document(values)
}

// Fragment takes a part of a plan or of a state that was read already, as labelled
// examples have them: it needs no version, and its changes need not say what they do.
func Fragment(name string, values map[string]any) (Document, error) {
	c := &checker{name: name, fragment: true}
	return c.document(values)
}

// document decides what the values are, and checks that.
func (c *checker) document(values map[string]any) (Document, error) {
	d := Document{Values: values}
	version, versioned := values["format_version"]
	switch _, state := values["values"].(map[string]any); {
	case versioned && !readable(version):
		return d, c.version(version)
	case !versioned && isFour(values["version"]):
		d.Kind = StateFile
		c.stateFile(values)
	case !versioned && !c.fragment:
		return d, c.neither(values)
	case state || len(values) == 1 && versioned: // with nothing else it is a state without anything
		d.Kind = State
		c.tree(values["values"], "values")
	default:
		if !c.plan(values) {
			return d, c.neither(values)
		}
	}
	if len(c.problems) > 0 {
		return d, kernel.Errorf(kernel.Invalid, "%s is no plan or state as terraform writes them", c.name).WithProblems(c.problems...).WithFix(fix)
	}
	return d, nil
}

// version refuses a version of the format that is not known: a new major one promises
// nothing of what its parts mean.
func (c *checker) version(version any) error {
	c.wrong("Terrace does not know this version of the format", "format_version")
	return kernel.Errorf(kernel.Invalid, "%s has the format version %v, which Terrace does not know: what is in it could be overlooked", c.name, version).
		WithProblems(c.problems...).WithFix("write it with `terraform show -json FILE` of a Terraform whose format is 0.1, 0.2 or 1.x, or update Terrace")
}

func readable(version any) bool {
	text, ok := version.(string)
	if !ok {
		return false
	}
	major, minor, _ := strings.Cut(text, ".")
	if _, err := strconv.Atoi(minor); err != nil && minor != "" {
		return false
	}
	return major == "1" || text == "0.1" || text == "0.2"
}

func isFour(v any) bool {
	switch v := v.(type) {
	case json.Number:
		return v == "4"
	case float64:
		return v == 4
	default:
		return false
	}
}

// neither is the error for a document that is neither a plan nor a state.
func (c *checker) neither(values map[string]any) error {
	what, todo := "neither a plan nor a state", fix
	has := func(names ...string) bool {
		for _, name := range names {
			if _, ok := values[name]; ok {
				return true
			}
		}
		return false
	}
	switch {
	case has("@level", "@message"):
		what = "a line of the log that `terraform plan -json` writes, not the plan"
	case has("resource_changes", "planned_values", "prior_state") && !has("format_version"):
		what = "a part of a plan: it has no format_version"
	case has("format_version"):
		what = "no whole plan: it has neither resource_changes nor planned_values, and no values as a state has"
	case has("version") && has("lineage", "serial", "resources", "modules"):
		what, todo = fmt.Sprintf("a state of version %v, and Terrace reads version 4", values["version"]), "write it with `terraform show -json > state.json`"
	case has("resource", "terraform", "provider", "module", "variable", "locals", "data"):
		what, todo = "a configuration, not a plan of it", planIt
	}
	err := kernel.Errorf(kernel.Invalid, "%s is %s", c.name, what).WithFix("%s", todo)
	if !has("format_version") && !c.fragment {
		line, column := jsonscan.Position(c.content, jsonscan.Find(c.content))
		err = err.WithProblems(kernel.Problem{File: c.name, Line: line, Column: column, Message: "format_version is expected in this object, as plans and states have it"})
	}
	return err
}
