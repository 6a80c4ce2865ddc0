package leakvcs_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/vcstest"
	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// TestWhatIsNotLookedAtOnABranchIsTold: a file that is too large, and rules that are wrong; once
// for each change of them.
func TestWhatIsNotLookedAtOnABranchIsTold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	told := func(n int) string {
		t.Helper()
		var all []string
		vcstest.Eventually(t, "it is told", func() bool {
			all = nil
			for _, f := range b.Facts.Of("secret.scan_failed") {
				all = append(all, f.Reason)
			}
			return len(all) >= n
		})
		if len(all) != n {
			t.Errorf("told %d times, not %d: %q", len(all), n, all)
		}
		return strings.Join(all, "\n")
	}
	b.push("main", map[string]string{"large.bin": strings.Repeat("large ", leakscan.Most/6+2), "a.env": "key: " + key + "\n", leakscan.ConfigFile: "title = \n"})
	b.found(leak.Open, 1)
	if got := told(2); !strings.Contains(got, "large.bin: it has more than 16 MB") || !strings.Contains(got, "rules of the repository, as they are wrong: ") || !strings.Contains(got, leakscan.ConfigFile) {
		t.Errorf("%s", got)
	}
	b.push("main", map[string]string{"a.env": "nothing\n"})
	b.found(leak.Resolved, 1)
	told(2)
}
