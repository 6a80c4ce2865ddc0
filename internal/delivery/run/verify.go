package run

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// defaultCheckTime bounds a check that names no time.
const defaultCheckTime = 30 * time.Second

// verify checks that the deployment answers, and ends the run.
func (e *execution) verify(ctx context.Context) error {
	if e.run.Operation == Destroy {
		return e.destroyed(ctx)
	}
	results, err := e.checks(ctx)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	failed := slices.DeleteFunc(slices.Clone(results), func(r CheckResult) bool { return r.Passed })
	if len(failed) > 0 {
		return e.move(ctx, change{to: Failed, edit: func(ctx context.Context, r *Run) error {
			r.Verification, r.Failure = results, e.unverified(failed)
			return e.recordUnverified(ctx, r)
		}})
	}
	return e.move(ctx, change{to: Succeeded, edit: func(ctx context.Context, r *Run) error {
		r.Verification = results
		return e.recordVerified(ctx, r)
	}})
}

func (e *execution) destroyed(ctx context.Context) error {
	return e.move(ctx, change{to: Succeeded, edit: func(ctx context.Context, r *Run) error {
		r.Verification = []CheckResult{{Check: "destroyed", Passed: true, Message: "nothing is left in the stack"}}
		return e.s.Store.DeleteDeployment(ctx, r.Scope, r.Workload)
	}})
}

func (e *execution) unverified(failed []CheckResult) *Failure {
	f := &Failure{Phase: "verify", Fix: e.remedy("verify")}
	f.Message = fmt.Sprintf("%s does not answer as it should: %s", e.run.Workload, failed[0].Message)
	for _, r := range failed {
		f.Problems = append(f.Problems, kernel.Problem{Path: r.URL, Message: r.Check + ": " + r.Message})
	}
	return f
}

// checks runs every check of the stage against every route of the workload.
func (e *execution) checks(ctx context.Context) ([]CheckResult, error) {
	d, err := e.s.Store.Deployment(ctx, e.scope, e.run.Workload)
	if err != nil {
		return nil, err
	}
	m, err := e.s.material(ctx, e.run)
	if err != nil {
		return nil, err
	}
	endpoints, inGit := d.Endpoints(), m.stage.Runtime == stage.RuntimeKubernetes
	if inGit && (len(m.stage.Verify) == 0 || len(endpoints) == 0) {
		return []CheckResult{{
			Check: "committed", Passed: true,
			Message: "the manifests are in the repository of the stage; there is no check, or no route to check, of what the cluster makes of them",
		}}, nil
	}
	if len(endpoints) == 0 {
		return []CheckResult{{
			Check: "readiness", Passed: true,
			Message: "the workload has no route; the apply saw the service ready",
		}}, nil
	}
	var results []CheckResult
	for _, name := range slices.Sorted(maps.Keys(endpoints)) {
		for _, check := range stageChecks(m.stage, m.workload) {
			results = append(results, e.check(ctx, CheckInput{URL: checkURL(endpoints[name], check.HTTP.Path), Own: !inGit, Release: e.run.Release.ID, Check: check}))
		}
	}
	return results, nil
}

func (e *execution) check(ctx context.Context, in CheckInput) CheckResult {
	result := e.s.Verifier.Verify(ctx, in)
	level := "info"
	if !result.Passed {
		level = "error"
	}
	e.s.append(ctx, Event{
		Time: e.s.Clock.Now(), Run: e.id, Phase: "verify", Level: level, Type: "check",
		Message: result.Check + " " + result.URL + ": " + result.Message,
	})
	return result
}

// stageChecks are the stage's HTTP checks; where it names none, the path of
// the workload's readiness probe must answer, else /.
func stageChecks(st stage.Stage, w *workload.Workload) []stage.Check {
	var checks []stage.Check
	for _, c := range st.Verify {
		if c.HTTP == nil {
			continue
		}
		h := *c.HTTP
		if h.Timeout == 0 {
			h.Timeout = defaultCheckTime
		}
		if h.Path == "" {
			h.Path = readinessPath(w)
		}
		checks = append(checks, stage.Check{Name: c.Name, HTTP: &h})
	}
	if len(checks) == 0 {
		checks = append(checks, stage.Check{Name: "answers", HTTP: &stage.HTTPCheck{Path: readinessPath(w), Timeout: defaultCheckTime}})
	}
	return checks
}

func readinessPath(w *workload.Workload) string {
	for _, name := range w.ContainerNames() {
		if p := w.Containers[name].ReadinessProbe; p != nil && p.HTTP != nil && p.HTTP.Path != "" {
			return p.HTTP.Path
		}
	}
	return "/"
}

// checkURL puts the path of a check under a route. A route that serves only a
// part of the paths is asked for the path if it serves it, else for itself.
func checkURL(endpoint, path string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return endpoint
	}
	prefix := strings.TrimRight(u.Path, "/")
	if path == prefix || strings.HasPrefix(path, prefix+"/") {
		u.Path = path
	}
	return u.String()
}
