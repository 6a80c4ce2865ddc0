// Package plan makes the input of policies from what terraform says: plans and
// states as `terraform show -json` writes them, whole or in part, and state files.
//
// What a document must have to be one of them says planformat. What is in it, and what
// rules read of it, is the library's in policies/lib.
package plan

import (
	"encoding/json"
	"slices"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/planformat"
)

// MaxBytes bounds a document.
const MaxBytes = planformat.MaxBytes

// fields are what a document has at least one of.
func fields() []string {
	return []string{"resource_changes", "planned_values", "values", "configuration", "prior_state", "output_changes"}
}

// Read reads a document; errors call it name. Nobody may change the content afterwards.
func Read(name string, content []byte) (policy.Input, error) {
	if err := planformat.Text(name, content); err != nil {
		return policy.Input{}, err
	}
	document, written, err := decode(content)
	if err != nil {
		return policy.Input{}, planformat.Broken(name, content)
	}
	in, err := Document(name, document)
	in.Written = written
	return in, err
}

// Document checks a document that was read already.
func Document(name string, document map[string]any) (policy.Input, error) {
	if version, ok := document["version"]; ok && isFour(version) {
		return policy.Input{Document: fromState(document)}, nil
	}
	version, versioned := document["format_version"]
	if versioned {
		if err := planformat.Version(name, version); err != nil {
			return policy.Input{}, err
		}
	}
	if err := planformat.Changes(name, document["resource_changes"]); err != nil {
		return policy.Input{}, err
	}
	known := slices.ContainsFunc(fields(), func(f string) bool { _, ok := document[f]; return ok })
	if !known && !versioned {
		return policy.Input{}, planformat.Neither(name)
	}
	return policy.Input{Document: document}, nil
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
