package canary_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/test/harness"
)

// world is a daemon, the values that nobody else has, and everything that was answered
// and sent on, which is searched for them.
type world struct {
	t *testing.T
	*harness.Daemon
	in harness.SignIn
	// canaries are the values by what they are, and known the search for them.
	canaries map[string]string
	known    *search
	searched int
	// heard is what came out of the daemon by its doors, by which.
	heard map[string]string
	// answered is what was answered to requests that have a value in their address, which
	// may repeat it to who sent it.
	answered map[string]string
	// crashed says that the daemon was killed.
	crashed bool
	// failed are the commands that did not end well.
	failed []string
	// sent is what came to webhooks and other programs, and told what came to who watches.
	sent, told ear
	// delivered is the configuration that the workload has a right to.
	delivered ear
	collector *collector
	tool      tool
}

// newWorld boots a daemon that tells everything it does: its log is at level debug, and
// its traces are exported.
func newWorld(t *testing.T, arguments ...string) *world {
	t.Helper()
	collector := newCollector(t) // it must outlive the daemon
	w := &world{
		t: t, Daemon: harness.New(t, append([]string{"--log-level", "debug"}, arguments...)...),
		canaries: map[string]string{}, heard: map[string]string{}, answered: map[string]string{}, collector: collector,
	}
	w.Env = []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + w.collector.address, "OTEL_BSP_SCHEDULE_DELAY=200"}
	w.tool = newTool(w)
	w.Arguments = append(w.Arguments, w.tool.arguments()...)
	w.Boot()
	w.in = w.SignIn()
	w.canaries["the token of this machine"] = w.in.Token
	w.canaries["the first password"] = w.firstPassword()
	w.keys()
	return w
}

// keys are the keys with which the daemon seals and signs, each in a file of its own.
func (w *world) keys() {
	w.t.Helper()
	w.must(filepath.WalkDir(filepath.Join(w.Data, "keys"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		key, err := os.ReadFile(path)
		short, _ := filepath.Rel(w.Dir, path) // it is below
		if key = bytes.TrimSpace(key); len(key) < 16 {
			w.t.Errorf("%s is no key", short)
		}
		w.canaries[ofFile+short] = string(key)
		return err
	}))
	if w.canaries[ofFile+"data/keys/kek"] == "" {
		w.t.Error("there is no root key")
	}
}

// invent makes a value of the characters that programs write in different ways.
func (w *world) invent(name string) string {
	w.canaries[name] = `Cn/+"` + rand.Text()
	return w.canaries[name]
}

// made runs a command that shows a value this once, and keeps it.
func (w *world) made(name, field string, args ...string) string {
	w.t.Helper()
	var fields map[string]any
	w.reads(&fields, args...)
	w.canaries[name], _ = fields[field].(string)
	if len(w.canaries[name]) < 16 {
		w.t.Fatalf("terrace %s shows no %s: %v", strings.Join(args, " "), field, fields)
	}
	return w.canaries[name]
}

// reads decodes what a command prints, which must succeed.
func (w *world) reads(out any, args ...string) {
	w.t.Helper()
	answer := w.MustTerrace(w.t.Context(), w.Dir, append(args, "-o", "json")...)
	w.must(json.Unmarshal([]byte(answer.Stdout), out))
}

// hear keeps what a command prints.
func (w *world) hear(args ...string) string {
	w.t.Helper()
	answer := w.Terrace(w.t.Context(), w.Dir, args...)
	w.heard["terrace "+strings.Join(args, " ")] += answer.String()
	if answer.Code != 0 {
		w.failed = append(w.failed, strings.Join(args, " "))
	}
	return answer.Stdout
}

// fails keeps what a command prints that must fail, and returns that.
func (w *world) fails(args ...string) string {
	w.t.Helper()
	before := len(w.failed)
	if said := w.hear(args...); len(w.failed) == before {
		w.t.Errorf("terrace %s does not fail: %s", strings.Join(args, " "), said)
	}
	w.failed = w.failed[:before]
	return w.heard["terrace "+strings.Join(args, " ")]
}

