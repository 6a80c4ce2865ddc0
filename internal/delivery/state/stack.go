package state

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Stack is the record of one stack's state.
type Stack struct {
	// ID is tenant/project/workload/stage.
	ID string
	// Current is the id of the version that is in force, "" where there is no state.
	Current string
	// Held is the lock, nil where nobody holds it.
	Held *Held
}

// Held is a lock and who holds it.
type Held struct {
	Lock
	Run   string
	Fence int64
}

// SplitStack takes a stack's id apart; kernel.StackID puts it together.
func SplitStack(id string) (scope kernel.Scope, workload string, err error) {
	parts := strings.Split(id, "/")
	if len(parts) != 4 {
		return kernel.Scope{}, "", kernel.Errorf(kernel.Invalid, "stack %q is not tenant/project/workload/stage", id)
	}
	for _, part := range parts {
		if part == "" || part == "." || part == ".." {
			return kernel.Scope{}, "", kernel.Errorf(kernel.Invalid, "stack %q has a part that is empty or dots", id)
		}
	}
	return kernel.Scope{Tenant: parts[0], Project: parts[1], Stage: parts[3]}, parts[2], nil
}
