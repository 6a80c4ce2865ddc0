package policy

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of what people write.
const (
	maxReason  = 1000
	maxAddress = 500
)

// ExemptionRequest asks for an exemption.
type ExemptionRequest struct {
	// Policy is an id, or Set the name of a source of policies; one of both.
	Policy, Set string
	// Stage, Workload and Address narrow it; empty is all.
	Stage, Workload, Address string
	Reason                   string
	Until                    time.Time
}

// RequestExemption asks for an exemption. It counts once somebody who may has
// approved it.
func (s *Service) RequestExemption(ctx context.Context, scope kernel.Scope, r ExemptionRequest) (Exemption, error) {
	actor, err := person(ctx, "a request for an exemption")
	if err != nil {
		return Exemption{}, err
	}
	scope.Stage = r.Stage
	if err := s.Authorizer.Authorize(ctx, actionExempt, scope); err != nil {
		return Exemption{}, err
	}
	e := Exemption{
		ID: kernel.NewID("exm"), Scope: scope, Workload: r.Workload, Policy: r.Policy, Set: r.Set, Address: strings.TrimSpace(r.Address),
		Reason: strings.TrimSpace(r.Reason), Status: Requested, RequestedBy: actor, RequestedAt: s.Clock.Now(), ExpiresAt: r.Until.UTC().Truncate(time.Microsecond),
	}
	if err := s.check(ctx, &e); err != nil {
		return Exemption{}, err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.InsertExemption(ctx, e); err != nil {
			return err
		}
		return s.record(ctx, factRequested, e, e.Reason)
	})
	return e, err
}

// check refuses a request that could not be granted, and finds its level.
func (s *Service) check(ctx context.Context, e *Exemption) error {
	switch life := e.ExpiresAt.Sub(e.RequestedAt); {
	case (e.Policy == "") == (e.Set == ""):
		return kernel.Errorf(kernel.Invalid, "an exemption is from one policy, or from one set of them").WithFix("name one of both")
	case e.Reason == "" || len(e.Reason) > maxReason:
		return kernel.Errorf(kernel.Invalid, "an exemption needs a reason of at most %d bytes", maxReason).WithFix("say why with --reason")
	case e.Workload != "" && e.Scope.Project == "":
		return kernel.Errorf(kernel.Invalid, "a workload is one of a project").WithFix("name the project, or leave the workload out")
	case len(e.Address) > maxAddress || strings.ContainsAny(e.Address, " \t\r\n") || strings.Contains(strings.TrimSuffix(e.Address, "*"), "*"):
		return kernel.Errorf(kernel.Invalid, "%q is no address of a resource", e.Address).WithFix("write it as terraform does; * may be its end")
	case life <= 0:
		return kernel.Errorf(kernel.Invalid, "an exemption cannot end at %s, which has passed", e.ExpiresAt.Format(time.RFC3339)).WithFix("name a later moment with --until")
	case life > s.MaxExemption:
		return kernel.Errorf(kernel.Invalid, "an exemption may last %s at most", days(s.MaxExemption)).WithFix("name an earlier moment with --until, and ask again before it has passed")
	}
	if err := s.known(ctx, e.Scope, e.Workload); err != nil {
		return err
	}
	level, known, err := s.strictest(ctx, *e)
	if err != nil {
		return err
	}
	if !known {
		return s.unknown(e.Policy, e.Set)
	}
	e.Level = level
	return nil
}

// known refuses a stage and a workload that there are not.
func (s *Service) known(ctx context.Context, scope kernel.Scope, workload string) error {
	if scope.Stage != "" {
		if err := s.Stages.Check(scope.Stage); err != nil {
			return err
		}
	}
	if workload == "" || s.Runs == nil {
		return nil
	}
	return s.Runs.Known(ctx, scope, workload)
}

func (s *Service) unknown(policy, set string) error {
	if set != "" {
		return kernel.Errorf(kernel.NotFound, "there is no set of policies %s", set).WithFix("see terrace policy list --server for their names")
	}
	return kernel.Errorf(kernel.NotFound, "there is no policy %s", policy).WithFix("see terrace policy list --server; a plan that breaks one names it")
}

// stages are those of a scope.
func (s *Service) stages(scope kernel.Scope) []Stage {
	return slices.DeleteFunc(s.Stages.Stages(), func(st Stage) bool { return scope.Stage != "" && st.Name != scope.Stage })
}

func days(d time.Duration) string {
	if n := d / (24 * time.Hour); n > 1 && d%(24*time.Hour) == 0 {
		return strconv.Itoa(int(n)) + " days"
	}
	return d.String()
}
