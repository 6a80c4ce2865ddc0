package runner

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/Masterminds/semver/v3"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// An initialised folder (.terraform) depends on the providers, modules and
// backend that a root module names and on nothing else, and the tool only reads
// it after init. So it is kept beneath init/ under a digest of what it depends
// on, and later runs that name the same link to it instead of running init.
func initDir(dataDir string) string { return filepath.Join(dataDir, "init") }

// initialise makes w ready to plan or apply. It tells whether it reused a folder.
func (r *Runner) initialise(ctx context.Context, job Job, w workdir, sink Sink) (reused bool, err error) {
	s := &stream{phase: PhaseInit, sink: sink, secrets: job.secrets()}
	key, kept := r.initKey(job)
	if kept && r.reuse(w, key) == nil {
		s.send(Event{Phase: PhaseInit, Level: "info", Type: "init_reused", Message: "Modules and providers are initialised already"})
		return true, nil
	}
	stderr, err := r.process(job, w).run(ctx, s.line, "init", "-json", "-input=false", "-no-color")
	if err != nil {
		return false, r.Tool.failure("init", s, stderr, err)
	}
	if kept {
		r.keep(w, key)
	}
	return false, nil
}

// execute initialises w and runs the command in it. Where a reused folder turns
// out to be damaged, by a power failure perhaps, it is made anew.
func (r *Runner) execute(ctx context.Context, job Job, w workdir, s *stream, args ...string) error {
	for again := false; ; again = true {
		reused, err := r.initialise(ctx, job, w, s.sink)
		if err != nil {
			return err
		}
		stderr, err := r.process(job, w).run(ctx, s.line, args...)
		if err == nil {
			return nil
		}
		if !reused || again || !s.wantsInit() {
			return r.Tool.failure(args[0], s, stderr, err)
		}
		if err := r.forget(job, w); err != nil {
			return onDisk("make the initialised folder anew", err)
		}
		s.diagnostics = nil
	}
}

// forget drops the folder that w links to.
func (r *Runner) forget(job Job, w workdir) error {
	key, _ := r.initKey(job)
	return errors.Join(os.Remove(w.join(".terraform")), os.RemoveAll(filepath.Join(initDir(r.DataDir), key)))
}

// wantsInit reports whether the tool says that it needs an init.
func (s *stream) wantsInit() bool {
	for _, d := range s.diagnostics {
		if strings.Contains(d.Detail, "terraform init") || strings.Contains(d.Detail, "tofu init") {
			return true
		}
	}
	return false
}

func (r *Runner) process(job Job, w workdir) process {
	env := r.environment(job, w)
	return process{
		tool: r.Tool, dir: w.path, env: env, grace: r.Grace, kill: job.Kill, limits: job.Limits.or(r.Limits), place: r.place(job, w, env),
	}
}

// reuse links w to the folder under key.
func (r *Runner) reuse(w workdir, key string) error {
	entry := filepath.Join(initDir(r.DataDir), key)
	lock, err := os.ReadFile(filepath.Join(entry, "lock.hcl"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Stat(filepath.Join(entry, "data")); err != nil {
		return err
	}
	now := time.Now()
	_ = os.Chtimes(entry, now, now) // a younger age only saves it from Sweep
	if lock != nil {
		if err := w.write(lockName, lock); err != nil {
			return err
		}
	}
	return os.Symlink(filepath.Join(entry, "data"), w.join(".terraform"))
}

// keep moves w's initialised folder to key and links to it. It saves time only,
// so where it fails the run goes on with what it has.
func (r *Runner) keep(w workdir, key string) {
	err := os.MkdirAll(initDir(r.DataDir), 0o700)
	if err == nil {
		err = r.move(w, key)
	}
	if err != nil {
		r.Logger.Warn("an initialised folder could not be kept", "error", err)
	}
}

func (r *Runner) move(w workdir, key string) error {
	fresh, err := os.MkdirTemp(initDir(r.DataDir), "new-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(fresh) }() // after a rename there is nothing
	if lock, err := os.ReadFile(w.join(lockName)); err == nil {
		if err := os.WriteFile(filepath.Join(fresh, "lock.hcl"), lock, 0o600); err != nil {
			return err
		}
	}
	data := filepath.Join(fresh, "data")
	if err := os.Rename(w.join(".terraform"), data); err != nil {
		return err
	}
	entry := filepath.Join(initDir(r.DataDir), key)
	if err := os.Rename(fresh, entry); err == nil || isThere(entry) { // another run may have been first
		return os.Symlink(filepath.Join(entry, "data"), w.join(".terraform"))
	}
	return os.Rename(data, w.join(".terraform"))
}

func isThere(entry string) bool {
	_, err := os.Stat(filepath.Join(entry, "data"))
	return err == nil
}

// root is the part of a root module in JSON that init depends on.
type root struct {
	Terraform json.RawMessage                       `json:"terraform"`
	Module    map[string]map[string]json.RawMessage `json:"module"`
}

// initKey returns the digest of what the job's initialised folder depends on.
// ok is false where that is not known for sure: the root module has a file that
// is not JSON, or a module without an exact version.
func (r *Runner) initKey(job Job) (key string, ok bool) {
	tenant, _, _ := strings.Cut(job.Stack, "/")
	parts := map[string]any{"tenant": tenant, "tool": r.Tool, "address": r.Address, "mirror": r.Mirror, "azurerm": job.azurerm}
	if lock, err := os.ReadFile(providerLock(r.DataDir)); err == nil {
		parts["provider"] = string(lock)
	}
	for name, content := range job.Files {
		part, ok := partOf(name, content)
		if !ok {
			return "", false
		}
		parts["file:"+name] = part
	}
	digest, err := kernel.DigestJSON(parts)
	return digest.Hex(), err == nil
}

// partOf returns what of a file counts for init.
func partOf(name string, content []byte) (part any, ok bool) {
	switch {
	case name == lockName, !strings.HasSuffix(name, ".json") && filepath.Ext(name) != ".tf" && filepath.Ext(name) != ".tofu":
		return string(content), true
	case !strings.HasSuffix(name, ".tf.json") || filepath.Dir(name) != ".":
		return nil, false
	}
	var file root
	if err := json.Unmarshal(content, &file); err != nil {
		return nil, false
	}
	calls := map[string][2]string{}
	for call, arguments := range file.Module {
		source, version, ok := pinned(arguments)
		if !ok {
			return nil, false
		}
		calls[call] = [2]string{source, version}
	}
	return map[string]any{"terraform": file.Terraform, "calls": calls}, true
}

// pinned returns a module call's source and version, where both are exact.
func pinned(arguments map[string]json.RawMessage) (source, version string, ok bool) {
	if json.Unmarshal(arguments["source"], &source) != nil || json.Unmarshal(arguments["version"], &version) != nil {
		return "", "", false
	}
	_, err := semver.StrictNewVersion(version)
	return source, version, err == nil
}
