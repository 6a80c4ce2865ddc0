package cloudtag_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/cloudtag"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		key, value string
		wrong      int
	}{
		"plain":             {"team", "orders", 0},
		"spaces inside":     {"cost center", "A & B / C", 0},
		"empty value":       {"team", "", 0},
		"longest":           {strings.Repeat("ü", cloudtag.MaxKey), strings.Repeat("ü", cloudtag.MaxValue), 0},
		"empty key":         {"", "x", 1},
		"space around":      {"team ", "x", 1},
		"key too long":      {strings.Repeat("a", cloudtag.MaxKey+1), "x", 1},
		"value too long":    {"team", strings.Repeat("a", cloudtag.MaxValue+1), 1},
		"slash":             {"a/b", "x", 1},
		"query":             {"a?b", "x", 1},
		"reserved":          {"Microsoft-team", "x", 1},
		"line break":        {"team", "a\nb", 1},
		"nothing is right ": {" azure<\n", "\x00", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := cloudtag.Check(tt.key, tt.value)
			if len(got) != tt.wrong {
				t.Errorf("%d problems: %v", len(got), got)
			}
			for _, p := range got {
				if p.Fix == "" || p.Path == "" {
					t.Errorf("%+v", p)
				}
			}
		})
	}
}
