package local

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// MaxSpec bounds an object's declaration, in bytes.
const MaxSpec = 4 << 20

const maxTags = 50

// checkKey refuses what cannot name an object.
func checkKey(k Key) error {
	if k.Scope.Tenant == "" || k.Scope.Project == "" || k.Scope.Stage == "" {
		return kernel.Errorf(kernel.Invalid, "an object belongs to a tenant, a project and a stage; the scope is %q", k.Scope)
	}
	if !isName(k.Name) {
		return kernel.Errorf(kernel.Invalid, "the name %q is not valid", k.Name).
			WithFix("use lower case letters, digits and dashes, with a letter or digit at both ends, at most 63 characters")
	}
	return nil
}

// checkClaim refuses what cannot tell a stack's resources apart.
func checkClaim(claim string) error {
	if claim == "" || isName(claim) {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, "the claim %q is not valid", claim).
		WithFix("use lower case letters, digits and dashes, with a letter or digit at both ends, at most 63 characters")
}

// splitTags takes the tags out of a declaration and returns the rest as
// canonical JSON: equal declarations are equal bytes.
func splitTags(raw []byte) (spec json.RawMessage, tags map[string]string, err error) {
	if len(raw) > MaxSpec {
		return nil, nil, kernel.Errorf(kernel.TooLarge, "the declaration has more than %d bytes", MaxSpec)
	}
	var all map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&all); err != nil || all == nil {
		return nil, nil, kernel.Errorf(kernel.Invalid, "the declaration is no JSON object")
	}
	if t, ok := all["tags"]; ok {
		if tags, err = readTags(t); err != nil {
			return nil, nil, err
		}
		delete(all, "tags")
	}
	spec, err = json.Marshal(all)
	return spec, tags, err
}

func readTags(v any) (map[string]string, error) {
	members, ok := v.(map[string]any)
	if !ok || len(members) > maxTags {
		return nil, kernel.Errorf(kernel.Invalid, "tags must be an object of at most %d texts", maxTags)
	}
	tags := make(map[string]string, len(members))
	for name, value := range members {
		text, ok := value.(string)
		if !ok || len(name) > 128 || len(text) > 256 {
			return nil, kernel.Errorf(kernel.Invalid, "tag %q must be a text of at most 256 characters", name)
		}
		tags[name] = text
	}
	return tags, nil
}

// checker is a spec that knows what is wrong with it.
type checker interface {
	check() []kernel.Problem
}

// decode reads a spec strictly: an unknown field is a mistake, not ignored.
func decode[T any, P interface {
	*T
	checker
}](k Key, raw json.RawMessage) (T, error) {
	var spec T
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&spec); err != nil {
		return spec, kernel.Errorf(kernel.Invalid, "%s: %s", k, decodeMessage(err))
	}
	if problems := P(&spec).check(); len(problems) > 0 {
		return spec, kernel.Errorf(kernel.Invalid, "the declaration of %s is not valid", k).WithProblems(problems...)
	}
	return spec, nil
}

func decodeMessage(err error) string {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Sprintf("%s must be a %s, not a %s", e.Field, e.Type, e.Value)
	}
	if errors.Is(err, io.EOF) {
		return "the declaration is empty"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

func problem(path, format string, args ...any) kernel.Problem {
	return kernel.Problem{Path: path, Message: fmt.Sprintf(format, args...)}
}

// isName reports whether s is a label of RFC 1123 in lower case.
func isName(s string) bool {
	for i, c := range []byte(s) {
		letter := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		if !letter && (c != '-' || i == 0 || i == len(s)-1) {
			return false
		}
	}
	return s != "" && len(s) <= 63
}
