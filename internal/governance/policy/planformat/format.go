// Package planformat decides whether a document is one of terraform's plans or
// states that Terrace understands.
//
// It owns the bounds, the versions and the shape that policies and estimates of costs
// demand alike, and what is said where they are not met. It does not read what is
// planned: policy/plan and cost/planfile do.
package planformat

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// MaxBytes bounds a document.
const MaxBytes = 256 << 20

// fix is what to do about a document that is none.
const fix = "write it with `terraform show -json FILE`"

// Text refuses content that can be no document, whatever is in it.
func Text(name string, content []byte) error {
	if len(content) > MaxBytes {
		return kernel.Errorf(kernel.TooLarge, "%s has %d MiB, more than the %d allowed", name, len(content)>>20, MaxBytes>>20)
	}
	if bytes.HasPrefix(content, []byte("PK\x03\x04")) {
		return kernel.Errorf(kernel.Invalid, "%s is a plan as terraform keeps it, not JSON", name).WithFix(fix)
	}
	return nil
}

// Broken is the error for content that could not be decoded, with the place.
func Broken(name string, content []byte) error {
	said, line, column := where(content)
	return kernel.Errorf(kernel.Invalid, "%s is no object of JSON: %s", name, said).WithFix(fix).
		WithProblems(kernel.Problem{File: name, Line: line, Column: column, Message: said, Fix: fix})
}

// where says at which place a text stops being what it should be.
func where(content []byte) (said string, line, column int) {
	var document map[string]any
	err := json.Unmarshal(content, &document)
	at := int64(len(content))
	said = "it breaks off or has a mistake"
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = min(at, syntax.Offset)
	} else if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return "it is a list, a text or a number", 1, 1
	}
	if len(bytes.TrimSpace(content)) == 0 {
		return "it is empty", 1, 1
	}
	head := bytes.TrimRight(content[:at], "\r\n")
	line = 1 + bytes.Count(head, []byte("\n"))
	return said + " in line " + strconv.Itoa(line), line, len(head) - bytes.LastIndexByte(head, '\n') - 1
}

// Version refuses a version of the format that is not known: a new major one
// promises nothing of what its parts mean.
func Version(name string, version any) error {
	if readable(version) {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, "%s has the format version %v, which Terrace does not know: what is in it could be overlooked", name, version).
		WithFix("write it with `terraform show -json FILE` of a Terraform whose format is 0.1, 0.2 or 1.x, or update Terrace")
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

// Changes says what is wrong with the shape of the resource changes of a document:
// rules and prices would find nothing in it, and pass.
func Changes(name string, changes any) error {
	if changes == nil {
		return nil
	}
	list, ok := changes.([]any)
	if !ok {
		return kernel.Errorf(kernel.Invalid, "%s: resource_changes is no list", name).WithFix(fix)
	}
	for i, item := range list {
		change, ok := item.(map[string]any)
		if !ok || !isText(change["address"]) || !isText(change["type"]) || !isObject(change["change"]) {
			return Lacks(name, i)
		}
	}
	return nil
}

// Lacks is the error for a resource change without its parts.
func Lacks(name string, i int) error {
	return kernel.Errorf(kernel.Invalid, "%s: resource_changes[%d] lacks its address, type or change", name, i).WithFix(fix)
}

// Neither is the error for a document that is neither a plan nor a state.
func Neither(name string) error {
	return kernel.Errorf(kernel.Invalid, "%s is neither a plan nor a state", name).
		WithFix("it needs resource_changes, planned_values or values, as `terraform show -json FILE` writes them")
}

func isText(v any) bool { s, ok := v.(string); return ok && s != "" }

func isObject(v any) bool { _, ok := v.(map[string]any); return ok }
