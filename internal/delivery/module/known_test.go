package module_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/module/moduletest"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// sizes are the inputs of all definitions as the index has them, by name.
func sizes(t *testing.T, rig *moduletest.Rig, scope kernel.Scope) string {
	t.Helper()
	index, err := rig.Index(t.Context(), scope)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, d := range index.Definitions() {
		size, _ := d.Inputs["size"].(string)
		all = append(all, d.Name+"="+size)
	}
	return strings.Join(all, " ")
}

// TestWhatIsRememberedIsOfNow asks for the definitions after each of their changes,
// also those of a transaction that comes to nothing.
func TestWhatIsRememberedIsOfNow(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, rig *moduletest.Rig) {
		mustPublish(t, rig, "1.0.0")
		put := func(name, size, class string) {
			t.Helper()
			if _, err := apply(t, rig, name, "  inputs:\n    size: "+size+"\n  criteria:\n  - class: "+class+"\n"); err != nil {
				t.Fatal(err)
			}
		}
		expect := func(scope kernel.Scope, want string) {
			t.Helper()
			for range 2 { // the second one is remembered
				if got := sizes(t, rig, scope); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			}
		}
		expect(acme(), "")
		put("cache", "small", "default")
		expect(acme(), "cache=small")
		put("cache", "large", "default")
		expect(acme(), "cache=large")
		undone := errors.New("undone")
		err := rig.DB.InTx(t.Context(), func(ctx context.Context) error {
			_, err := rig.ApplyDefinition(ctx, acme(), "cache", []byte(definition("cache", "  inputs:\n    size: huge\n")))
			if err != nil {
				return err
			}
			if _, err := rig.Index(ctx, acme()); err != nil {
				return err
			}
			return undone
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		expect(acme(), "cache=large")
		put("other", "none", "second")
		expect(acme(), "cache=large other=none")
		expect(kernel.Scope{Tenant: "globex"}, "")
		if err := rig.DeleteDefinition(t.Context(), acme(), "cache"); err != nil {
			t.Fatal(err)
		}
		expect(acme(), "other=none")
		all, err := rig.All(t.Context(), acme())
		if err != nil || len(all) != 1 {
			t.Fatalf("got %+v, %v", all, err)
		}
		all[0].Name = "changed" // the list is ours
		expect(acme(), "other=none")
	})
}
