package fleetagent

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"

	"github.com/terrace-idp/terrace/internal/delivery/fleet"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Execution is a job with all that its executor needs.
type Execution struct {
	Job fleet.Job
	// Plan is what is to be applied.
	Plan fleet.PlanFile
	// Keep takes the plan file that was made; nil where nobody wants it.
	Keep func(ctx context.Context, plan fleet.PlanFile) error
	// Kill is closed when terraform must end at once.
	Kill <-chan struct{}
	Sink func(fleet.Event)
}

// Done is what came of an execution.
type Done struct {
	fleet.Outcome

	// PlanJSON is what a plan says.
	PlanJSON []byte
}

// Executor executes a job; a canceled ctx asks terraform to stop.
type Executor interface {
	Execute(ctx context.Context, e Execution) Done
}

func (a *assignment) execute(ctx context.Context, killed <-chan struct{}) Done {
	e := Execution{Job: a.Job, Kill: killed, Sink: a.events.add}
	if a.Job.Keep {
		e.Keep = a.keep
	}
	if a.Job.Phase != "apply" {
		return a.Executor.Execute(ctx, e)
	}
	if err := a.Kept.Begin(a.Job.Stack, Receipt{Assignment: a.ID, Secret: a.Job.Receipt}); err != nil {
		return failed(err)
	}
	file, err := a.fetch()
	if err != nil {
		return failed(err)
	}
	defer func() { _ = file.Close() }() // it has no name, and is gone with this
	e.Plan = fleet.PlanFile{Digest: a.Job.Plan, Open: func(context.Context) (io.ReadCloser, error) {
		info, err := file.Stat()
		if err != nil {
			return nil, err
		}
		return io.NopCloser(io.NewSectionReader(file, 0, info.Size())), nil
	}}
	return a.Executor.Execute(ctx, e)
}

func failed(err error) Done { return Done{Outcome: fleet.Outcome{Error: ErrorOf(err)}} }

// fetch gets the plan that is to be applied, in a file without a name: it has
// values in the clear, and must not outlive this process.
func (a *assignment) fetch() (*os.File, error) {
	if err := os.MkdirAll(a.Folder, 0o700); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(a.Folder, "plan-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	err = a.insist(a.gone, "the plan", func(ctx context.Context) error {
		_, err := file.Seek(0, io.SeekStart)
		if err := errors.Join(err, file.Truncate(0)); err != nil {
			return kernel.Errorf(kernel.Refused, "the plan cannot be laid down: %w", err)
		}
		return a.Server.Plan(ctx, a.ID, file)
	})
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// keep gives the server the plan file that was made.
func (a *assignment) keep(_ context.Context, plan fleet.PlanFile) error {
	return a.upload(fleet.PartPlanFile, func(ctx context.Context) (io.ReadCloser, error) { return plan.Open(ctx) })
}

func (a *assignment) upload(part string, open func(ctx context.Context) (io.ReadCloser, error)) error {
	return a.insist(a.gone, "the "+part, func(ctx context.Context) error {
		content, err := open(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = content.Close() }() // it was only read
		return a.Server.Upload(ctx, a.ID, part, content)
	})
}

func text(content []byte) func(context.Context) (io.ReadCloser, error) {
	return func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
}
