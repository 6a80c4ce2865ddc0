package runner

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// An initialised folder (.terraform) depends on the providers, modules and
// backend that a root module names and on nothing else, and the tool only reads
// it after init. So it is kept beneath init/ under a digest of what it depends
// on, and later runs that name the same link to what is in it instead of running
// init. What a root module calls its modules does not count: workloads of one
// shape share a folder.
func initDir(dataDir string) string { return filepath.Join(dataDir, "init") }

// initialise makes w ready to plan or apply. It tells whether it reused a folder.
func (r *Runner) initialise(ctx context.Context, job Job, w workdir, sink Sink) (reused bool, err error) {
	s := &stream{phase: PhaseInit, sink: sink, secrets: job.secrets()}
	shape, known := r.shape(job)
	if known && r.reuse(w, shape) == nil {
		s.send(Event{Phase: PhaseInit, Level: "info", Type: "init_reused", Message: "Modules and providers are initialised already"})
		return true, nil
	}
	if w.kept() != "" { // it is that of another job
		if err := w.bare(); err != nil {
			return false, onDisk("make the initialised folder anew", err)
		}
	}
	stderr, err := r.process(job, w).run(ctx, s.line, "init", "-json", "-input=false", "-no-color")
	s.release()
	if err != nil {
		return false, r.Tool.failure("init", s, stderr, err)
	}
	if known {
		r.keep(w, shape)
	}
	return false, nil
}

// execute initialises w and runs the command in it. Where a reused folder turns
// out to be damaged, by a power failure perhaps, it is made anew.
func (r *Runner) execute(ctx context.Context, job Job, w workdir, s *stream, args ...string) error {
	s.know = func() { r.learn(ctx, job, w, s) }
	for again := false; ; again = true {
		reused, err := r.initialise(ctx, job, w, s.sink)
		if err != nil {
			return err
		}
		stderr, err := r.process(job, w).run(ctx, s.line, args...)
		if err == nil {
			s.release()
			return nil
		}
		if !reused || again || !s.wantsInit() {
			if stderr != "" {
				s.know()
			}
			s.release()
			return r.Tool.failure(args[0], s, stderr, err)
		}
		if err := r.forget(job, w); err != nil {
			return onDisk("make the initialised folder anew", err)
		}
		s.diagnostics, s.held = nil, nil
	}
}

// forget drops the folder that w links to.
func (r *Runner) forget(job Job, w workdir) error {
	shape, _ := r.shape(job)
	return errors.Join(w.bare(), os.RemoveAll(r.kept(shape)))
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
		tool: r.Tool, dir: w.path, env: env, grace: r.Grace, kill: job.Kill, limits: job.Limits.or(r.Limits), folders: []string{w.path, w.tmp},
		place: r.place(job, w, env), spawner: r.Spawner,
	}
}
