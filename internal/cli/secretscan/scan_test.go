package secretscan_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/cli"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
)

// key is a value by one of gitleaks's rules, which does not stand in this file as it is.
const key = "AK" + "IAQ3EGXK5HN7TLWPZC"

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func terrace(t *testing.T, in string, args ...string) (code int, out, said string) {
	t.Helper()
	var o, s bytes.Buffer
	e := &command.Env{In: strings.NewReader(in), Out: &o, Err: &s, Getenv: func(string) string { return "" }}
	code = cli.Main(t.Context(), e, append([]string{"secret", "scan"}, args...))
	return code, o.String(), s.String()
}

func TestAFolderIsLookedThroughOffline(t *testing.T) {
	t.Parallel()
	leaky := map[string]string{"a.txt": "nothing\n", "deploy/b.env": "x\nkey: " + key + "\n", ".git/config": key, "c.bin": "\x00" + key}
	with := func(more map[string]string) map[string]string {
		all := map[string]string{}
		for _, files := range []map[string]string{leaky, more} {
			for name, content := range files {
				all[name] = content
			}
		}
		return all
	}
	for name, c := range map[string]struct {
		files map[string]string
		args  []string
		code  int
		out   string
		said  string
	}{
		"a value":              {leaky, nil, exit.Failed, "FOLDER/deploy/b.env:2:6 aws-access-token AKIA…\n", "1 value was found in 3 files"},
		"none":                 {map[string]string{"a.txt": "nothing\n"}, nil, exit.OK, "", "0 values were found in 1 file"},
		"one that is ignored":  {with(map[string]string{".gitleaksignore": "deploy/b.env:aws-access-token:2\n"}), nil, exit.OK, "", ""},
		"a path that is fine":  {with(map[string]string{".gitleaks.toml": "[extend]\nuseDefault=true\n[[allowlists]]\npaths=['deploy/']\n"}), nil, exit.OK, "", ""},
		"rules that are wrong": {with(map[string]string{".gitleaks.toml": "[extend\n"}), nil, exit.Failed, "", ".gitleaks.toml:1:"},
		"an unknown format":    {leaky, []string{"--output", "xml"}, exit.Usage, "", "table, json, yaml or sarif"},
		"no repository":        {leaky, []string{"--history"}, exit.Usage, "", "not a git repository"},
	} {
		at := folder(t, c.files)
		code, out, said := terrace(t, "", append([]string{at}, c.args...)...)
		out = strings.ReplaceAll(out, filepath.ToSlash(at)+"/", "FOLDER/")
		if code != c.code || out != c.out || !strings.Contains(said, c.said) || strings.Contains(out+said, key) {
			t.Errorf("%s: %d %q %q", name, code, out, said)
		}
	}
	if code, _, said := terrace(t, "", filepath.Join(t.TempDir(), "nowhere")); code != exit.NotFound || !strings.Contains(said, "fix: ") {
		t.Errorf("no folder: %d %s", code, said)
	}
	if code, out, _ := terrace(t, "a\nkey: "+key, "-"); code != exit.Failed || out != "-:2:6 aws-access-token AKIA…\n" {
		t.Errorf("the input: %d %q", code, out)
	}
	if code, _, _ := terrace(t, "", "-", "--history"); code != exit.Usage {
		t.Errorf("the history of the input: %d", code)
	}
	if code, _, _ := terrace(t, "", "a", "b"); code != exit.Usage {
		t.Errorf("two folders: %d", code)
	}
}

