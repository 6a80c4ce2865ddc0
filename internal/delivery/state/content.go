package state

import (
	"encoding/json"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// content is the part of Terraform's state format 4 that Terrace reads.
type content struct {
	Version int    `json:"version"`
	Serial  int64  `json:"serial"`
	Lineage string `json:"lineage"`
}

func parse(raw []byte) (content, error) {
	if len(raw) > MaxSize {
		return content{}, kernel.Errorf(kernel.TooLarge, "the state has %d bytes, at most %d are kept", len(raw), MaxSize)
	}
	var c content
	if err := json.Unmarshal(raw, &c); err != nil {
		return content{}, kernel.Errorf(kernel.Invalid, "the state is not JSON: %w", err)
	}
	switch {
	case c.Version != 4:
		return content{}, kernel.Errorf(kernel.Invalid, "the state has format version %d instead of 4", c.Version)
	case c.Lineage == "":
		return content{}, kernel.Errorf(kernel.Invalid, "the state has no lineage")
	case c.Serial < 0:
		return content{}, kernel.Errorf(kernel.Invalid, "the state has serial %d", c.Serial)
	}
	return c, nil
}

// follows reports whether a state may come after current. again is true for
// the same state once more, which a tool sends when an answer was lost.
func (c content) follows(current Version, digest kernel.Digest) (again bool, err error) {
	switch {
	case c.Lineage != current.Lineage:
		return false, kernel.Errorf(kernel.Conflict, "the state has lineage %s, but the stack's is %s: it is the state of something else", c.Lineage, current.Lineage)
	case c.Serial < current.Serial:
		return false, kernel.Errorf(kernel.Conflict, "the state has serial %d, but the stack is at %d already", c.Serial, current.Serial)
	case c.Serial > current.Serial:
		return false, nil
	case digest == current.Digest:
		return true, nil
	default:
		return false, kernel.Errorf(kernel.Conflict, "the state has serial %d like the stack's, but other content", c.Serial)
	}
}
