package canary_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/test/harness"
)

// score is a workload that gets the secret by its environment and a file, and prints it as
// it is, as base64 and as hex, as programs that are debugged do.
const score = `apiVersion: score.dev/v1b1
metadata: {name: probe}
containers:
  main:
    image: .
    command: [/bin/sh]
    args: [-c, 'printenv CANARY_KEY; printenv CANARY_KEY | base64 -w0; echo; printenv CANARY_KEY | od -An -v -tx1 -w200 | tr -d " "; exec SERVES']
    variables: {CANARY_KEY: "${secret:db/credentials#password}"}
    files:
      /settings.conf: {content: "key=${secret:db/credentials#password}"}
service: {ports: {web: {port: 80, targetPort: 8080}}}
`

// mayHave reports where a value may be in the clear: the file that the workload asked for,
// in its own folder.
func mayHave(file, canary string) bool {
	return filepath.Base(file) == "settings.conf" && (canary == "a stored secret" || canary == "a former version")
}

func itoa(n int) string { return strconv.Itoa(n) }

// TestNothingOfACanaryIsLeft puts values through a deployment that succeeds, one that
// fails, one whose daemon is killed, refused requests and a webhook, and looks for them in
// every file, answer, process and line that comes of it.
func TestNothingOfACanaryIsLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.listens()
	w.store(w.canaries["a former version"])
	w.store(w.canaries["a stored secret"])
	w.people()

	folder := filepath.Join(w.Dir, "probe")
	w.hear("create", "go-service", "probe", "--into", folder, "--set", "costcenter=4711", "--set", "owner=shop")
	file := filepath.Join(folder, "score.yaml")
	w.must(os.WriteFile(file, []byte(strings.Replace(score, "SERVES", "./app", 1)), 0o600))
	w.MustTerrace(t.Context(), w.Dir, "deploy", file, "--stage", "dev", "-q")
	w.lookInProcesses()

	w.must(os.WriteFile(file, []byte(strings.Replace(score, "exec SERVES", `echo "failed with $CANARY_KEY" >&2; exit 3`, 1)), 0o600))
	if said := w.hear("deploy", file, "--stage", "dev"); w.failed != 1 {
		t.Errorf("a workload that ends is deployed: %s", said)
	}
	w.must(os.WriteFile(file, []byte(strings.Replace(score, "SERVES", "./app --again", 1)), 0o600))
	w.MustTerrace(t.Context(), w.Dir, "deploy", file, "--stage", "dev", "--no-wait", "-q")
	w.Kill()
	w.lookInFiles()
	w.Boot()
	w.settles()
	w.lookInFiles()
	w.lookInProcesses()
	w.listen()
	if w.failed != 1 {
		t.Errorf("%d commands failed, want the one deployment: %v", w.failed, w.heard)
	}
	for place, text := range w.heard {
		w.look(place, []byte(text), nil)
	}
	w.look("the log of the daemon", []byte(w.WholeLog()), nil)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !strings.Contains(w.sent.String(), "run.") {
		t.Errorf("no event of a run was sent on:\n%.2000s", w.sent.String())
	}
	w.look("what was sent on", []byte(w.sent.String()), nil)
}

// people makes a user and tokens, and asks for what is refused with values in it.
func (w *world) people() {
	w.t.Helper()
	_, err := w.Call(w.t.Context(), w.in.Token, http.MethodPost, "/api/v1/users",
		map[string]string{"name": "grace", "password": w.canaries["a password"], "role": "viewer"}, nil)
	w.must(err)
	w.canaries["a personal token"] = w.made("token", "token", "create", "--name", "canary", "--days", "1")
	w.MustTerrace(w.t.Context(), w.Dir, "service-account", "create", "ci", "--project", w.in.Project)
	w.canaries["a service account's token"] = w.made("token", "token", "create", "--service-account", "ci", "--name", "canary", "--days", "1")
	refused := w.canaries["a refused password"]
	w.asks(http.MethodPost, "/api/v1/users", map[string]any{"name": "Not A Name!", "password": refused})
	w.asks(http.MethodPost, "/api/v1/users", map[string]any{"name": "eve", "password": map[string]string{"is": refused}})
	w.asks(http.MethodPost, "/api/v1/users", map[string]any{"name": "eve", "password": refused, "role": "none such"})
	w.asks(http.MethodPost, "/v1/secret/data/"+w.in.Project+"/dev/db/credentials",
		map[string]any{"options": map[string]int{"cas": 77}, "data": map[string]string{"password": refused}})
}

// settles waits until every run has ended.
func (w *world) settles() {
	w.t.Helper()
	harness.Eventually(w.t, "every run has ended", func() (string, bool) {
		var list struct{ Items []struct{ ID, Status string } }
		if _, err := w.Call(w.t.Context(), w.in.Token, http.MethodGet, "/api/v1/projects/"+w.in.Project+"/runs", nil, &list); err != nil {
			return err.Error(), false
		}
		for _, run := range list.Items {
			if run.Status != "succeeded" && run.Status != "failed" && run.Status != "cancelled" {
				return run.Status, false
			}
		}
		return "", len(list.Items) >= 3
	})
}

// listen keeps what the daemon answers to those who look into it.
func (w *world) listen() {
	w.t.Helper()
	var runs []struct{ ID string }
	w.must(json.Unmarshal([]byte(w.hear("run", "list", "-o", "json")), &runs))
	if len(runs) < 3 {
		w.t.Errorf("there are %d runs, want the three that were asked for", len(runs))
	}
	for _, run := range runs {
		w.hear("run", "logs", run.ID)
		w.hear("run", "show", run.ID, "-o", "json")
		w.hear("explain", run.ID, "-o", "json")
	}
	w.hear("audit", "list", "-o", "json")
	w.hear("service", "logs", "probe", "--stage", "dev")
	w.hear("secret", "list", "--stage", "dev", "-o", "json")
	w.hear("token", "list", "-o", "json")
	w.hear("state", "list", "probe", "--stage", "dev", "-o", "json")
	for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
		answer, err := http.Get("http://" + w.API + path)
		w.must(err)
		text, err := io.ReadAll(answer.Body)
		w.must(err)
		_ = answer.Body.Close() // it was read
		w.heard[path] = string(text)
	}
}
