package filtertest

import (
	"testing"
	"time"
)

// Until waits until a condition holds, which is looked at every few milliseconds, and
// ends the test where it does not within two minutes; what says what was waited for.
func Until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(2 * time.Minute); !holds(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for: %s", what)
		}
	}
}
