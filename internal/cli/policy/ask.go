package policy

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"unicode/utf8"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxName is how long the name of a file may be that errors of the server have.
const maxName = 240

// ask has the server's policies asked. What cannot be evaluated is no failure of the
// server.
func (f *evalFlags) ask(ctx context.Context, e *command.Env) (policy.Answer, error) {
	from, err := open(e, f.plan)
	if err != nil {
		return policy.Answer{}, &exit.PolicyError{Err: err}
	}
	defer func() { _ = from.Close() }()
	if err := sendable(f.plan, from); err != nil {
		return policy.Answer{}, &exit.PolicyError{Err: err}
	}
	s, project, err := e.Project(ctx)
	if err != nil {
		return policy.Answer{}, err
	}
	p := apiclient.EvaluatePoliciesParams{
		Project: project, Stage: f.context.Stage, Target: f.context.Target, Operation: f.context.Operation, Workload: f.workload, Name: nameOf(f.plan),
	}
	a, err := s.EvaluatePolicies(ctx, p, from)
	if kernel.Is(err, kernel.Invalid) || kernel.Is(err, kernel.TooLarge) {
		return policy.Answer{}, &exit.PolicyError{Err: err}
	}
	return answerOf(a), err
}

// sendable refuses a file that the server would not read to its end.
func sendable(name string, from io.Reader) error {
	f, is := from.(*os.File)
	if !is {
		return nil
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		return kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", name, err)
	case info.Size() > policy.MaxOffered:
		return kernel.Errorf(kernel.TooLarge, "%s has %d MiB, more than the %d that a server takes", name, info.Size()>>20, policy.MaxOffered>>20).
			WithFix("evaluate it without --server")
	default:
		return nil
	}
}

// nameOf is how the server calls the file.
func nameOf(file string) string {
	if file == "-" {
		return "the input"
	}
	name := filepath.ToSlash(file)
	cut := max(0, len(name)-maxName)
	for cut > 0 && cut < len(name) && !utf8.RuneStart(name[cut]) {
		cut++
	}
	return name[cut:]
}

// answerOf is the server's answer as the client's own would be.
func answerOf(a apiclient.PolicyAnswer) policy.Answer {
	out := policy.Answer{Results: make([]policy.Result, 0, len(a.Results)), Summary: policy.Summary{
		Policies: int(a.Summary.Policies), Violations: int(a.Summary.Violations), Warnings: int(a.Summary.Warnings), Exceptions: int(a.Summary.Exceptions),
		Exempted: int(a.Summary.Exempted), Errors: int(a.Summary.Errors), Blocked: a.Summary.Blocked, TookMS: int(a.Summary.TookMs),
	}}
	for _, r := range a.Results {
		out.Results = append(out.Results, resultOf(r))
	}
	for _, n := range a.Notices {
		out.Notices = append(out.Notices, policy.Notice{
			Policy: n.Policy, Source: n.Source, File: n.File, Line: int(n.Line), Column: int(n.Column), Message: n.Message,
		})
	}
	return out
}

func resultOf(r apiclient.PolicyResult) policy.Result {
	out := policy.Result{
		Policy: r.Policy, Rule: r.Rule, Title: r.Title, Outcome: policy.Outcome(r.Outcome), Level: policy.Level(r.Level), Severity: policy.Severity(r.Severity),
		Address: r.Address, Type: r.Type, Attribute: r.Attribute, Message: r.Message, Fix: r.Fix, Controls: policy.Controls(r.Controls),
		Details: r.Details, Source: r.Source,
	}
	if x := r.Exemption; x != nil {
		out.Exemption = &policy.Waiver{ID: x.ID, Reason: x.Reason, RequestedBy: x.RequestedBy, ApprovedBy: x.ApprovedBy, ExpiresAt: x.ExpiresAt}
	}
	return out
}
