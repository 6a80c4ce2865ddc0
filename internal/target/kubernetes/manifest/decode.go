package manifest

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Decode reads a declaration strictly: an unknown field is a mistake.
func Decode(raw json.RawMessage) (Spec, error) {
	var s Spec
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, kernel.Errorf(kernel.Invalid, "the declaration of a workload is not valid: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return s, nil
}

// HasUnknown reports whether a declaration has values to come.
func HasUnknown(raw json.RawMessage) bool { return bytes.Contains(raw, []byte(Unknown)) }
