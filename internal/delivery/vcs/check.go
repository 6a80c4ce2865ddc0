package vcs

import (
	"context"
	"fmt"
	"path"
	"slices"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// maxScore bounds a Score file, and each file that it names, in bytes.
	maxScore = 1 << 20
	// maxComplete bounds a Score file with all that it names.
	maxComplete = 4 << 20
	// waitsForApproval is the message of a check whose run does.
	waitsForApproval = "waits for approval"
	// maxListed is how many changes a comment lists of a plan.
	maxListed = 50
)

// check has a workload planned or applied at a stage, once per commit.
func (st *step) check(ctx context.Context, kind CheckKind, commit string, b Binding, stage string) error {
	c := Check{
		ID: kernel.NewID("chk"), Repository: st.repo.ID, Scope: st.repo.Scope, Number: st.p.Number, Kind: kind, Commit: commit,
		Binding: b.Name, Stage: stage, Score: b.Score, Build: b.Build, State: Pending, CreatedAt: st.Clock.Now(),
		Applies: b.Apply != ApplyNever && slices.Contains(b.Stages, stage),
	}
	i := slices.IndexFunc(st.checks, func(o Check) bool {
		return o.Kind == kind && o.Commit == commit && o.Binding == b.Name && o.Stage == stage && o.State != Superseded
	})
	switch {
	case i < 0:
		st.checks = append(st.checks, c)
		i = len(st.checks) - 1
	case st.checks[i].State == Failed && kind == ApplyCheck: // somebody asked for it again
		c.CreatedAt = st.checks[i].CreatedAt
		st.checks[i].State = Superseded
		if err := st.Store.PutCheck(ctx, st.checks[i]); err != nil {
			return err
		}
		st.checks[i] = c
	case st.checks[i].State != Pending || st.checks[i].Run != "":
		return nil
	}
	if err := st.Store.PutCheck(ctx, st.checks[i]); err != nil {
		return err
	}
	err := st.start(ctx, &st.checks[i], commit)
	if passing(err) {
		return err
	}
	if err != nil {
		st.checks[i].fail(err)
	}
	return st.Store.PutCheck(ctx, st.checks[i])
}

// passing reports whether an error may be gone at the next try.
func passing(err error) bool {
	switch kernel.KindOf(err) {
	case kernel.Unavailable, kernel.Internal, kernel.Locked, kernel.Stale:
		return true
	default:
		return false
	}
}

func (c *Check) fail(err error) {
	c.State, c.Message = Failed, err.Error()
	if e, ok := err.(*kernel.Error); ok { //nolint:errorlint // a wrapped one is told whole
		c.Message, c.Fix = e.Message, e.Fix
		for _, p := range e.Problems[:min(len(e.Problems), 10)] {
			c.Message += "\n" + p.String()
		}
	}
}

// start queues the check's run, or ends the check where there is nothing to run.
func (st *step) start(ctx context.Context, c *Check, commit string) error {
	w, err := st.workload(ctx, c, commit)
	if err != nil || w == nil {
		return err
	}
	c.Workload = w.Name
	if err := st.reaches(c); err != nil {
		return err
	}
	if begun, err := st.begun(ctx, *c); err != nil || begun != "" {
		c.Run = begun
		return err
	}
	if err := st.referable(ctx, *c, w); err != nil {
		return err
	}
	artifacts, err := st.built(ctx, c, w, commit)
	if err != nil {
		return err
	}
	r, err := st.Runs.Deploy(st.asking(ctx, c.Kind), c.Scope, run.DeployRequest{
		Stage: c.Stage, Workload: w, DryRun: c.Kind == PlanCheck, Unmerged: c.Kind == PlanCheck, Reason: st.reason(*c), Artifacts: artifacts,
	})
	c.Run = r.ID
	return err
}

// referable refuses to plan what could not be applied once it is merged, since a secret is
// missing. Of a fork's change nobody is told what secrets there are: its comments may be read by anybody.
func (st *step) referable(ctx context.Context, c Check, w *workload.Workload) error {
	if c.Kind != PlanCheck || !c.Applies || st.p.Fork {
		return nil
	}
	lacking, err := st.Runs.References(st.acting(ctx), c.Scope, w, c.Stage)
	if kernel.Is(err, kernel.Denied) || err == nil && len(lacking.Problems) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	return run.MissingIn(c.Stage, w, lacking.Problems)
}

// reason names the change that a run is for, and the check.
func (st *step) reason(c Check) string {
	return fmt.Sprintf("pull request %s#%d at %s (%s)", st.repo.Name, c.Number, c.Commit[:12], c.ID)
}

// begun finds the run of a check whose start was not kept before a crash.
func (st *step) begun(ctx context.Context, c Check) (string, error) {
	page, err := st.Runs.List(st.acting(ctx), c.Scope, run.Filter{Workload: c.Workload, Stage: c.Stage}, kernel.PageRequest{Limit: 20})
	actor, _ := kernel.ActorFrom(st.asking(ctx, c.Kind))
	for _, r := range page.Items {
		// Anybody may write such a reason, but in nobody else's name.
		own := r.RequestedBy.Kind == actor.Kind && (c.Kind == ApplyCheck || r.RequestedBy.ID == actor.ID)
		if own && r.Reason == st.reason(c) && r.DryRun == (c.Kind == PlanCheck) {
			return r.ID, nil
		}
	}
	return "", err
}

// workload reads the Score file with all that it names from the commit; nil
// where the commit has none.
func (st *step) workload(ctx context.Context, c *Check, commit string) (*workload.Workload, error) {
	files := st.Files(st.repo)
	src, err := files.Read(ctx, commit, c.Score, maxScore)
	if kernel.Is(err, kernel.NotFound) {
		c.State, c.Message = Succeeded, c.Score+" is gone: what is deployed stays"
		c.Fix = "remove it with: terrace destroy WORKLOAD --stage " + c.Stage
		return nil, nil //nolint:nilnil // none is an answer
	}
	if err != nil {
		return nil, err
	}
	total := len(src)
	text, err := workload.Inline(c.Score, src, func(name string) ([]byte, error) {
		full := path.Join(path.Dir(c.Score), name)
		if !cleanPath(full) {
			return nil, kernel.Errorf(kernel.Invalid, "%s leads out of the repository", name)
		}
		content, err := files.Read(ctx, commit, full, maxScore)
		if total += len(content); total > maxComplete {
			return nil, kernel.Errorf(kernel.TooLarge, "%s names more than %d MiB of files", c.Score, maxComplete>>20)
		}
		return content, err
	})
	if err != nil {
		return nil, err
	}
	return workload.Parse(c.Score, text)
}
