package fault_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// process is a process of the machine that has to do with the daemon's data.
type process struct {
	pid, parent int
	command     string
	// cwd is where it works.
	cwd string
}

// processes returns those that work in the daemon's data, name it or carry its
// marker, the daemon itself left out.
func (w *world) processes() []process {
	w.t.Helper()
	folders, err := filepath.Glob("/proc/[0-9]*")
	w.must(err)
	marker := w.marker()
	var found []process
	for _, folder := range folders {
		pid, _ := strconv.Atoi(filepath.Base(folder))
		command, err := os.ReadFile(filepath.Join(folder, "cmdline"))
		if err != nil || len(command) == 0 || pid == os.Getpid() || pid == w.PID() {
			continue // gone, a zombie, or known
		}
		environment, _ := os.ReadFile(filepath.Join(folder, "environ"))
		cwd, _ := os.Readlink(filepath.Join(folder, "cwd"))
		mine := strings.HasPrefix(cwd, w.Data)
		for _, word := range []string{w.Data, marker} {
			mine = mine || word != "" && (bytes.Contains(command, []byte(word)) || bytes.Contains(environment, []byte(word)))
		}
		if mine {
			found = append(found, process{pid, parentOf(folder), string(bytes.ReplaceAll(command, []byte{0}, []byte{' '})), cwd})
		}
	}
	return found
}

// parentOf reads the parent from the stat file, whose second field may hold spaces.
func parentOf(folder string) int {
	stat, err := os.ReadFile(filepath.Join(folder, "stat"))
	if err != nil {
		return 0
	}
	_, after, _ := bytes.Cut(stat, []byte(") "))
	fields := bytes.Fields(after)
	if len(fields) < 2 {
		return 0
	}
	parent, _ := strconv.Atoi(string(fields[1]))
	return parent
}

// orphans are the processes that do not descend from the daemon that runs now.
func (w *world) orphans() []process {
	w.t.Helper()
	all := w.processes()
	parents := map[int]int{}
	for _, p := range all {
		parents[p.pid] = p.parent
	}
	return slices.DeleteFunc(all, func(p process) bool {
		at := p.parent
		for range 20 {
			if at == w.PID() {
				return true
			}
			at = parents[at]
		}
		return false
	})
}

// tools are the processes of terraform and its providers.
func (w *world) tools() []process {
	w.t.Helper()
	return slices.DeleteFunc(w.processes(), func(p process) bool { return !strings.HasPrefix(p.cwd, filepath.Join(w.Data, "runs")) })
}

// leftovers are files that only an unfinished operation needs.
func (w *world) leftovers() []string {
	w.t.Helper()
	var found []string
	for _, folder := range []string{"runs", "spool"} {
		entries, err := os.ReadDir(filepath.Join(w.Data, folder))
		if err != nil && !os.IsNotExist(err) {
			w.t.Fatal(err)
		}
		for _, e := range entries {
			found = append(found, filepath.Join(folder, e.Name()))
		}
	}
	err := filepath.WalkDir(w.Data, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && unfinished(filepath.Base(path)) && !strings.Contains(path, "/local/services/") && !strings.Contains(path, "/nats/") {
			found = append(found, strings.TrimPrefix(path, w.Data+"/"))
		}
		return nil // what is gone meanwhile was no leftover
	})
	w.must(err)
	return found
}

// unfinished knows the names that the rooms give to files before they are whole.
func unfinished(name string) bool {
	for _, prefix := range []string{".new-", "new-", ".unpack-", ".kek-", ".key-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return strings.HasSuffix(name, ".tmp") || strings.Contains(name, ".tmp_")
}

// clean checks that former daemons have left neither processes nor files.
func (w *world) clean() {
	w.t.Helper()
	w.eventually("no process of a former daemon", func() (string, bool) {
		o := w.orphans()
		return fmt.Sprint(o), len(o) == 0
	})
	w.eventually("no terraform without a run", func() (string, bool) {
		o := w.tools()
		return fmt.Sprint(o), len(o) == 0
	})
	w.eventually("no unfinished file", func() (string, bool) {
		l := w.leftovers()
		return fmt.Sprint(l), len(l) == 0
	})
}
