package runner

import (
	"context"
	"errors"
	"os"
	"slices"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Apply applies exactly the plan, which Plan made of the same job. An error is
// a *kernel.Error with the tool's diagnostics as problems; what was applied
// before it is in the state, unless the error says that it could not be stored.
// A plan whose state has changed since is Stale.
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
		return ApplyResult{}, r.rescue(ctx, job, w, s, err)
	}
	return ApplyResult{Outputs: s.outputs}, nil
}

// rescue sends the state once more where the tool could not store it: what was
// created must not be forgotten. It returns the error of the apply, and says in
// it when the state was refused again.
func (r *Runner) rescue(ctx context.Context, job Job, w workdir, s *stream, failed error) error {
	const left = "errored.tfstate"
	if _, err := os.Stat(w.join(left)); err != nil {
		return failed // nothing was left
	}
	stderr, err := r.process(job, w).run(context.WithoutCancel(ctx), s.line, "state", "push", left)
	if err != nil {
		return unstored(failed, lastLines(s.censor(stderr), err))
	}
	s.send(Event{Phase: PhaseApply, Level: "warn", Type: "log", Message: "The state was stored at the second try"})
	return failed
}

// unstored adds to the error of an apply that its state goes with the work
// directory. It need not be kept as long as creation in the target is idempotent
// by name (decision 3): the next apply finds what is there. The first target
// where it is not needs the state kept, sealed.
func unstored(failed error, why string) error {
	e, ok := errors.AsType[*kernel.Error](failed)
	if !ok {
		return failed
	}
	told := *e
	told.Message += "; the state could not be stored, twice, and does not have what was applied"
	told.Fix = "see to it that Terrace can write to its disk and database, then deploy again: what is there already is found by its name and taken over, nothing is made twice"
	told.Problems = append(slices.Clone(e.Problems), kernel.Problem{Message: "state push failed: " + why})
	return &told
}
