package tfvariables_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/tfvariables"
)

func TestWhatNestsTooDeepIsToldWithItsPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text   string
		line, column int
	}{
		{"main.tf", "a = 1\nb = " + strings.Repeat("(", 1<<20), 2, 205},
		{"main.tf", "b = " + strings.Repeat("f([", 1<<17), 1, 306},
		{"main.tf", "b = " + strings.Repeat("!", 1<<20) + "c", 1, 205},
		{"main.tf", strings.Repeat("a {\n", 1<<18), 201, 3},
		{"main.tf", `b = ` + strings.Repeat(`"${`, 1<<18), 1, 305},
		{"main.tf", "a = 1" + strings.Repeat("+1", 1<<18), 1, 400006},
		{"main.tf", "a = b" + strings.Repeat("[0]", 1<<18), 1, 600006},
		{"main.tf.json", `{"a": ` + strings.Repeat("[", 1<<20), 1, 206},
		{"main.tf", strings.Repeat("a {\n  b = [-1, (2)]\n}\n", 300), 0, 0},
		{"main.tf.json", "[" + strings.Repeat(`{"a": []},`, 300) + "{}]", 0, 0},
	} {
		p := tfvariables.Nested(c.name, []byte(c.text))
		if c.line == 0 && p != nil || c.line > 0 && (p == nil || p.Line != c.line || p.Column != c.column || p.File != c.name) {
			t.Errorf("%.20s: %v, want %d:%d", c.text, p, c.line, c.column)
		}
	}
}
