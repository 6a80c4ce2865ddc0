package workload_test

import (
	"errors"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// FuzzParse holds that Parse never panics, that it says what is wrong with a
// file, and that a workload is read the same from its canonical form.
func FuzzParse(f *testing.F) {
	f.Add([]byte(full))
	for _, c := range refusals() {
		f.Add([]byte(c.src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		w, err := workload.Parse("score.yaml", src)
		if err != nil {
			e, ok := errors.AsType[*kernel.Error](err)
			if !ok || (e.Kind == kernel.Invalid && len(e.Problems) == 0) {
				t.Fatalf("an error without its problems: %v", err)
			}
			return
		}
		canonical := w.Canonical()
		again, err := workload.Parse("canonical.json", canonical)
		if err != nil {
			t.Fatalf("the canonical form is refused: %v\n%s", err, canonical)
		}
		if got := again.Canonical(); string(got) != string(canonical) {
			t.Fatalf("the canonical form changes when it is read:\n%s\n%s", canonical, got)
		}
	})
}
