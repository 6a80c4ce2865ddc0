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
		"a: 1\nb: ä\xe9\n":      "f:2:5",
	} {
		if _, err := yamldoc.Read("f", []byte(text)); err == nil || !strings.Contains(err.Error(), at+":") {
			t.Errorf("%q: %v, want it at %s", text, err, at)
		}
	}
}

// TestDocumentsOfOneFileHaveItsLines whether the mistake is one of YAML, of its bounds or
// of the values.
func TestDocumentsOfOneFileHaveItsLines(t *testing.T) {
	t.Parallel()
	for text, at := range map[string]string{
		"a: [":            "f:11:1",
		"a: \x01":         "f:11:1",
		"a: 1\nb: \xe9":   "f:12:4",
		"a: 1\na: 2":      "f:12:1",
		"a: 1\n---\nb: 1": "f:12:1",
		"":                "f:11:1",
	} {
		if _, err := yamldoc.ReadFrom("f", 11, []byte(text)); err == nil || !strings.Contains(err.Error(), at+":") {
			t.Errorf("%q: %v, want it at %s", text, err, at)
		}
	}
	d, err := yamldoc.ReadFrom("f", 11, []byte("a:\n  b: some text\n"))
	if err != nil {
		t.Fatal(err)
	}
	if at := d.Find("a.b"); at != (yamldoc.Position{Line: 12, Column: 3}) {
		t.Errorf("a.b is at %v", at)
	}
	a, _ := d.Root().Object("a").Get("a")
	b, _ := a.Object("b").Get("b")
	if at := b.Inside(5, 9); at != (yamldoc.Position{Line: 12, Column: 11}) {
		t.Errorf("the text is at %v", at)
	}
}
