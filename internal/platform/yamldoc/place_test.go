package yamldoc_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// TestMistakesAreToldAtTheirLine also where the parser does not say one.
func TestMistakesAreToldAtTheirLine(t *testing.T) {
	t.Parallel()
	for text, at := range map[string]string{
		"a: 1\nb: 2\nc: *x\n":   "f:3:1",
		"a: 1\nb: 2\nc: \x01\n": "f:3:1",
	} {
		if _, err := yamldoc.Read("f", []byte(text)); err == nil || !strings.Contains(err.Error(), at+":") {
			t.Errorf("%q: %v, want it at %s", text, err, at)
		}
	}
}
