package score_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/cli/score"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const head = "apiVersion: score.dev/v1b1\nmetadata:\n  name: orders\ncontainers:\n  main:\n    image: x\n    files:\n"

func TestSourcesAreInlined(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"map form":        "      /etc/a:\n        source: a.txt # the greeting\n        mode: '0600'\n",
		"flow style":      "      /etc/a: {mode: '0600', source: \"a.txt\"}\n",
		"quoted":          "      /etc/a:\n        source: 'a.txt'\n",
		"array form":      "    - target: /etc/a\n      source: a.txt\n",
		"after non-ascii": "      /etc/é: {source: a.txt}\n",
	}
	for name, files := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "a.txt", "say \"hello\"\n\ttab: ${metadata.name}\n")
			src := head + files
			f, err := score.Read(write(t, dir, "score.yaml", src))
			if err != nil {
				t.Fatal(err)
			}
			text, err := f.Complete()
			if err != nil {
				t.Fatal(err)
			}
			w, err := workload.Parse("score.yaml", []byte(text))
			if err != nil {
				t.Fatalf("%v in\n%s", err, text)
			}
			if strings.Count(text, "\n") != strings.Count(src, "\n") || len(w.Sources()) != 0 {
				t.Errorf("lines moved or sources are left:\n%s", text)
			}
			for _, file := range w.Containers["main"].Files {
				if file.Content.Raw != "say \"hello\"\n\ttab: ${metadata.name}\n" {
					t.Errorf("content %q", file.Content.Raw)
				}
			}
		})
	}
}

func TestBinarySource(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "a.bin", "\xff\x00\xfe")
	f, err := score.Read(write(t, dir, "score.yaml", head+"      /etc/a:\n        source: a.bin\n"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := f.Complete()
	if err != nil {
		t.Fatal(err)
	}
	w, err := workload.Parse("score.yaml", []byte(text))
	if err != nil || string(w.Containers["main"].Files["/etc/a"].Binary) != "\xff\x00\xfe" {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestAMissingSourceIsShownAtItsPlace(t *testing.T) {
	t.Parallel()
	f, err := score.Read(write(t, t.TempDir(), "score.yaml", head+"      /etc/a:\n        source: gone.txt\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Complete()
	e, ok := err.(*kernel.Error) //nolint:errorlint // the documented type
	if !ok || len(e.Problems) != 1 || e.Problems[0].Line != 9 || e.Problems[0].Column != 17 {
		t.Errorf("got %v", err)
	}
}

func TestErrorsOfTheServerNameTheFile(t *testing.T) {
	t.Parallel()
	f, err := score.Read(write(t, t.TempDir(), "other.yaml", head+"      /etc/a: {content: x}\n"))
	if err != nil {
		t.Fatal(err)
	}
	err = f.Relocate(kernel.Errorf(kernel.Invalid, "score.yaml breaks the Score specification").WithProblems(
		kernel.Problem{File: "score.yaml", Line: 2, Message: "in the file"},
		kernel.Problem{File: "main.tf", Line: 3, Message: "in a module"},
	))
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok || e.Message != f.Path+" breaks the Score specification" || e.Problems[0].File != f.Path || e.Problems[1].File != "main.tf" {
		t.Errorf("%+v", err)
	}
}