// store writes a version of a secret as Vault's clients do.
func (w *world) store(value string) {
	w.t.Helper()
	_, err := w.Call(w.t.Context(), w.in.Token, http.MethodPost, w.secretPath(),
		map[string]any{"data": map[string]string{"password": value}}, nil)
	w.must(err)
}

func (w *world) secretPath() string { return "/v1/secret/data/" + w.in.Project + "/dev/db/credentials" }

// asks keeps the answer to a request that the API refuses.
func (w *world) asks(method, path string, in any) {
	w.t.Helper()
	if _, err := w.Call(w.t.Context(), w.in.Token, method, path, in, nil); err == nil {
		w.t.Errorf("%s %s is not refused", method, path)
	} else {
		w.heard["the refusal of "+method+" "+path] += err.Error()
	}
}

// asksAs returns what is answered to somebody.
func (w *world) asksAs(token, method, path string, in any) string {
	w.t.Helper()
	var answer json.RawMessage
	if _, err := w.Call(w.t.Context(), token, method, path, in, &answer); err != nil {
		return err.Error()
	}
	return string(answer)
}

// look fails for each canary in a text, with its place.
func (w *world) look(place string, text []byte, allowed func(canary string) bool) {
	w.t.Helper()
	w.lookIn(place, w.search().find(text), allowed)
}

// search is the one for all values that there are now.
func (w *world) search() *search {
	if w.known == nil || w.searched != len(w.canaries) {
		w.known, w.searched = searchFor(w.canaries), len(w.canaries)
	}
	return w.known
}

func (w *world) lookIn(place string, found map[string][]string, allowed func(canary string) bool) {
	w.t.Helper()
	for name, ways := range found {
		if allowed == nil || !allowed(name) {
			w.t.Errorf("%s is in the clear (%s) in %s", name, strings.Join(ways, ", "), place)
		}
	}
}

// program begins programs that were built: they are looked through as they are, without
// what is packed in them.
var program = []byte("\x7fELF")

// lookInFiles searches every file that the daemon and its clients have written.
func (w *world) lookInFiles() {
	w.t.Helper()
	if files := w.lookBelow(w.Dir); files < 10 {
		w.t.Errorf("only %d files were looked through", files)
	}
}

// lineOfRun is in the log of every run that applies something.
var lineOfRun = []byte(`"type":"apply_complete"`)

func (w *world) lookBelow(folder string) (files int) {
	w.t.Helper()
	w.must(filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil //nolint:nilerr // a file that went away meanwhile holds nothing
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil //nolint:nilerr // as above
		}
		short, _ := filepath.Rel(w.Dir, path) // it is below, or is told whole
		if len(text) > unpackedMost {
			if !bytes.HasPrefix(text, program) {
				w.t.Errorf("the file %s is too large to be looked through, and no program: %d bytes", short, len(text))
			}
			return nil
		}
		files++
		if bytes.Contains(text, lineOfRun) {
			w.t.Errorf("the file %s has the log of a run in the clear", short)
		}
		if bytes.HasPrefix(text, program) {
			w.lookIn("the file "+short, w.search().plain(text), nil)
			return nil
		}
		w.look("the file "+short, text, func(canary string) bool { return w.may(openFiles(), short, canary) })
		return nil
	}))
	return files
}

var password = regexp.MustCompile(`Sign in   user \S+, password (\S+) `)

// firstPassword is what the daemon says at its first start to who starts it, on its
// standard output and this once.
func (w *world) firstPassword() string {
	w.t.Helper()
	var said []string
	harness.Eventually(w.t, "the first start tells a password", func() (string, bool) {
		said = password.FindStringSubmatch(w.WholeLog())
		return "none", said != nil
	})
	return said[1]
}

// lookInLog searches the daemon's own log, over its restarts. The first password is said
// once, beside the log.
func (w *world) lookInLog() {
	w.t.Helper()
	log := w.WholeLog()
	if words := password.FindStringIndex(log); words != nil {
		log = log[:words[0]] + log[words[1]:]
	}
	w.look("the log of the daemon", []byte(log), nil)
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}
