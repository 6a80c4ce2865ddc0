package canary_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestNothingOfACanaryIsLeft puts values through every door of a daemon on SQLite, and
// looks for them in every file, answer, process and line that comes of it.
func TestNothingOfACanaryIsLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.listens()
	w.store(w.invent("a former version"))
	w.store(w.invent("a stored secret"))
	w.people()
	w.errors()
	w.locker()
	w.configuration()
	w.forge()
	w.deploys()
	w.lookInProcesses()
	w.pull()
	w.breaks()
	w.dies()
	w.listen()
	w.leaves()
	w.lookInProcesses()
	w.exits()
	w.lookInFiles()
	w.lookInAnswers()
}

// gets keeps what an address answers.
func (w *world) gets(path string) string {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, "http://"+w.API+path, nil)
	w.must(err)
	r.Header.Set("Authorization", "Bearer "+w.in.Token)
	answer, err := http.DefaultClient.Do(r)
	w.must(err)
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	w.must(err)
	w.heard[path] += string(text)
	return string(text)
}

// lookInAnswers searches everything that was answered, sent on, exported and logged.
func (w *world) lookInAnswers() {
	w.t.Helper()
	for place, text := range w.heard {
		w.look(place, []byte(text), nil)
	}
	for place, text := range w.answered {
		w.look("the answer to "+place, []byte(text), is("a value in an address"))
	}
	w.look("what was sent on", []byte(w.sent.heard()), nil)
	w.look("what was told to who watches", []byte(w.told.heard()), nil)
	for _, words := range []string{"run.succeeded", "run.failed", "user.created", "secret.changed"} {
		for place, text := range map[string]string{"sent on": w.sent.heard(), "told": w.told.heard()} {
			if !strings.Contains(text, words) {
				w.t.Errorf("no event %s was %s", words, place)
			}
		}
	}
	w.lookInTraces()
	w.lookInLog()
	if len(w.failed) > 0 || len(w.canaries) < 50 {
		w.t.Errorf("of %d values; these commands failed: %q", len(w.canaries), w.failed)
	}
	if log := w.heard["terrace service logs probe --stage dev"]; !strings.Contains(log, "[secret]") {
		w.t.Errorf("the workload printed nothing: %s", log)
	}
}

// listens subscribes webhooks to every event, one of which takes none, and watches.
func (w *world) listens() {
	w.t.Helper()
	w.made("a webhook's secret", "secret", "subscription", "create", "canary", "--tenant", "--webhook", w.sink(http.StatusOK))
	w.made("the secret of a webhook that is gone", "secret", "subscription", "create", "gone", "--tenant", "--webhook", w.sink(http.StatusGone))
	w.watch(&w.told, "/api/v1/events?after=0", w.in.Token)
}
