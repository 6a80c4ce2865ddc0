package confine_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/confine"
)

// put writes files beneath a folder; a text that begins with @ is where a link leads.
func put(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		err := error(nil)
		if target, link := strings.CutPrefix(text, "@"); link {
			err = os.Symlink(target, path)
		} else {
			err = os.WriteFile(path, []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// meanwhile runs a script in the place of which the second half begins once change is
// done, and returns what that says.
func meanwhile(t *testing.T, p confine.Place, work string, change func() error, script string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", "exec 2>&1; echo ready; read -r line; "+script, "sh")
	cmd.Dir, cmd.Env = work, []string{"PATH=/usr/bin:/bin"}
	if err := p.Confine(cmd); err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	if err := change(); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintln(in, "go on"); err != nil {
		t.Fatal(err)
	}
	var said []string
	for lines.Scan() {
		said = append(said, lines.Text())
	}
	_ = cmd.Wait() // what it looks for may not be there
	return strings.Join(said, "\n")
}

// TestWhatTakesTheirPlaceIsHiddenToo replaces hidden files while a program runs, as
// editors and the rotation of secrets do.
func TestWhatTakesTheirPlaceIsHiddenToo(t *testing.T) {
	t.Parallel()
	need(t)
	renamed := func(name string) func(string) error {
		return func(dir string) error {
			next := filepath.Join(dir, name+".next")
			return firstOf(os.WriteFile(next, []byte("a secret, renewed"), 0o600), os.Rename(next, filepath.Join(dir, name)))
		}
	}
	for _, c := range []struct {
		why    string
		files  map[string]string
		hidden string
		change func(dir string) error
	}{
		{"by its name", map[string]string{"conf": "a secret"}, "conf", renamed("conf")},
		{"behind a link", map[string]string{"conf": "@real/conf", "real/conf": "a secret"}, "conf", renamed("real/conf")},
		{"a file for a link", map[string]string{"conf": "@real/conf", "real/conf": "a secret"}, "conf", renamed("conf")},
		{"that was not there", nil, "conf", renamed("conf")},
		{"a mounted secret", map[string]string{"conf": "@..data/conf", "..data": "@..1", "..1/conf": "a secret"}, "conf", func(dir string) error {
			put(t, dir, map[string]string{"..2/conf": "a secret, renewed", "..next": "@..2"})
			return os.Rename(filepath.Join(dir, "..next"), filepath.Join(dir, "..data"))
		}},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			put(t, dir, c.files)
			put(t, dir, map[string]string{"other": "content", "link": "@other", "sub/file": "content", "data/key": "a secret", "data/runs/one/x": ""})
			work := filepath.Join(dir, "data/runs/one")
			p := confine.Place{Hidden: []string{filepath.Join(dir, c.hidden), filepath.Join(dir, "data")}, Writable: []string{work}}
			said := meanwhile(t, p, work, func() error { return c.change(dir) },
				"cat ../../../conf; cat ../../../real/conf; cat ../../../..*/conf; cat ../../../..*/*/conf; cat ../../key; cat ../../../link ../../../sub/file; echo > x; echo > ../../../other")
			if strings.Contains(said, "secret") || strings.Count(said, "content") != 2 || strings.Count(said, "Read-only") != 1 {
				t.Errorf("it sees %q", said)
			}
		})
	}
}

// TestWhatIsNamedIsSeenAsItIs: a file beside a hidden one that a program needs is
// renewed while it runs, and the hidden one is covered all the same.
func TestWhatIsNamedIsSeenAsItIs(t *testing.T) {
	t.Parallel()
	need(t)
	dir, work := t.TempDir(), t.TempDir()
	put(t, dir, map[string]string{"token": "old", "conf": "a secret", "next": "new"})
	p := confine.Place{Hidden: []string{filepath.Join(dir, "conf")}, Readable: []string{filepath.Join(dir, "token")}, Writable: []string{work}}
	said := meanwhile(t, p, work, func() error {
		return os.Rename(filepath.Join(dir, "next"), filepath.Join(dir, "token"))
	}, "cat "+dir+"/conf "+dir+"/token")
	if said != "new" {
		t.Errorf("it sees %q", said)
	}
}

// TestAFolderWithManyFilesKeepsThem and has the hidden one covered.
func TestAFolderWithManyFilesKeepsThem(t *testing.T) {
	t.Parallel()
	need(t)
	dir, work := t.TempDir(), t.TempDir()
	put(t, dir, map[string]string{"conf": "a secret", "other": "content"})
	for i := range 200 {
		put(t, dir, map[string]string{fmt.Sprintf("file%d", i): ""})
	}
	p := confine.Place{Hidden: []string{filepath.Join(dir, "conf")}, Writable: []string{work}}
	if said := sh(t, p, dir, work, "cat $1/conf $1/other; ls $1 | wc -l"); said != "content202" {
		t.Errorf("it sees %q", said)
	}
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
