package app

import (
	"testing"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// TestStatesThatPeopleChangeAreEvaluated: what is another state in force afterwards is
// held against the policies again.
func TestStatesThatPeopleChangeAreEvaluated(t *testing.T) {
	t.Parallel()
	scope := kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"}
	stack := kernel.StackID(scope, "orders")
	for fact, want := range map[string]struct{ changed, gone bool }{
		"state.moved": {changed: true}, "state.removed": {changed: true}, "state.rolled_back": {changed: true}, "state.imported": {changed: true},
		"state.restored": {changed: true}, "state.taken_back": {changed: true}, "state.deleted": {changed: true, gone: true},
		"state.written": {}, "state.discarded": {}, "state.set_aside": {}, "state.unlocked": {}, "run.succeeded": {},
	} {
		p, gone, changed := changedState(kernel.Fact{Type: fact, Subject: stack})
		if changed != want.changed || gone != want.gone || changed && p.Stack() != stack {
			t.Errorf("%s: %v, gone %v, %v", fact, changed, gone, p)
		}
	}
}
