package runner

import (
	"context"
	"errors"
	"os"
)

// Apply applies exactly the plan, which Plan made of the same job. An error is
// a *kernel.Error with the tool's diagnostics as problems; what was applied
// before it is in the state. A plan whose state has changed since is Stale.
func (r *Runner) Apply(ctx context.Context, job Job, plan []byte, sink Sink) (result ApplyResult, err error) {
	w, err := r.newWorkdir(job, PhaseApply)
	if err != nil {
		return ApplyResult{}, err
	}
	defer func() { err = errors.Join(err, onDisk("remove the work directory", w.remove())) }()
	if err := os.WriteFile(w.join(planName), plan, 0o600); err != nil {
		return ApplyResult{}, onDisk("lay out the plan", err)
	}
	s := &stream{phase: PhaseApply, sink: sink, secret: job.Token}
	if err := r.execute(ctx, job, w, s, "apply", "-json", "-input=false", "-no-color", planName); err != nil {
		return ApplyResult{}, errors.Join(err, r.rescue(ctx, job, w, s))
	}
	return ApplyResult{Outputs: s.outputs}, nil
}

// rescue sends the state once more where the tool could not store it: what was
// created must not be forgotten.
func (r *Runner) rescue(ctx context.Context, job Job, w workdir, s *stream) error {
	const left = "errored.tfstate"
	if _, err := os.Stat(w.join(left)); err != nil {
		return nil //nolint:nilerr // nothing was left
	}
	stderr, err := r.process(job, w).run(context.WithoutCancel(ctx), s.line, "state", "push", left)
	if err != nil {
		s.send(Event{Phase: PhaseApply, Level: "error", Type: "log", Message: "The state could not be stored: " + lastLines(s.censor(stderr), err)})
		return err
	}
	s.send(Event{Phase: PhaseApply, Level: "warn", Type: "log", Message: "The state was stored at the second try"})
	return nil
}