// TestFindingsAsSARIF holds the parts that SARIF 2.1.0 requires.
func TestFindingsAsSARIF(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"a b.env": "ü: " + key + "\n"})
	code, out, _ := terrace(t, "", dir, "--output", "sarif")
	var log struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name  string
					Rules []struct{ ID string }
				}
			}
			ColumnKind string
			Results    []struct {
				RuleID    string
				RuleIndex int
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine, StartColumn, EndLine, EndColumn int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &log); err != nil || code != exit.Failed {
		t.Fatal(code, err, out)
	}
	run := log.Runs[0]
	r := run.Results[0]
	at := r.Locations[0].PhysicalLocation
	if log.Version != "2.1.0" || run.Tool.Driver.Name == "" || run.ColumnKind != "unicodeCodePoints" || run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID ||
		r.Message.Text == "" || !strings.HasPrefix(at.ArtifactLocation.URI, "file:///") || !strings.HasSuffix(at.ArtifactLocation.URI, "/a%20b.env") || at.Region.StartColumn != 4 || at.Region.EndColumn != 24 || strings.Contains(out, key) {
		t.Errorf("%+v", r)
	}
	if code, out, _ = terrace(t, "", folder(t, nil), "--output", "sarif"); code != exit.OK || !strings.Contains(out, `"results": []`) {
		t.Errorf("of nothing: %d %s", code, out)
	}
}

func TestTheHistoryHasWhatWasTakenOut(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git on this machine")
	}
	dir := folder(t, map[string]string{"app/.env": "key: " + key + "\n"})
	git := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir}, args...)...)
		cmd.Env = append(cmd.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatal(string(out), err)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q")
	git("add", "-A")
	git("commit", "-q", "-m", "first")
	first := git("rev-parse", "HEAD")
	git("rm", "-q", "app/.env")
	git("commit", "-q", "-m", "second")
	if code, _, _ := terrace(t, "", dir); code != exit.OK {
		t.Errorf("it is not there any more: %d", code)
	}
	if code, out, _ := terrace(t, "", dir, "--history"); code != exit.Failed || out != first[:12]+":app/.env:1:6 aws-access-token AKIA…\n" {
		t.Errorf("%d %q", code, out)
	}
	if err := os.WriteFile(filepath.Join(dir, "odd\n\x1bname"), []byte("key: AK"+"IAZ7TLWPZCQ3EGXK5H\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	git("add", "-A")
	git("commit", "-q", "-m", "third")
	git("rm", "-q", "odd\n\x1bname")
	git("commit", "-q", "-m", "fourth")
	if _, out, _ := terrace(t, "", dir, "--history"); !strings.Contains(out, `:odd\n\x1bname:1:6 aws-access-token AKIA…`) || strings.Count(out, "\n") != 2 {
		t.Errorf("an odd name: %q", out)
	}
	git("reset", "-q", "--hard", "HEAD~2")
	if err := os.WriteFile(filepath.Join(dir, ".gitleaksignore"), []byte(first+":app/.env:aws-access-token:1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := terrace(t, "", dir, "--history"); code != exit.OK {
		t.Errorf("what is ignored at its commit: %d %q", code, out)
	}
}

// TestFindingsAreToldFromWhereOneIs, as compilers tell theirs; what a folder ignores is told
// from there.
func TestFindingsAreToldFromWhereOneIs(t *testing.T) {
	dir := folder(t, map[string]string{"sub/a.env": "k: " + key + "\n", "sub/b.env": "k: " + key + "\n", "sub/.gitleaksignore": "b.env:aws-access-token:1\n"})
	t.Chdir(dir)
	for _, c := range []struct{ at, want string }{
		{"sub", "sub/a.env:1:4 aws-access-token AKIA…\n"},
		{"./sub/", "sub/a.env:1:4 aws-access-token AKIA…\n"},
		{"sub/a.env", "sub/a.env:1:4 aws-access-token AKIA…\n"},
		{"sub/b.env", ""},
	} {
		if _, out, said := terrace(t, "", c.at); out != c.want {
			t.Errorf("%s: %q %q", c.at, out, said)
		}
	}
	if _, out, _ := terrace(t, "", "sub", "--output", "sarif"); !strings.Contains(out, `"uri": "sub/a.env"`) {
		t.Error(out)
	}
	t.Chdir("sub")
	if _, out, _ := terrace(t, "", "../sub"); out != "../sub/a.env:1:4 aws-access-token AKIA…\n" {
		t.Error(out)
	}
	if _, out, _ := terrace(t, ""); out != "a.env:1:4 aws-access-token AKIA…\n" {
		t.Error(out)
	}
}
