package app

import (
	"slices"
	"testing"

	"github.com/terrace-idp/terrace/internal/app/config"
)

// TestStatusTellsOfXDS has a process that listens for it, and one that does not.
func TestStatusTellsOfXDS(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"127.0.0.1:7083", ""} {
		s := benchApp(t, func(c *config.Config) { c.XDS = address }).Status(t.Context())
		if got, there := s.Addresses["xds"]; got != address || there != (address != "") {
			t.Errorf("with xds %q the addresses are %v", address, s.Addresses)
		}
		at := slices.IndexFunc(s.Checks, func(c ServerCheck) bool { return c.Name == "xds" })
		if at < 0 || !s.Checks[at].OK || (s.Checks[at].Fix == "") != (address != "") {
			t.Errorf("with xds %q the checks are %+v", address, s.Checks)
		}
	}
}
