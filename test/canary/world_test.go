package canary_test

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/test/harness"
)

// world is a daemon, the values that nobody else has, and everything that was answered
// and sent on, which is searched for them.
type world struct {
	t *testing.T
	*harness.Daemon
	in harness.SignIn
	// canaries are the values by what they are.
	canaries map[string]string
	// heard is what came out of the daemon by its doors, by which.
	heard map[string]string
	// failed counts the commands whose words were kept and that did not end well.
	failed int

	mu   sync.Mutex
	sent strings.Builder
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, Daemon: harness.Start(t, "--log-level", "debug"), canaries: map[string]string{}, heard: map[string]string{}}
	w.in = w.SignIn()
	for _, name := range []string{"a stored secret", "a former version", "a password", "a refused password"} {
		w.canaries[name] = `Cn/+"` + rand.Text()
	}
	return w
}

// listens subscribes a webhook to every event and keeps the secret that signs for it.
func (w *world) listens() {
	w.t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what came is searched
		w.mu.Lock()
		defer w.mu.Unlock()
		for name, values := range r.Header {
			w.sent.WriteString(name + ": " + strings.Join(values, ",") + "\n")
		}
		w.sent.Write(body)
	}))
	w.t.Cleanup(server.Close)
	w.canaries["a webhook's secret"] = w.made("secret", "subscription", "create", "canary", "--webhook", server.URL)
}

// made runs a command that shows a value this once, and returns it.
func (w *world) made(field string, args ...string) string {
	w.t.Helper()
	answer := w.MustTerrace(w.t.Context(), w.Dir, append(args, "-o", "json")...)
	var fields map[string]any
	w.must(json.Unmarshal([]byte(answer.Stdout), &fields))
	value, _ := fields[field].(string)
	if len(value) < 16 {
		w.t.Fatalf("terrace %s shows no %s: %s", strings.Join(args, " "), field, answer)
	}
	return value
}

// hear keeps what a command prints.
func (w *world) hear(args ...string) string {
	w.t.Helper()
	answer := w.Terrace(w.t.Context(), w.Dir, args...)
	w.heard["terrace "+strings.Join(args, " ")] = answer.String()
	if answer.Code != 0 {
		w.failed++
	}
	return answer.Stdout
}

// store writes a version of a secret as Vault's clients do.
func (w *world) store(value string) {
	w.t.Helper()
	_, err := w.Call(w.t.Context(), w.in.Token, http.MethodPost, "/v1/secret/data/"+w.in.Project+"/dev/db/credentials",
		map[string]any{"data": map[string]string{"password": value}}, nil)
	w.must(err)
}

// asks keeps the answer to a request that the API refuses.
func (w *world) asks(method, path string, in any) {
	w.t.Helper()
	if _, err := w.Call(w.t.Context(), w.in.Token, method, path, in, nil); err == nil {
		w.t.Errorf("%s %s is not refused", method, path)
	} else {
		w.heard["the refusal of "+method+" "+path] = err.Error()
	}
}

// look fails for each canary in a text, with its place.
func (w *world) look(place string, text []byte, allowed func(canary string) bool) {
	w.t.Helper()
	for name, value := range w.canaries {
		if allowed != nil && allowed(name) {
			continue
		}
		if found := find(text, value); found != nil {
			w.t.Errorf("%s is in the clear (%s) in %s", name, strings.Join(found, ", "), place)
		}
	}
}

// lookInFiles searches every file that the daemon and its clients have written.
func (w *world) lookInFiles() {
	w.t.Helper()
	files := 0
	w.must(filepath.WalkDir(w.Dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil //nolint:nilerr // a file that went away meanwhile holds nothing
		}
		if info, err := entry.Info(); err != nil || info.Size() > unpackedMost {
			return nil //nolint:nilerr // as above; programs that were built are larger
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil //nolint:nilerr // as above
		}
		files++
		short, _ := filepath.Rel(w.Dir, path) // it is below
		w.look("the file "+short, text, func(canary string) bool { return mayHave(short, canary) })
		return nil
	}))
	if files < 10 {
		w.t.Errorf("only %d files were looked through", files)
	}
}

// lookInProcesses searches the command lines and environments of what the daemon started.
func (w *world) lookInProcesses() {
	w.t.Helper()
	for pid, called := range w.Processes() {
		w.look("the command line of "+called, []byte(called), nil)
		environment, _ := os.ReadFile(filepath.Join("/proc", itoa(pid), "environ")) // it may have ended
		if !strings.Contains(string(environment), "CANARY_KEY=") {
			w.look("the environment of "+called, environment, nil)
		}
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}
