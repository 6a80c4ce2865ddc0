package runner

import (
	"context"
	"errors"
	"io"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/runner/planjson"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Plan plans the job: what its root module would change in the stack, or, with
// Destroy, the end of everything in it. An error is a *kernel.Error with the
// tool's diagnostics as problems: Invalid where the root module is at fault,
// Unavailable where something could not be reached, Locked where another run
// holds the state.
func (r *Runner) Plan(ctx context.Context, job Job, sink Sink) (result PlanResult, err error) {
	if job, err = r.provide(ctx, job, sink); err != nil {
		return PlanResult{}, err
	}
	job, release, err := r.identify(ctx, job)
	if err != nil {
		return PlanResult{}, err
	}
	defer func() { err = errors.Join(err, release()) }()
	w, err := r.newWorkdir(job, PhasePlan)
	if err != nil {
		return PlanResult{}, err
	}
	held := &Warm{w: w}
	defer func() {
		if err != nil || result.Warm == nil {
			err = errors.Join(err, held.Close())
		}
	}()
	s := &stream{phase: PhasePlan, sink: sink, secrets: job.secrets(), identity: job.held}
	if err := r.execute(ctx, job, w, s, job.planArgs()...); err != nil {
		return PlanResult{}, err
	}
	if result, held.file, err = r.read(ctx, job, w, s); err != nil {
		return PlanResult{}, err
	}
	if job.Warm {
		result.Warm = held
		return result, nil
	}
	if job.KeepPlan != nil {
		err = job.KeepPlan(ctx, held.file)
	}
	return result, err
}

func (j Job) planArgs() []string {
	args := []string{"plan", "-json", "-input=false", "-no-color", "-out=" + planName}
	for flag, on := range map[string]bool{"-destroy": j.Destroy, "-refresh-only": j.RefreshOnly, "-lock=false": j.Unlocked} {
		if on {
			args = append(args, flag)
		}
	}
	for _, address := range j.Targets {
		args = append(args, "-target="+address)
	}
	return args
}

// read collects the plan that lies in w.
func (r *Runner) read(ctx context.Context, job Job, w workdir, s *stream) (PlanResult, PlanFile, error) {
	file, err := w.made()
	if err != nil {
		return PlanResult{}, PlanFile{}, err
	}
	plan, err := r.show(ctx, job, w, s)
	return PlanResult{Digest: file.Digest, JSON: plan}, file, err
}

// show reads the plan as it is printed.
func (r *Runner) show(ctx context.Context, job Job, w workdir, s *stream) (*tfjson.Plan, error) {
	var plan *tfjson.Plan
	var unread error
	p := r.process(job, w)
	p.stdout = func(out io.Reader) error {
		plan, unread = planjson.Decode(out)
		_, err := io.Copy(io.Discard, out) // so that the tool can end
		return err
	}
	stderr, err := p.run(ctx, nil, "show", "-json", "-no-color", planName)
	switch {
	case err != nil:
		return nil, r.Tool.failure("show", s, stderr, err)
	case kernel.Is(unread, kernel.TooLarge):
		return nil, unread
	case unread != nil:
		return nil, kernel.Errorf(kernel.Internal, "read the plan's JSON: %w", unread)
	}
	return plan, nil
}
