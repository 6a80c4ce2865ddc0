// Package plan makes the input of policies from what terraform says: plans and
// states as `terraform show -json` writes them, whole or in part, and state files.
//
// It owns what a document must have to be one of them. What is in it, and what
// rules read of it, is the library's in policies/lib.
package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// MaxBytes bounds a document.
const MaxBytes = 256 << 20

// fields are what a document has at least one of.
func fields() []string {
	return []string{"resource_changes", "planned_values", "values", "configuration", "prior_state", "output_changes"}
}

// Read reads a document; errors call it name. Nobody may change the content afterwards.
func Read(name string, content []byte) (policy.Input, error) {
	if len(content) > MaxBytes {
		return policy.Input{}, kernel.Errorf(kernel.TooLarge, "%s has %d MiB, more than the %d allowed", name, len(content)>>20, MaxBytes>>20)
	}
	const fix = "write it with `terraform show -json FILE`"
	if bytes.HasPrefix(content, []byte("PK\x03\x04")) {
		return policy.Input{}, kernel.Errorf(kernel.Invalid, "%s is a plan as terraform keeps it, not JSON", name).WithFix(fix)
	}
	document, err := decode(content)
	if err != nil {
		return policy.Input{}, kernel.Errorf(kernel.Invalid, "%s is no object of JSON%s", name, where(content)).WithFix(fix)
	}
	return Document(name, document)
}

// where says at which line a text stops being what it should be.
func where(content []byte) string {
	var document map[string]any
	err := json.Unmarshal(content, &document)
	at := int64(len(content))
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = min(at, syntax.Offset)
	} else if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return ": it is a list, a text or a number"
	}
	if len(bytes.TrimSpace(content)) == 0 {
		return ": it is empty"
	}
	return ": it breaks off or has a mistake in line " + strconv.Itoa(1+bytes.Count(bytes.TrimRight(content[:at], "\r\n"), []byte("\n")))
}

// Document checks a document that was read already.
func Document(name string, document map[string]any) (policy.Input, error) {
	if version, ok := document["version"]; ok && isFour(version) {
		return policy.Input{Document: fromState(document)}, nil
	}
	if version, told := document["format_version"]; told && !readable(version) {
		return policy.Input{}, kernel.Errorf(kernel.Invalid, "%s has the format version %v, which Terrace does not know: its rules could overlook what is in it", name, version).
			WithFix("write it with `terraform show -json FILE` of a Terraform whose format is 0.1, 0.2 or 1.x, or update Terrace")
	}
	if wrong := broken(document); wrong != "" {
		return policy.Input{}, kernel.Errorf(kernel.Invalid, "%s: %s", name, wrong)
	}
	known := slices.ContainsFunc(fields(), func(f string) bool { _, ok := document[f]; return ok })
	_, versioned := document["format_version"]
	if !known && !versioned {
		return policy.Input{}, kernel.Errorf(kernel.Invalid, "%s is neither a plan nor a state", name).
			WithFix("it needs resource_changes, planned_values or values, as `terraform show -json FILE` writes them")
	}
	return policy.Input{Document: document}, nil
}

// broken says what is wrong with the shape of a plan: rules would find nothing
// in it, and pass.
func broken(document map[string]any) string {
	changes, ok := document["resource_changes"]
	if !ok || changes == nil {
		return ""
	}
	list, ok := changes.([]any)
	if !ok {
		return "resource_changes is no list"
	}
	for i, item := range list {
		change, ok := item.(map[string]any)
		if !ok || !isText(change["address"]) || !isText(change["type"]) || !isObject(change["change"]) {
			return "resource_changes[" + strconv.Itoa(i) + "] lacks its address, type or change"
		}
	}
	return ""
}

// readable reports whether a version of the format is one whose parts mean what the
// library takes them for: a new major one promises nothing.
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

func isText(v any) bool { s, ok := v.(string); return ok && s != "" }

func isObject(v any) bool { _, ok := v.(map[string]any); return ok }

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
