package gitexec_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// repo is a repository in which objects are made one by one, as no client of git would.
type repo struct {
	gitexec.Repo

	t *testing.T
}

func newRepo(t *testing.T) repo {
	t.Helper()
	git, err := gitexec.Find()
	if err != nil {
		t.Skip("there is no git")
	}
	r := repo{gitexec.Repo{Git: git, Dir: filepath.Join(t.TempDir(), "r.git")}, t}
	if err := r.Init(t.Context(), "main"); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r repo) run(in string, args ...string) string {
	r.t.Helper()
	who := []string{"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com"}
	out, err := r.Git.Run(r.t.Context(), gitexec.Command{Dir: r.Dir, Args: args, Stdin: strings.NewReader(in), Env: who})
	if err != nil {
		r.t.Fatal(args, err)
	}
	return strings.TrimSpace(string(out))
}

func (r repo) blob(content string) string { return r.run(content, "hash-object", "-w", "--stdin") }

// tree makes a tree of entries such as "100644 NAME" and the objects that they name.
func (r repo) tree(entries ...[2]string) string {
	var raw strings.Builder
	for _, e := range entries {
		var id []byte
		if _, err := fmt.Sscanf(e[1], "%x", &id); err != nil {
			r.t.Fatal(err)
		}
		raw.WriteString(e[0] + "\x00" + string(id))
	}
	return r.run(raw.String(), "hash-object", "-w", "-t", "tree", "--literally", "--stdin")
}

func (r repo) commit(tree string) string { return r.run("", "commit-tree", tree, "-m", "x") }

// files are what is below a folder, with the content of files.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		got[name] = fmt.Sprintf("%s %s", info.Mode(), b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestATreeIsItsFilesAlone has what makes other programs follow links, fetch, or start
// something when they check a commit out.
func TestATreeIsItsFilesAlone(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	proof := filepath.Join(t.TempDir(), "ran")
	const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
	modules := "[submodule \"x\"]\n\tpath = sub\n\turl = ext::sh -c touch% " + proof + "\n[submodule \"y\"]\n\tpath = file\n\turl = file:///etc\n"
	const attributes = "* filter=lfs diff=lfs merge=lfs -text\n"
	commit := r.commit(r.tree(
		[2]string{"100644 .gitattributes", r.blob(attributes)}, [2]string{"100644 .gitmodules", r.blob(modules)},
		[2]string{"120000 etc", r.blob("/etc")}, [2]string{"100644 large", r.blob(pointer)}, [2]string{"120000 out", r.blob("../../../outside")},
		[2]string{"100755 run", r.blob("#!/bin/sh\n")}, [2]string{"160000 sub", strings.Repeat("1", 40)},
	))
	dir := filepath.Join(t.TempDir(), "in")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := r.Extract(t.Context(), commit, dir); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		".gitattributes": "-rw------- " + attributes, ".gitmodules": "-rw------- " + modules, "large": "-rw------- " + pointer, "run": "-rwx------ #!/bin/sh\n",
	}
	if diff := cmp.Diff(want, files(t, dir)); diff != "" {
		t.Error(diff)
	}
	if _, err := r.Read(t.Context(), commit, "etc", 100); !kernel.Is(err, kernel.Invalid) {
		t.Errorf("a link is read: %v", err)
	}
	if _, err := os.Stat(proof); err == nil {
		t.Error("a command ran")
	}
}

// TestNamesOfATreeLeadNowhere has names that no client writes, in a repository that was not
// checked when it came.
func TestNamesOfATreeLeadNowhere(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	x := r.blob("x")
	inner := r.tree([2]string{"100644 config", x})
	for name, tree := range map[string]string{
		"a folder above":       r.tree([2]string{"40000 ..", inner}),
		"a path":               r.tree([2]string{"100644 ../x", x}),
		"an absolute path":     r.tree([2]string{"100644 /tmp/outside-x", x}),
		"a folder of git":      r.tree([2]string{"40000 .git", inner}),
		"a link and its files": r.tree([2]string{"120000 l", r.blob("..")}, [2]string{"40000 l", inner}),
	} {
		above := t.TempDir()
		dir := filepath.Join(above, "in")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		err := r.Extract(t.Context(), r.commit(tree), dir)
		for file := range files(t, above) {
			if !strings.HasPrefix(file, "in/") || file == "in/config" {
				t.Errorf("%s: it writes %s (%v)", name, file, err)
			}
		}
		if _, err := os.Lstat("/tmp/outside-x"); err == nil {
			t.Fatalf("%s: it writes into /tmp", name)
		}
	}
}

// TestABombOfTreesIsEnded has a hundred million files in nine objects. git would hold them
// all in memory to compare or to pack them.
func TestABombOfTreesIsEnded(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.Git.Memory = 64
	empty := r.commit(r.tree())
	inner, mode := r.blob("x"), "100644"
	for range 8 {
		var entries [][2]string
		for i := range 10 {
			entries = append(entries, [2]string{fmt.Sprintf("%s f%d", mode, i), inner})
		}
		inner, mode = r.tree(entries...), "40000"
	}
	bomb := r.commit(inner)
	if _, err := r.Changed(t.Context(), empty, bomb); !kernel.Is(err, kernel.TooLarge) {
		t.Errorf("compared: %v", err)
	}
	dir := t.TempDir()
	if err := r.Extract(t.Context(), bomb, dir); !kernel.Is(err, kernel.TooLarge) {
		t.Errorf("copied: %v", err)
	}
	if _, err := r.Files(t.Context(), bomb, ""); !kernel.Is(err, kernel.TooLarge) {
		t.Errorf("listed: %v", err)
	}
	if got := files(t, dir); len(got) > 0 {
		t.Errorf("%d files are there", len(got))
	}
}
