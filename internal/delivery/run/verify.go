package run

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/release"
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
	if e.run.Operation == Refresh {
		return e.refreshed(ctx)
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
		return e.failVerification(ctx, results, failed)
	}
	var d Deployment
	return e.move(ctx, e.verified(results, &d, func(ctx context.Context, r *Run) (err error) {
		d, err = e.s.Store.Deployment(ctx, r.Scope, r.Workload)
		return err
	}))
}

// verified is the step that ends a run whose deployment d is as it should be.
func (e *execution) verified(results []CheckResult, d *Deployment, read func(ctx context.Context, r *Run) error) change {
	return change{to: Succeeded, edit: func(ctx context.Context, r *Run) error {
		if err := read(ctx, r); err != nil {
			return err
		}
		r.Verification = results
		return raced(e.s.opens(ctx, d))
	}, tells: func(ctx context.Context) error { return e.s.recordVerified(ctx, *d, "") }}
}

// unchecked is the end of a run after whose apply there is nothing to check. It
// is a step of the same moment; without it the run is verified as any other.
func (e *execution) unchecked(ctx context.Context, outputs map[string]json.RawMessage, d *Deployment) []change {
	if e.run.Operation == Destroy || e.run.Operation == Refresh {
		return nil
	}
	after := deploymentOf(e.run, DeploymentApplied)
	after.Outputs = outputs
	v, err := e.s.subject(ctx, after)
	if err != nil {
		return nil
	}
	if asks, others := v.inputs(); len(asks)+len(others) > 0 {
		return nil
	}
	return []change{e.verified([]CheckResult{v.nothing()}, d, func(context.Context, *Run) error { return nil })}
}

// failVerification ends the run as failed, with all that follows.
func (e *execution) failVerification(ctx context.Context, results, failed []CheckResult) error {
	var out verdict
	failure := e.unverified(ctx, failed)
	err := e.move(ctx, change{to: Failed, edit: func(ctx context.Context, r *Run) (err error) {
		r.Verification, r.Failure = results, failure
		out, err = e.recordUnverified(ctx, r, r.Failure.Message)
		return err
	}})
	if err != nil {
		return err
	}
	for _, r := range out.changed {
		e.s.tell(ctx, r, "run."+string(r.Status), describe(r))
	}
	return nil
}

func (e *execution) destroyed(ctx context.Context) error {
	return e.move(ctx, change{to: Succeeded, edit: func(ctx context.Context, r *Run) error {
		r.Verification = []CheckResult{{Check: "destroyed", Passed: true, Message: "nothing is left in the stack"}}
		return e.s.Store.DeleteDeployment(ctx, r.Scope, r.Workload)
	}})
}

func (e *execution) unverified(ctx context.Context, failed []CheckResult) *Failure {
	f := &Failure{Phase: "verify", Fix: e.remedy(ctx, "verify")}
	f.Message = unverifiedBecause(e.run.Workload, failed)
	for _, r := range failed {
		f.Problems = append(f.Problems, kernel.Problem{Path: r.URL, Message: r.Check + ": " + r.said()})
	}
	return f
}

// unverifiedBecause tells the first of the checks that failed.
func unverifiedBecause(name string, failed []CheckResult) string {
	if failed[0].URL != "" {
		return fmt.Sprintf("%s does not answer as it should: %s", name, failed[0].Message)
	}
	return fmt.Sprintf("%s does not do as it should: %s: %s", name, failed[0].Check, failed[0].Message)
}

// subject is what is verified.
type subject struct {
	deployment Deployment
	release    release.Release
	workload   *workload.Workload
	stage      stage.Stage
}

// checks makes every check of the stage.
func (e *execution) checks(ctx context.Context) ([]CheckResult, error) {
	d, err := e.s.Store.Deployment(ctx, e.scope, e.run.Workload)
	if err != nil {
		return nil, err
	}
	v, err := e.s.subject(ctx, d)
	if err != nil {
		return nil, err
	}
	return e.s.verifies(ctx, v, e.checked(ctx)), nil
}

