package canary_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// runToken is the token of a run, which its terraform has in its environment.
var runToken = regexp.MustCompile(`trun_[A-Za-z0-9._-]{16,}`)

// place is where values may be in the clear, and which.
type place struct {
	path   *regexp.Regexp
	values []string
	// crashed says that it is so only while the daemon is not there, which has had no time
	// to clear away.
	crashed bool
}

// openFiles are the files below the test's folder.
func openFiles() []place {
	return []place{
		{path: regexp.MustCompile(`^state/terrace/local\.json$`), values: []string{"the token of this machine"}},
		{
			path:   regexp.MustCompile(`^data/local/services/default/demo/dev/probe/inst_[0-9a-z]+/main/settings\.conf$`),
			values: []string{"a stored secret"},
		},
		{path: regexp.MustCompile(`^data/repositories/hosted/repo_[0-9a-z]+\.git/objects/`), values: []string{"a secret in a repository"}},
		{path: regexp.MustCompile(`^data/runs/run_[0-9a-z]+-(plan|apply)-[0-9]+/terrace\.tfplan$`), values: []string{"a value of terraform"}, crashed: true},
		{path: regexp.MustCompile(`^data/runs/run_[0-9a-z]+-(plan|apply)-[0-9]+/terrace\.tfrc$`), values: []string{"the token of a run"}, crashed: true},
	}
}

// openVariables are the variables of processes, by the folders that these work in.
func openVariables() []place {
	return []place{
		{path: regexp.MustCompile(`^data/local/services/default/demo/dev/probe/inst_[0-9a-z]+/main:CANARY_KEY$`), values: []string{"a stored secret"}},
		{path: regexp.MustCompile(`^data/local/services/default/demo/dev/probe/inst_[0-9a-z]+/main:CANARY_MADE$`), values: []string{"a secret that a module made"}},
		{path: regexp.MustCompile(`^data/local/services/default/demo/dev/probe/inst_[0-9a-z]+/main:CANARY_TERRAFORM$`), values: []string{"a value of terraform"}},
		{path: regexp.MustCompile(`^data/local/services/default/demo/dev/probe/inst_[0-9a-z]+/main:CANARY_CONFIG$`), values: []string{"the workload's token of the configuration"}},
		{path: regexp.MustCompile(`^data/local/services/default/demo/dev/billing/inst_[0-9a-z]+/main:CANARY_TAKEN$`), values: []string{"a value of terraform"}},
		{path: regexp.MustCompile(`^data/runs/run_[0-9a-z]+-(plan|apply)-[0-9]+:(TF_HTTP_PASSWORD|TERRACE_TOKEN)$`), values: []string{"the token of a run"}},
	}
}

// ofFile begins the name of a key, before the path of its file.
const ofFile = "the key in "

// may reports whether a value may be in a place.
func (w *world) may(all []place, path, canary string) bool {
	return canary == ofFile+path || slices.ContainsFunc(all, func(p place) bool {
		return p.path.MatchString(path) && slices.Contains(p.values, canary) && (!p.crashed || w.crashed)
	})
}

func is(names ...string) func(string) bool {
	return func(canary string) bool { return slices.Contains(names, canary) }
}

func environmentOf(pid int) []byte {
	environment, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ")) // it may have ended
	return environment
}

// lookInProcesses searches the command lines and environments of the daemon and of what it
// started.
func (w *world) lookInProcesses() {
	w.t.Helper()
	w.look("the environment of the daemon", environmentOf(w.PID()), nil)
	w.lookAtCores(w.PID(), "the daemon")
	for pid, called := range w.Processes() {
		w.look("the command line of "+called, []byte(called), nil)
		w.lookAtCores(pid, called)
		folder, _ := os.Readlink(filepath.Join("/proc", strconv.Itoa(pid), "cwd")) // as above
		below, _ := filepath.Rel(w.Dir, folder)
		for variable := range bytes.SplitSeq(environmentOf(pid), []byte{0}) {
			name, _, _ := strings.Cut(string(variable), "=")
			at := below + ":" + name
			w.look("the variable "+at+" of "+called, variable, func(canary string) bool { return w.may(openVariables(), at, canary) })
		}
	}
}
