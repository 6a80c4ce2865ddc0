package configapi_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestOpenFeatureIsTheClient evaluates flags with OpenFeature's SDK for Node and its
// provider for OFREP, which "make services" installs.
func TestOpenFeatureIsTheClient(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("TERRACE_TEST_PEERS")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "@openfeature")); err != nil {
		t.Skip("TERRACE_TEST_PEERS names no folder with OpenFeature's packages: make services installs them, with npm")
	}
	b, token := flagged(t)
	script, err := os.ReadFile("testdata/ofrep.mjs")
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(dir, "ofrep-test.mjs") // packages are found beside the script
	if err := os.WriteFile(at, script, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "node", at, b.url, token).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := []string{
		"static true on STATIC ",
		"gone false  ERROR FLAG_NOT_FOUND",
		`colour "#00f" blue TARGETING_MATCH `,
		`colour "#f00" red DEFAULT `,
		`limits {"items":5} small STATIC `,
		"number 0.5 half STATIC ",
		"share true on SPLIT ",
		"share false  ERROR TARGETING_KEY_MISSING",
		"nothing true  ERROR FLAG_NOT_FOUND",
		`static "none"  ERROR TYPE_MISMATCH`,
	}
	got := strings.Split(strings.TrimRight(string(out), "\n"), "\n")
	for i, line := range want {
		if i >= len(got) || got[i] != line {
			t.Errorf("line %d: want %q, all is\n%s", i+1, line, out)
			return
		}
	}
}

// TestTheRolloutIsTheSameForEveryClient holds that a share is no matter of the daemon.
func TestTheRolloutIsTheSameForEveryClient(t *testing.T) {
	t.Parallel()
	b, token := flagged(t)
	body := `{"context":{"targetingKey":"ada"}}`
	first := b.text(b.send(token, "POST", "/ofrep/v1/evaluate/flags/share", body))
	for range 3 {
		if again := b.text(b.send(token, "POST", "/ofrep/v1/evaluate/flags/share", body)); again != first {
			t.Errorf("%s, then %s", first, again)
		}
	}
}
