package local

import (
	"encoding/base64"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/target/local/logs"
)

func TestMasksEveryLineOfAValue(t *testing.T) {
	t.Parallel()
	mask := (&expander{values: []string{"-----BEGIN KEY-----\r\nMIIabcdefgh\nxy\n", "pass"}}).hidden().Cutter(maskedAs)
	for line, want := range map[string]string{
		"key MIIabcdefgh!":          "key [secret]!",
		"-----BEGIN KEY-----":       "[secret]",
		"4d4949616263646566":        "4d4949616263646566", // another value
		"at 4d49496162636465666768": "at [secret]",        // in hex
		"TUlJYWJjZGVmZ2g=":          "[secret]g=",         // in base64, whose last character has bits of what follows
		"passport xy":               "passport xy",        // too short to be masked
	} {
		if got := mask(line); got != want {
			t.Errorf("%q is %q, want %q", line, got, want)
		}
	}
}

// TestTheLogHidesWhatIsBroken: a value is not told by where a process, or the log, breaks it.
func TestTheLogHidesWhatIsBroken(t *testing.T) {
	t.Parallel()
	const value = "S3cret-value-of-some-length"
	path := filepath.Join(t.TempDir(), "log")
	log, err := logs.Open(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	i := &instance{log: log, tail: &tail{}}
	out := i.output("main", (&expander{values: []string{value, "the first line\nand the second"}}).hidden())
	for _, piece := range []string{
		strings.Repeat("a longer line, ", 1092), value, "\n", "in two wri", "tes: S3cret-va", "lue-of-some-length\n",
		"the first line\nand the second\n", base64.StdEncoding.EncodeToString([]byte("user:" + value))[:20] + "\n" + value + "\n", "S3cret-val",
	} {
		if _, err := io.WriteString(out, piece); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.(io.Closer).Close(); err != nil {
		t.Fatal(err)
	}
	lines, err := logs.Tail(path, 100)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, l := range lines {
		text.WriteString(l.Text)
	}
	all := strings.ReplaceAll(text.String(), "a longer line, ", "")
	if want := "[secret]in two writes: [secret][secret]dXNlcjpTM2NyZXQtdmFs[secret]S3cret-val"; all != want {
		t.Errorf("%q, want %q", all, want)
	}
	if last := i.tail.last(); len(last) == 0 || last[len(last)-1].Message != "S3cret-val" {
		t.Errorf("what is told of a failure: %v", last)
	}
}
