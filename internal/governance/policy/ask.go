package policy

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// MaxOffered bounds a plan or a state that is sent, in bytes. Without a server larger
// ones can be evaluated.
const MaxOffered = 64 << 20

// asksAtOnce bounds the documents that a process reads and evaluates for people at
// once: each may be large.
const asksAtOnce = 2

// Asked is where a document that somebody offers would be applied.
type Asked struct {
	// Name is how errors call the document, "" is that.
	Name string
	// Stage is one of the server's; "" is none, so that what is assigned to or exempt
	// on one stage alone does not count.
	Stage string
	// Target is where there is no stage: what is assigned to it counts.
	Target string
	// Workload is one of the project: what it is exempt from counts, and policies see
	// what of it runs on the stage. "" is none.
	Workload string
	// Operation is what policies see as such, "" is deploy.
	Operation string
}

// Prepared is a question that its asker may ask, and that makes sense.
type Prepared struct {
	service  *Service
	context  Context
	name     string
	workload string
}

// Prepare checks whether the actor of ctx may have a document held against the live
// policies, before anybody reads it.
func (s *Service) Prepare(ctx context.Context, scope kernel.Scope, a Asked) (*Prepared, error) {
	scope.Stage = a.Stage
	if err := s.Authorizer.Authorize(ctx, actionEvaluate, scope); err != nil {
		return nil, err
	}
	actor, _ := kernel.ActorFrom(ctx)
	c, err := s.at(Context{Tenant: scope.Tenant, Project: scope.Project, Operation: cmp.Or(a.Operation, "deploy"), Requester: actor.Name}, a)
	return &Prepared{service: s, context: c, name: cmp.Or(a.Name, "the document"), workload: a.Workload}, err
}

// at is the context at the stage that is named, or at stages with the target.
func (s *Service) at(c Context, a Asked) (Context, error) {
	all := s.Stages.Stages()
	i := slices.IndexFunc(all, func(st Stage) bool { return st.Name == a.Stage })
	switch {
	case a.Stage == "" && a.Target == "":
	case a.Stage == "":
		if !slices.Contains(s.Targets, a.Target) {
			return c, kernel.Errorf(kernel.NotFound, "there is no target %s", a.Target).WithFix("use one of %s", strings.Join(s.Targets, ", "))
		}
		c.Target = a.Target
	case i < 0:
		return c, kernel.Errorf(kernel.NotFound, "there is no stage %s", a.Stage).WithFix("see terrace stage list")
	case a.Target != "" && a.Target != all[i].Target:
		return c, kernel.Errorf(kernel.Invalid, "the stage %s has the target %s, not %s", a.Stage, all[i].Target, a.Target).WithFix("name the stage, or a target alone")
	default:
		c.Stage, c.Target, c.Runtime = a.Stage, all[i].Target, all[i].Runtime
	}
	return c, nil
}

// Evaluate asks the live policies about a document as a run would be asked, once its
// turn has come: not many are read at once. Where what is evaluated is not what its
// sources have now, the report notes that.
func (p *Prepared) Evaluate(ctx context.Context, document io.Reader) (Report, error) {
	s := p.service
	select {
	case s.asks <- struct{}{}:
		defer func() { <-s.asks }()
	case <-ctx.Done():
		return Report{}, ctx.Err()
	}
	in, conceal, err := s.Documents.Read(ctx, p.name, document, p.context, p.workload)
	if err != nil {
		return Report{}, err
	}
	report, err := s.Evaluate(ctx, Question{Input: in, Workload: p.workload})
	if err != nil {
		return Report{}, err
	}
	conceal(report.Results)
	report.Notices = append(report.Notices, s.stale(ctx)...)
	return report, nil
}

// stale tells of sources that broke and whose last good policies are evaluated. Of
// those that never were good, a result tells.
func (s *Service) stale(ctx context.Context) []Notice {
	var all []Notice
	for _, source := range s.Sets.Sources(ctx) {
		if source.Problem == "" || source.Version == "" {
			continue
		}
		if len(source.Problems) == 0 {
			all = append(all, Notice{Source: source.Name, Message: source.Problem + "; those that were good last are evaluated"})
		}
		for _, problem := range source.Problems {
			all = append(all, Notice{Source: source.Name, File: problem.File, Line: problem.Line, Column: problem.Column, Message: problem.Message + "; those that were good last are evaluated"})
		}
	}
	return all
}
