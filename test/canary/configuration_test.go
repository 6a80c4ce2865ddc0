package canary_test

import (
	"encoding/base64"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/terrace-idp/terrace/test/harness"
)

// The configuration of a project: a key that refers to a secret, and a flag.
const (
	configSchema = "keys:\n  payment.key: {type: string, sensitivity: secret}\n"
	configValues = "values:\n  payment.key: ${secret:db/credentials#password}\n" +
		"flags:\n  new-checkout:\n    variants: {on: true, off: false}\n    defaultVariant: off\n    targeting: {if: [{\"==\": [{var: plan}, gold]}, on, off]}\n"
)

// configuration has the workload's configuration delivered with a secret in it, and
// refuses one that has a secret itself.
func (w *world) configuration() {
	w.t.Helper()
	w.hear("repo", "create", "conf")
	folder := w.clone("conf")
	w.commits(folder, "config/"+w.in.Project+"/schema.yaml", configSchema)
	w.commits(folder, "config/"+w.in.Project+"/default.yaml", configValues)
	w.git(folder, "push", "-q", "origin", "HEAD:main")
	w.hear("config", "connect", "--repo", "conf")
	w.configIs("ready")
	token := w.canaries["a token of the configuration"]
	w.watch(&w.delivered, "/api/v1/config/watch", token)
	w.delivered.hear(w.asksAs(token, http.MethodGet, "/api/v1/config/effective", nil))
	for path, in := range map[string]any{
		"/ofrep/v1/evaluate/flags":              map[string]any{"context": map[string]string{"targetingKey": w.invent("a targeting key"), "plan": "gold"}},
		"/ofrep/v1/evaluate/flags/new-checkout": map[string]any{"context": map[string]string{"targetingKey": w.canaries["a targeting key"]}},
		"/ofrep/v1/evaluate/flags/payment.key":  map[string]any{"context": map[string]string{"targetingKey": w.canaries["a targeting key"]}},
	} {
		w.heard["POST "+path] = w.asksAs(token, http.MethodPost, path, in)
	}
	w.commits(folder, "config/"+w.in.Project+"/default.yaml", "values:\n  payment.key: '"+strings.ReplaceAll(w.invent("a secret in a repository"), `"`, "-")+"'\n")
	w.canaries["a secret in a repository"] = strings.ReplaceAll(w.canaries["a secret in a repository"], `"`, "-")
	w.git(folder, "push", "-q", "origin", "HEAD:main")
	w.configIs("invalid")
	w.must(os.RemoveAll(folder)) // it was ours
	for _, words := range []string{
		"config status -o json", "config list --workload probe --stage dev -o json", "config get payment.key --workload probe --stage dev -o json",
		"config explain payment.key --workload probe --stage dev -o json", "config history -o json", "config flags --stage dev -o json",
		"config evaluate new-checkout --stage dev --set plan=gold -o json", "config token list -o json",
	} {
		w.hear(strings.Fields(words)...)
	}
	harness.Eventually(w.t, "the workload has its configuration", func() (string, bool) {
		value := w.canaries["a stored secret"]
		return w.delivered.heard(), len(searchFor(map[string]string{"it": value}).find([]byte(w.delivered.heard()))) > 0
	})
}

func (w *world) configIs(state string) {
	w.t.Helper()
	harness.Eventually(w.t, "the configuration is "+state, func() (string, bool) {
		status := w.hear("config", "status")
		return status, strings.Contains(status, state)
	})
}

// clone makes an empty copy of a repository that Terrace hosts.
func (w *world) clone(name string) (folder string) {
	w.t.Helper()
	folder = filepath.Join(w.Dir, "clone-"+name)
	w.must(os.MkdirAll(folder, 0o755))
	w.git(folder, "init", "-q", "-b", "main")
	w.git(folder, "remote", "add", "origin", "http://"+w.API+"/git/default/"+w.in.Project+"/"+name+".git")
	return folder
}

func (w *world) commits(folder, file, text string) {
	w.t.Helper()
	path := filepath.Join(folder, filepath.FromSlash(file))
	w.must(os.MkdirAll(filepath.Dir(path), 0o755))
	w.must(os.WriteFile(path, []byte(text), 0o600))
	w.git(folder, "add", "-A")
	w.git(folder, "commit", "-q", "-m", "A change")
}

// git works in a folder. The token goes by a variable, so that it is in no file and no
// command line.
func (w *world) git(folder string, args ...string) {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), "git", args...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com",
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=http.extraHeader", "GIT_CONFIG_VALUE_0=Authorization: Basic "+base64.StdEncoding.EncodeToString([]byte("admin:"+w.in.Token)))
	if said, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, said)
	}
}
