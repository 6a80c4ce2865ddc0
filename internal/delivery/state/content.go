package state

import (
	"fmt"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// content is the part of Terraform's state format 4 that Terrace reads of every
// state.
type content struct {
	Version int
	Serial  int64
	Lineage string
	// serial is where the number of the serial is written.
	serial extent
	// start is the offset after the first brace.
	start int64
}

// extent is a part of a text, in bytes; empty where it does not exist.
type extent struct{ from, to int64 }

func (c content) check() error {
	switch {
	case c.Version != 4:
		return unusable("the state has format version %d instead of 4", c.Version)
	case c.Lineage == "":
		return unusable("the state has no lineage")
	case c.Serial < 0:
		return unusable("the state has serial %d", c.Serial)
	}
	return nil
}

// unusable is Invalid, and says what is wrong inside of a state.
func unusable(format string, args ...any) error {
	return kernel.Errorf(kernel.Invalid, "this is no state that can be kept").
		WithProblems(kernel.Problem{Message: fmt.Sprintf(format, args...), Fix: "write it with terraform state pull"})
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
