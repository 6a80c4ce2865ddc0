package kubernetes_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestALongDiffIsCutAtTheEndOfALine(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(strings.Repeat("größer als ein Fenster\n", 8000))
	if err != nil {
		t.Fatal(err)
	}
	declared := json.RawMessage(`{"manifests":"as rendered","release":"rel_1","scaling":{},"security":{},
		"containers":{"main":{"image":"registry.example.com/a:1","files":{"/etc/a":{"content":` + string(text) + `}}}}}`)
	changes, err := service(t.TempDir()).Preview(t.Context(), scope(), "orders", declared)
	if err != nil {
		t.Fatal(err)
	}
	long := 0
	for _, c := range changes {
		if !strings.Contains(c.Diff, "too long to show") {
			continue
		}
		long++
		lines := strings.Split(strings.TrimSpace(c.Diff), "\n")
		if last := lines[len(lines)-2]; !utf8.ValidString(c.Diff) || !strings.HasSuffix(last, "ein Fenster") || len(c.Diff) > 65<<10 {
			t.Errorf("%s has %d bytes and is cut after %q", c.Path, len(c.Diff), last)
		}
	}
	if long != 1 {
		t.Errorf("%d diffs are cut, want that of the ConfigMap: %v", long, changes)
	}
}
