// Package plan makes the input of policies from what terraform says: plans and
// states as `terraform show -json` writes them, and state files.
//
// What a document must have to be one of them says planformat. What is in it, and what
// rules read of it, is the library's in policies/lib.
package plan

import (
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/platform/planformat"
)

// MaxBytes bounds a document.
const MaxBytes = planformat.MaxBytes

// Read reads a document; errors call it name. Nobody may change the content afterwards.
func Read(name string, content []byte) (policy.Input, error) {
	d, err := planformat.Read(name, content)
	if err != nil {
		return policy.Input{}, err
	}
	return Of(name, d), nil
}

// Of is the input that a document is. What the document leaves out is noted in it.
func Of(name string, d planformat.Document) policy.Input {
	if d.Kind == planformat.StateFile {
		return policy.Input{Document: fromState(d.Values)}
	}
	in := policy.Input{Document: d.Values, Written: d.Written}
	for _, gap := range d.Gaps() {
		message := gap.Message
		if gap.Address != "" {
			message = gap.Address + ": " + message
		}
		if gap.Fix != "" {
			message += "; " + gap.Fix
		}
		in.Notices = append(in.Notices, policy.Notice{Source: name, Message: message})
	}
	return in
}
