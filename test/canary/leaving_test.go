package canary_test

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"filippo.io/age"
)

// leaves exports the tenant, without and with a recipient, for whom values are there.
func (w *world) leaves() {
	w.t.Helper()
	mine, err := age.GenerateX25519Identity()
	w.must(err)
	w.hear("tenant", "export", "default", "--file", filepath.Join(w.Dir, "plain.zip"))
	w.hear("tenant", "export", "default", "--file", filepath.Join(w.Dir, "sealed.zip"), "--recipient", mine.Recipient().String())
	archive, err := zip.OpenReader(filepath.Join(w.Dir, "sealed.zip"))
	w.must(err)
	defer func() { _ = archive.Close() }()
	found := map[string][]string{}
	for _, file := range archive.File {
		if !strings.HasSuffix(file.Name, ".age") {
			continue
		}
		content, err := file.Open()
		w.must(err)
		plain, err := age.Decrypt(content, mine)
		w.must(err)
		text, err := io.ReadAll(plain)
		w.must(err)
		for name := range searchFor(w.canaries).find(text) {
			found[name] = append(found[name], file.Name)
		}
	}
	for _, name := range []string{"a stored secret", "a former version", "a value of terraform", "a secret that a module made"} {
		if len(found[name]) == 0 {
			w.t.Errorf("%s is not in what was exported for a recipient, but %v", name, found)
		}
	}
}

// exits ends the daemon with its goroutines in its log, as a deadlock would be looked into.
func (w *world) exits() {
	w.t.Helper()
	w.Dump()
	if log := w.WholeLog(); !strings.Contains(log, "SIGQUIT: quit") || !strings.Contains(log, "goroutine ") {
		w.t.Errorf("there are no goroutines in the log: %.2000s", log)
	}
}

// lookAtCores sees to it that the memory of a process is written nowhere when it crashes.
func (w *world) lookAtCores(pid int, called string) {
	w.t.Helper()
	limits, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "limits"))
	if err != nil {
		return // it has ended
	}
	for line := range strings.Lines(string(limits)) {
		if fields := strings.Fields(line); strings.HasPrefix(line, "Max core file size") && (len(fields[4]) != 1 || fields[4] > "1" || len(fields[5]) != 1 || fields[5] > "1") { // now, and what it could ask for
			w.t.Errorf("%s may write a core: %s", called, line)
		}
	}
}
