// Package planfile reads what terraform show -json prints of a plan.
//
// It owns the reading of resources before and after the apply and of what their
// expressions name. It does not price them.
package planfile

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Max bounds a plan, in bytes.
const Max = 256 << 20

// Plan is the resources before and after the apply.
type Plan struct {
	Before, After *cost.Set
}

type document struct {
	FormatVersion   string `json:"format_version"`
	ResourceChanges []struct {
		Address string
		Mode    string
		Type    string
		Change  struct {
			Actions      []string
			Before       map[string]any
			After        map[string]any
			AfterUnknown map[string]any `json:"after_unknown"`
		}
	} `json:"resource_changes"`
	Configuration struct {
		RootModule module `json:"root_module"`
	}
}

// Read reads a plan as terraform show -json prints it.
func Read(path string, in io.Reader) (*Plan, error) {
	src, err := io.ReadAll(io.LimitReader(in, Max+1))
	if err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", path, err)
	}
	if len(src) > Max {
		return nil, kernel.Errorf(kernel.Invalid, "%s is larger than %d MiB", path, Max>>20)
	}
	return Parse(path, src)
}

// Parse reads a plan from memory.
func Parse(path string, src []byte) (*Plan, error) {
	var d document
	if err := json.Unmarshal(src, &d); err != nil {
		line, column := place(src, err)
		return nil, kernel.Errorf(kernel.Invalid, "%s is no plan", path).WithProblems(kernel.Problem{
			File: path, Line: line, Column: column, Message: said(err), Fix: "Give what terraform show -json prints.",
		})
	}
	if d.FormatVersion == "" {
		return nil, kernel.Errorf(kernel.Invalid, "%s is no plan: it has no format_version", path).WithFix("Give what terraform show -json prints.")
	}
	refs := map[string]map[string][]string{}
	d.Configuration.RootModule.collect("", refs, 0)
	var before, after []*cost.Resource
	for _, c := range d.ResourceChanges {
		if c.Mode == "data" {
			continue
		}
		found := refs[cost.BlockOf(c.Address)]
		was := c.Change.Before
		if was == nil && slices.Equal(c.Change.Actions, []string{"no-op"}) {
			was = c.Change.After // a plan may tell what it does not change once
		}
		if was != nil && (len(c.Change.Actions) > 1 || !slices.Contains(c.Change.Actions, "create")) {
			before = append(before, &cost.Resource{Address: c.Address, Type: c.Type, Values: was, Refs: found})
		}
		if c.Change.After != nil {
			after = append(after, &cost.Resource{Address: c.Address, Type: c.Type, Values: c.Change.After, Refs: found, Unknown: unknown(c.Change.AfterUnknown)})
		}
	}
	return &Plan{Before: cost.NewSet(before), After: cost.NewSet(after)}, nil
}

func unknown(values map[string]any) map[string]bool {
	out := map[string]bool{}
	for name, v := range values {
		if b, ok := v.(bool); ok && b {
			out[name] = true
		}
	}
	return out
}

// said is what is wrong with JSON, in the words of JSON.
func said(err error) string {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Sprintf("a %s is not expected at %s", e.Value, cmp.Or(e.Field, "the top"))
	}
	return "this is no JSON: " + strings.TrimPrefix(err.Error(), "json: ")
}

// place finds the line and column of a JSON error.
func place(src []byte, err error) (int, int) {
	offset := len(src)
	switch e := err.(type) { //nolint:errorlint // encoding/json returns these bare
	case *json.SyntaxError:
		offset = max(0, int(e.Offset)-1) // it counts the character itself
	case *json.UnmarshalTypeError:
		offset = max(0, int(e.Offset)-1)
	}
	head := string(src[:min(offset, len(src))])
	return strings.Count(head, "\n") + 1, offset - strings.LastIndex(head, "\n")
}
