package logs_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/target/local/logs"
)

func same(line string) string { return line }

func open(t *testing.T, limit int64) (*logs.Log, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	l, err := logs.Open(path, limit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, path
}

func texts(t *testing.T, path string, n int) (out []string) {
	t.Helper()
	lines, err := logs.Tail(path, n)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		out = append(out, l.Source+":"+l.Text)
	}
	return out
}

func TestLines(t *testing.T) {
	t.Parallel()
	l, path := open(t, 0)
	w := l.Writer("main", strings.ToUpper)
	for _, part := range []string{"one\ntw", "o\r\n\nthr", "ee"} {
		fmt.Fprint(w, part)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"main:ONE", "main:TWO", "main:", "main:THREE"}, texts(t, path, 10)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"main:THREE"}, texts(t, path, 1)); diff != "" {
		t.Error(diff)
	}
}

func TestTheFileIsBounded(t *testing.T) {
	t.Parallel()
	const limit = 2000
	l, path := open(t, limit)
	w := l.Writer("main", same)
	for i := range 500 {
		fmt.Fprintln(w, "line", i)
	}
	fmt.Fprint(w, strings.Repeat("x", 40_000), "\nend\n")
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 2 {
		t.Fatalf("files: %v, %v", entries, err)
	}
	if lines := texts(t, path, 1); lines[0] != "main:end" {
		t.Errorf("the last line is %q", lines)
	}
	for _, line := range texts(t, path, 10) {
		if len(line) > 17_000 {
			t.Errorf("a line has %d bytes", len(line))
		}
	}
}

func TestFollowMissesNothingOverARotation(t *testing.T) {
	t.Parallel()
	l, _ := open(t, 3000)
	w := l.Writer("main", same)
	fmt.Fprintln(w, "line 0")
	enough := errors.New("enough")
	got := 0
	err := l.Follow(context.Background(), 1, func(line logs.Line) error {
		if want := fmt.Sprint("line ", got); line.Text != want {
			return fmt.Errorf("%q came, want %q", line.Text, want)
		}
		if got++; got == 300 {
			return enough
		}
		fmt.Fprintln(w, "line", got) // written before it is waited for
		return nil
	})
	if !errors.Is(err, enough) {
		t.Error(err)
	}
}

func TestFollowEndsWithTheLog(t *testing.T) {
	t.Parallel()
	l, _ := open(t, 0)
	l.Printf("hello")
	err := l.Follow(context.Background(), 1, func(logs.Line) error { return l.Close() })
	if err != nil {
		t.Error(err)
	}
}