// checked tells each result in the run's log.
func (e *execution) checked(ctx context.Context) func(CheckResult) {
	return func(result CheckResult) {
		level := "info"
		if !result.Passed {
			level = "error"
		}
		e.s.append(ctx, e.scope, e.id, Event{
			Time: e.s.Clock.Now(), Run: e.id, Phase: "verify", Level: level, Type: "check", Message: result.String(),
		})
	}
}

// subject gathers what is verified of a deployment.
func (s *Service) subject(ctx context.Context, d Deployment) (subject, error) {
	v := subject{deployment: d}
	var err error
	if v.stage, err = s.Stages.Get(d.Scope.Stage); err != nil {
		return v, err
	}
	if v.release, err = s.Releases.Get(ctx, projectOf(d.Scope), d.Release.ID); err != nil {
		return v, err
	}
	_, v.workload, err = s.Releases.Graph(ctx, v.release, v.stage)
	return v, err
}

func (v subject) inGit() bool { return v.stage.Runtime == stage.RuntimeKubernetes }

// inputs are the checks to make: first those over HTTP, of every route, then
// the others. Where a stage on this machine names none over HTTP, the path of
// the workload's readiness probe must answer, else /.
func (v subject) inputs() (asks, others []CheckInput) {
	d := v.deployment
	endpoints := d.Endpoints()
	base := CheckInput{
		Own: !v.inGit(), Release: d.Release.ID, Scope: d.Scope, Workload: d.Workload, Version: d.Release.Version, Endpoints: endpoints,
	}
	var paths []stage.Check
	for _, c := range v.stage.Verify {
		in := base
		if in.Check = c; c.HTTP == nil {
			others = append(others, in)
			continue
		}
		paths = append(paths, httpCheck(c, v.workload))
	}
	if len(paths) == 0 && !v.inGit() {
		paths = append(paths, httpCheck(stage.Check{Name: "answers", HTTP: &stage.HTTPCheck{}}, v.workload))
	}
	for _, name := range slices.Sorted(maps.Keys(endpoints)) {
		for _, c := range paths {
			in := base
			in.URL, in.Check = checkURL(endpoints[name], c.HTTP.Path), c
			asks = append(asks, in)
		}
	}
	return asks, others
}

// nothing is the result where there is nothing to check.
func (v subject) nothing() CheckResult {
	if v.inGit() {
		return CheckResult{
			Check: "committed", Passed: true,
			Message: "the manifests are in the repository of the stage; there is no check, or no route to check, of what the cluster makes of them",
		}
	}
	return CheckResult{Check: "readiness", Passed: true, Message: "the workload has no route; the apply saw the service ready"}
}

// verifies makes the checks, one after the other. What does not answer over HTTP
// is not measured any further.
func (s *Service) verifies(ctx context.Context, v subject, tell func(CheckResult)) []CheckResult {
	asks, others := v.inputs()
	if len(asks)+len(others) == 0 {
		return []CheckResult{v.nothing()}
	}
	var results []CheckResult
	add := func(r CheckResult) {
		results = append(results, r)
		tell(r)
	}
	for _, in := range asks {
		add(s.verified(ctx, in))
	}
	unanswered := slices.ContainsFunc(results, func(r CheckResult) bool { return !r.Passed })
	for _, in := range others {
		if unanswered {
			add(CheckResult{Check: in.Check.Name, Message: "not asked: the service does not answer"})
			continue
		}
		add(s.verified(ctx, in))
	}
	return results
}

// String tells a result in one line.
func (r CheckResult) String() string {
	about := r.URL
	if about == "" {
		about = r.Asked
	}
	return strings.TrimSpace(r.Check+" "+about) + ": " + r.said()
}

// said is the message, with the last line of the output.
func (r CheckResult) said() string {
	if r.Output == "" {
		return r.Message
	}
	return r.Message + ": " + r.Output[strings.LastIndexByte(r.Output, '\n')+1:]
}

// httpCheck completes a check over HTTP.
func httpCheck(c stage.Check, w *workload.Workload) stage.Check {
	h := *c.HTTP
	if h.Timeout == 0 {
		h.Timeout = defaultCheckTime
	}
	if h.Path == "" {
		h.Path = readinessPath(w)
	}
	return stage.Check{Name: c.Name, HTTP: &h}
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
