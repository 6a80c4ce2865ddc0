package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Canonical returns the one form of a body: an object whose members are sorted, without
// spaces, each number in its one spelling. Two bodies that say the same are the same
// bytes, and numbers are exact. Of members with the same name the last counts.
func Canonical(raw []byte) (json.RawMessage, error) {
	value, err := decodeObject(raw)
	if err != nil {
		return nil, err
	}
	return encode(value)
}

// decodeObject reads an object in bounds; its numbers are json.Number in their one
// spelling.
func decodeObject(raw []byte) (map[string]any, error) {
	if len(raw) > 4*MaxBody { // spaces and escapes may be many
		return nil, tooLarge()
	}
	if !utf8.Valid(raw) {
		return nil, kernel.Errorf(kernel.Invalid, "the body is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the body is no JSON at byte %d: %s", d.InputOffset(), strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, kernel.Errorf(kernel.Invalid, "after the body's object, at byte %d, there is more", d.InputOffset())
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, kernel.Errorf(kernel.Invalid, "the body is no JSON object").WithFix(`write a document as {"member": …}`)
	}
	if err := settle(object, "", 1); err != nil {
		return nil, err
	}
	return object, nil
}

// settle checks a value at its place, and gives numbers their one spelling.
func settle(value any, at string, depth int) error {
	if depth > MaxDepth {
		return kernel.Errorf(kernel.Invalid, "%.100s is deeper than %d levels", at, MaxDepth)
	}
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			if name == "" || len(name) > MaxID || strings.ContainsRune(name, 0) {
				return kernel.Errorf(kernel.Invalid, "%.100s has a member whose name is empty, longer than %d bytes, or has the character NUL", place(at), MaxID)
			}
			settled, err := settleOne(inner, at+"."+name, depth)
			if err != nil {
				return err
			}
			v[name] = settled
		}
	case []any:
		for i, inner := range v {
			settled, err := settleOne(inner, fmt.Sprintf("%s[%d]", at, i), depth)
			if err != nil {
				return err
			}
			v[i] = settled
		}
	}
	return nil
}

func settleOne(value any, at string, depth int) (any, error) {
	switch v := value.(type) {
	case json.Number:
		text, err := CanonicalNumber(v.String())
		if err != nil {
			return nil, kernel.Errorf(kernel.Invalid, "%.100s: %w", place(at), err).WithFix("write it as a text")
		}
		return json.Number(text), nil
	case string:
		if strings.ContainsRune(v, 0) {
			return nil, kernel.Errorf(kernel.Invalid, "%.100s has the character NUL, which no text may have", place(at))
		}
		return v, nil
	default:
		return v, settle(v, at, depth+1)
	}
}

// place names where something is for people.
func place(at string) string {
	if at == "" {
		return "the body"
	}
	return strings.TrimPrefix(at, ".")
}

// encode writes a settled value.
func encode(value map[string]any) (json.RawMessage, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return nil, fmt.Errorf("write a document: %w", err)
	}
	if out.Len()-1 > MaxBody { // a line ends it
		return nil, tooLarge()
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}

func tooLarge() error {
	return kernel.Errorf(kernel.TooLarge, "the body is larger than %d KiB", MaxBody>>10).WithFix("keep large content elsewhere, and its address in the document")
}

// Merge returns the target changed by a merge patch (RFC 7396 §2): a member that is null
// goes, objects are merged, and everything else takes the place of what was there.
func Merge(target, patch json.RawMessage) (json.RawMessage, error) {
	to, err := decodeObject(target)
	if err != nil {
		return nil, err
	}
	from, err := decodeObject(patch)
	if err != nil {
		return nil, err
	}
	merged := merge(to, from)
	if err := settle(merged, "", 1); err != nil {
		return nil, err
	}
	return encode(merged)
}

func merge(target, patch map[string]any) map[string]any {
	if target == nil {
		target = map[string]any{}
	}
	for name, value := range patch {
		switch v := value.(type) {
		case nil:
			delete(target, name)
		case map[string]any:
			inner, _ := target[name].(map[string]any) // anything else is replaced
			target[name] = merge(inner, v)
		default:
			target[name] = v
		}
	}
	return target
}
