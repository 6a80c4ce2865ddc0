package arm_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

func TestParseID(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]struct{ typ, name, parent string }{
		"/subscriptions/s":                                                            {arm.TypeSubscription, "s", ""},
		"/subscriptions/s/resourceGroups/g":                                           {arm.TypeGroup, "g", "/subscriptions/s"},
		"/providers/Microsoft.X/things/t":                                             {"Microsoft.X/things", "t", ""},
		"/subscriptions/s/providers/N.X/t/a":                                          {"N.X/t", "a", "/subscriptions/s"},
		"/subscriptions/s/resourceGroups/g/providers/N.X/t/a/u/b":                     {"N.X/t/u", "b", "/subscriptions/s/resourceGroups/g/providers/N.X/t/a"},
		"/subscriptions/s/resourceGroups/g/providers/N.X/t/a/u":                       {"N.X/t/u", "a", "/subscriptions/s/resourceGroups/g/providers/N.X/t/a"},
		"/subscriptions/s/resourceGroups/g/providers/N.X/t/a/providers/M.Y/locks/l":   {"M.Y/locks", "l", "/subscriptions/s/resourceGroups/g/providers/N.X/t/a"},
		"/providers/Microsoft.Management/managementGroups/m/providers/M.Y/policies/p": {"M.Y/policies", "p", "/providers/Microsoft.Management/managementGroups/m"},
		"/subscriptions/s/resourceGroups/g/providers/M.Y/locks/l":                     {"M.Y/locks", "l", "/subscriptions/s/resourceGroups/g"},
	} {
		id, err := arm.ParseID(path)
		if err != nil || !strings.EqualFold(id.Type(), want.typ) || id.Name() != want.name || id.Parent().String() != want.parent || id.String() != path {
			t.Errorf("%s: %v, type %s, name %s, parent %s, written %s", path, err, id.Type(), id.Name(), id.Parent(), id)
		}
	}
}

func FuzzParseID(f *testing.F) {
	f.Add("/subscriptions/s/resourceGroups/g/providers/N.X/t/a/u/b")
	f.Add("/providers//")
	f.Add("/subscriptions/s/resourceGroups/g/x")
	f.Fuzz(func(t *testing.T, path string) {
		id, err := arm.ParseID(path)
		if err != nil {
			return
		}
		_, _, _, _ = id.Type(), id.Name(), id.Parent().Key(), id.Collection()
		again, err := arm.ParseID(id.String())
		if err != nil || again.Key() != id.Key() {
			t.Errorf("%q is written %q, which is read as %q: %v", path, id, again, err)
		}
	})
}
