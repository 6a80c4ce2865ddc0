package runner

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	lockName   = ".terraform.lock.hcl"
	planName   = "terrace.tfplan"
	configName = "terrace.tfrc"
	// backendName overrides whatever backend the root module names: the state is
	// Terrace's. Its address and token come from the environment, so that the
	// initialised folder and the plan are the same for every stack and hold no token.
	backendName = "terrace_backend_override.tf.json"
	backend     = `{"terraform":{"backend":{"http":{}}}}` + "\n"
)

// workdir is the folder of one phase of one run. It holds secrets in the clear
// and is gone when the phase has ended.
type workdir struct {
	path string
	// tmp is the folder for temporary files, and what the tool takes for the home of
	// the user. It is elsewhere: it must have a short path, since providers make
	// sockets in it.
	tmp string
}

func tmpDir(dataDir string) string { return filepath.Join(dataDir, "tmp") }

func runsDir(dataDir string) string { return filepath.Join(dataDir, "runs") }

// Plans tells where the plans are of all runs that a process with the data directory
// executes: files of this name, with secrets in the clear, in folders of this one.
func Plans(dataDir string) (folder, name string) { return runsDir(dataDir), planName }

// newWorkdir lays out the job's files.
func (r *Runner) newWorkdir(job Job, phase Phase) (workdir, error) {
	if err := job.check(); err != nil {
		return workdir{}, err
	}
	for _, dir := range []string{runsDir(r.DataDir), mirrorDir(r.DataDir), tmpDir(r.DataDir)} { // tofu refuses a mirror that is not there
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return workdir{}, onDisk("make a work directory", err)
		}
	}
	path, err := os.MkdirTemp(runsDir(r.DataDir), job.RunID+"-"+string(phase)+"-")
	if err != nil {
		return workdir{}, onDisk("make a work directory", err)
	}
	tmp, err := os.MkdirTemp(tmpDir(r.DataDir), "")
	if err != nil {
		return workdir{}, errors.Join(onDisk("make a work directory", err), os.RemoveAll(path))
	}
	w := workdir{path: path, tmp: tmp}
	if err := w.lay(job, r.cliConfig(job), w.write); err != nil {
		return workdir{}, errors.Join(onDisk("lay out the root module", err), w.remove())
	}
	return w, nil
}

// lay writes what a job needs, by write.
func (w workdir) lay(job Job, config []byte, write func(name string, content []byte) error) error {
	for name, content := range job.Files {
		if err := write(name, content); err != nil {
			return err
		}
	}
	return errors.Join(write(backendName, []byte(backend)), write(configName, config))
}

func (w workdir) write(name string, content []byte) error {
	path := w.join(name)
	if filepath.Dir(path) != w.path {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
	}
	return os.WriteFile(path, content, 0o600)
}

func (w workdir) config() string { return w.join(configName) }

// has reports whether the folder has the file.
func (w workdir) has(name string) bool {
	_, err := os.Stat(w.join(name))
	return err == nil
}

func (w workdir) join(name string) string { return filepath.Join(w.path, name) }

func (w workdir) remove() error { return errors.Join(os.RemoveAll(w.path), os.RemoveAll(w.tmp)) }

// check refuses names that would leave the work directory.
func (j Job) check() error {
	if !filepath.IsLocal(j.RunID) || strings.ContainsAny(j.RunID, "/*") {
		return kernel.Errorf(kernel.Invalid, "run id %q is not a name", j.RunID)
	}
	if strings.Count(j.Stack, "/") != 3 {
		return kernel.Errorf(kernel.Invalid, "stack %q is not tenant/project/workload/stage", j.Stack)
	}
	for name := range j.Files {
		if !filepath.IsLocal(name) || strings.HasPrefix(filepath.ToSlash(name), ".terraform/") {
			return kernel.Errorf(kernel.Invalid, "file %q is outside the root module", name)
		}
	}
	return nil
}
