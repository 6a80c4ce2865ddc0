package bound_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/access/quota/bound"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestLimitsAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"storage=0": 0, "storage=1024": 1024, "storage=7B": 7, "storage=5KB": 5000, "storage=5KiB": 5120, "storage=1.5GiB": 3 << 29, "storage=2TB": 2e12,
		"storage=8192TiB": bound.Most, "storage=unlimited": bound.Unlimited, "stacks=50": 50, "stacks=0": 0, "stacks=9007199254740992": bound.Most,
	} {
		name, _, _ := strings.Cut(text, "=")
		got, err := bound.Parse([]string{text})
		if err != nil || got[bound.Name(name)] != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
}

// Whatever is no limit is told with what to write.
func TestWhatIsNoLimit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"stacks=-1": "whole number", "stacks=+1": "whole number", "stacks=1.5": "whole number", "stacks=1e3": "whole number", "stacks=1_000": "whole number",
		"stacks=0x10": "whole number", "stacks=9007199254740993": "whole number", "stacks=99999999999999999999": "whole number", "stacks=Inf": "whole number",
		"stacks= 5": "whole number", "stacks=": "whole number", "stacks=50GiB": "whole number", "stacks=default": "whole number",
		"storage=5XB": "KiB, MiB", "storage=5gib": "KiB, MiB", "storage=-1GiB": "KiB, MiB", "storage=.5GiB": "KiB, MiB", "storage=1e3": "KiB, MiB",
		"storage=8193TiB": "up to 8192TiB", "storage=GiB": "KiB, MiB", "storage=5PiB": "KiB, MiB",
		"stacks": "write it as stacks=50", "cats=3": "use one of projects", "=3": "use one of projects", "": "use one of projects",
	} {
		_, err := bound.Parse([]string{text})
		known, _ := errors.AsType[*kernel.Error](err)
		if known == nil || known.Kind != kernel.Invalid || !strings.Contains(known.Fix, want) {
			t.Errorf("%q: %+v", text, known)
		}
	}
	if _, err := bound.Parse([]string{"stacks=1", "stacks=2"}); !kernel.Is(err, kernel.Invalid) {
		t.Errorf("twice: %v", err)
	}
}
