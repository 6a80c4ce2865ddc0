package localsql

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/target/local"
)

// cursorOf names an object's place in a list by name and stage, neither of
// which has a slash.
func cursorOf(o local.Object) string { return o.Name + "/" + o.Scope.Stage }

func parseCursor(cursor string) (name, stage string, ok bool) {
	return strings.Cut(cursor, "/")
}
