package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/sealedblob"
)

// The parts of an assignment that are blobs.
const (
	partJob  = "job"
	partPlan = "plan"
	// PartPlanFile and PartPlanJSON are what a plan makes.
	PartPlanFile = "plan-file"
	PartPlanJSON = "plan-json"
)

func partOf(id, part string) sealedblob.Content {
	return sealedblob.Content{
		Name: "the " + part + " of " + id, Key: "fleet/" + id + "/" + part,
		Associated: []byte("assignment\x00" + id + "\x00" + part), Max: MaxPlan,
	}
}

func (s *Service) put(ctx context.Context, tenant, id, part string, content io.Reader) error {
	c := partOf(id, part)
	c.Tenant = tenant
	if _, err := s.parts.Put(ctx, c, content); err != nil {
		return fmt.Errorf("keep the %s of %s: %w", part, id, err)
	}
	return nil
}

// drop removes the parts of an assignment that has been read or lost.
func (s *Service) drop(ctx context.Context, id string) {
	for _, part := range []string{partJob, partPlan, PartPlanFile, PartPlanJSON} {
		if err := s.Blobs.Delete(context.WithoutCancel(ctx), partOf(id, part).Key); err != nil && !kernel.Is(err, kernel.NotFound) {
			s.Log.WarnContext(ctx, "a part of an assignment could not be removed", "assignment", id, "part", part, "error", err)
		}
	}
}

// putJob keeps a job, and the plan that it is to apply.
func (s *Service) putJob(ctx context.Context, id string, job Job, plan PlanFile) error {
	raw, err := json.Marshal(job)
	if err != nil {
		return fmt.Errorf("write the job of %s: %w", job.Run, err)
	}
	if err := s.put(ctx, job.Scope.Tenant, id, partJob, bytes.NewReader(raw)); err != nil || job.Phase != "apply" {
		return err
	}
	from, err := plan.Open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(s.put(ctx, job.Scope.Tenant, id, partPlan, from), from.Close())
}

func (s *Service) job(ctx context.Context, id string) (j Job, err error) {
	r, err := s.parts.Get(ctx, partOf(id, partJob))
	if err != nil {
		return j, err
	}
	return j, errors.Join(json.NewDecoder(r).Decode(&j), r.Close())
}

// Plan opens the plan that the runner is to apply, which the caller closes.
func (s *Service) Plan(ctx context.Context, r Runner, session, id string) (io.ReadCloser, error) {
	if _, err := s.mine(ctx, r, session, id); err != nil {
		return nil, err
	}
	return s.parts.Get(ctx, partOf(id, partPlan))
}

// Upload keeps, sealed as it arrives, what a plan made: PartPlanFile or PartPlanJSON.
func (s *Service) Upload(ctx context.Context, r Runner, session, id, part string, content io.Reader) error {
	if part != PartPlanFile && part != PartPlanJSON {
		return kernel.Errorf(kernel.NotFound, "there is no part %s", part)
	}
	a, err := s.mine(ctx, r, session, id)
	if err != nil {
		return err
	}
	if err := s.put(ctx, a.Scope.Tenant, id, part, content); err != nil {
		return err
	}
	_, err = s.mine(ctx, r, session, id)
	if err != nil { // it was lost meanwhile, and what it had is gone
		s.drop(ctx, id)
	}
	return err
}

// Result is a finished execution. Close ends it.
type Result struct {
	Outcome

	open  func(ctx context.Context, part string) (io.ReadCloser, error)
	close func() error
}

// Open opens PartPlanFile or PartPlanJSON of a plan, which the caller closes.
func (r Result) Open(ctx context.Context, part string) (io.ReadCloser, error) {
	if r.open == nil {
		return nil, kernel.Errorf(kernel.NotFound, "nothing was made")
	}
	return r.open(ctx, part)
}

// Close says that the outcome was read: nobody gets it again.
func (r Result) Close() error {
	if r.close == nil {
		return nil
	}
	return r.close()
}
