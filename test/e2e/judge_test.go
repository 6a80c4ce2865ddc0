package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/test/harness"
)

// refused checks that a command ended with code and one clear message that has
// all the words.
func refused(t *testing.T, r harness.Result, code int, words ...string) {
	t.Helper()
	if r.Code != code {
		t.Errorf("want exit %d: %s", code, r)
	}
	if n := strings.Count(r.Stderr, "error: "); n != 1 {
		t.Errorf("there are %d messages: %s", n, r)
	}
	says(t, r.Stderr, words...)
	for _, internal := range []string{"panic", "goroutine", "sqlite", "SQLSTATE", "%!", "<nil>"} {
		if strings.Contains(r.Stderr, internal) {
			t.Errorf("the message tells internals (%s): %s", internal, r)
		}
	}
}

func says(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not in:\n%s", w, text)
		}
	}
}

// gone checks that nobody answers at host, and that DNS does not know it.
func gone(t *testing.T, p harness.Person, host string) {
	t.Helper()
	if a, err := p.Visit(t.Context(), host, "/"); err == nil && a.Status != 404 {
		t.Errorf("%s still answers %d %s", host, a.Status, a.Body)
	}
	if ips, code, err := p.Resolve(t.Context(), host); err != nil || code != "NXDOMAIN" {
		t.Errorf("DNS says %v, %s, %v of %s", ips, code, err, host)
	}
}

// noProcesses checks that nothing that the daemon started is left.
func noProcesses(t *testing.T, d *harness.Daemon) {
	t.Helper()
	harness.Eventually(t, "the daemon's processes are gone", func() (string, bool) {
		left := d.Processes()
		return fmt.Sprint(left), len(left) == 0
	})
}
