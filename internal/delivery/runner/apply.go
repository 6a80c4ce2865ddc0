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
// before it is in the state, unless the error says that it could not be stored,
// and the result tells what was to be created and was there already, or that the
// target is still at work.
// A plan whose state has changed since is Stale.
func (r *Runner) Apply(ctx context.Context, job Job, plan PlanFile, sink Sink) (result ApplyResult, err error) {
	if job, err = r.provide(ctx, job, sink); err != nil {
		return ApplyResult{}, err
	}
	job, release, err := r.identify(ctx, job)
	if err != nil {
		return ApplyResult{}, err
	}
	defer func() { err = errors.Join(err, release()) }()
	w, err := r.newWorkdir(job, PhaseApply)
	if err != nil {
		return ApplyResult{}, err
	}
	defer func() { err = errors.Join(err, onDisk("remove the work directory", w.remove())) }()
	if err := w.layOut(ctx, plan); err != nil {
		return ApplyResult{}, err
	}
	return r.applyIn(ctx, job, w, sink)
}

// applyIn applies the plan that lies in w.
func (r *Runner) applyIn(ctx context.Context, job Job, w workdir, sink Sink) (ApplyResult, error) {
	s := &stream{phase: PhaseApply, sink: sink, secrets: job.secrets(), identity: job.held}
	if err := r.execute(ctx, job, w, s, "apply", "-json", "-input=false", "-no-color", planName); err != nil {
		return ApplyResult{Existing: r.existing(ctx, job, w, s), Busy: s.busy()}, r.rescue(ctx, job, w, s, err)
	}
	return ApplyResult{Outputs: s.outputs}, nil
}

// rescue sends the state once more where the tool could not store it: what was
// created must not be forgotten. It returns the error of the apply, and says in
// it when the state was refused again.
func (r *Runner) rescue(ctx context.Context, job Job, w workdir, s *stream, failed error) error {
	if _, err := os.Stat(w.join(left)); err != nil {
		return failed // nothing was left
	}
	stderr, err := r.process(job, w).run(context.WithoutCancel(ctx), s.line, "state", "push", left)
	if err != nil {
		return r.unstored(ctx, job, w, failed, lastLines(s.censor(stderr), err))
	}
	s.send(Event{Phase: PhaseApply, Level: "warn", Type: "log", Message: "The state was stored at the second try"})
	return failed
}

// left is where the tool leaves a state that it could not store.
const left = "errored.tfstate"

// unstored keeps a state that was refused twice, and adds to the error of the
// apply where it is: what was created must not be forgotten.
func (r *Runner) unstored(ctx context.Context, job Job, w workdir, failed error, why string) error {
	e, ok := errors.AsType[*kernel.Error](failed)
	if !ok {
		return failed
	}
	told := *e
	told.Problems = append(slices.Clone(e.Problems), kernel.Problem{Message: "state push failed: " + why})
	if err := r.keepState(context.WithoutCancel(ctx), job, w.join(left)); err != nil {
		told.Message += "; the state could not be stored, twice, nor kept aside, and does not have what was applied"
		told.Fix = "see to it that Terrace can write to its disk and database, then deploy again: on the target local what is there is taken over by its name, elsewhere import it"
		told.Problems = append(told.Problems, kernel.Problem{Message: "it could not be kept: " + err.Error()})
		return &told
	}
	told.Message += "; the state could not be stored, twice, and is kept, sealed"
	told.Fix = "see to it that Terrace can write to its database, then deploy again: the kept state is stored before anything else happens to the stack"
	return &told
}

// keepState hands a state that the tool left to whoever keeps it.
func (r *Runner) keepState(ctx context.Context, job Job, path string) error {
	if r.Keep == nil {
		return errors.New("nobody keeps it")
	}
	state, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(r.Keep(ctx, job.Stack, job.Fence, state), state.Close())
}
