package quota

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/terrace-idp/terrace/internal/access/quota/bound"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// told is what facts say of what they bring.
type told struct {
	Version   int64  `json:"version"`
	Workload  string `json:"workload"`
	Operation string `json:"operation"`
	DryRun    bool   `json:"dryRun"`
}

// bounded returns what may bound a fact of the type; nil for those that bring nothing.
func bounded(typ string) []Name {
	switch typ {
	case "project.created":
		return []Name{bound.Projects}
	case "secret.changed":
		return []Name{bound.Secrets}
	case "service_account.created":
		return []Name{bound.ServiceAccounts}
	case "token.created":
		return []Name{bound.Tokens}
	case "artifact.uploaded", "module.published":
		return []Name{bound.Storage}
	case "run.queued":
		return []Name{bound.QueuedRuns, bound.Workloads, bound.Stacks, bound.Storage}
	default:
		return nil
	}
}

// Admit refuses what would go over a quota, when it is about to be recorded: f tells of
// it, and the transaction of ctx has made it. Others that bring something of the kind
// to the tenant wait for the end of the transaction, so two at once do not go over.
func (s *Service) Admit(ctx context.Context, f kernel.Fact) error {
	var what told
	read, held := false, false
	for _, name := range bounded(f.Type) {
		_, ofTenant := s.ofTenant(f.Scope.Tenant, name)
		if _, ofProject := s.ofProject(f.Scope, name); !ofTenant && !ofProject {
			continue
		}
		if !read {
			raw, err := json.Marshal(f.Data)
			if err != nil {
				return fmt.Errorf("read the fact %s: %w", f.Type, err)
			}
			_ = json.Unmarshal(raw, &what) // others have members of other kinds, and none of these
			read = true
		}
		if passes(ctx, f.Type, name, what) {
			continue
		}
		if !held {
			if err := s.Store.Turn(ctx, f.Scope.Tenant); err != nil {
				return err
			}
			held = true
		}
		if err := s.within(ctx, f, name, what); err != nil {
			return err
		}
	}
	return nil
}

// passes tells what brings nothing, or must not fail.
func passes(ctx context.Context, typ string, name Name, what told) bool {
	actor, _ := kernel.ActorFrom(ctx)
	system := actor.Kind == kernel.ActorSystem
	switch typ {
	case "run.queued":
		removes := what.Operation == "destroy"
		if name == bound.QueuedRuns {
			return removes && system // the end of a lifetime
		}
		return removes || what.DryRun || what.Operation == "refresh"
	case "secret.changed":
		return what.Version > 1
	default:
		return system // what Terrace ships, and the first project
	}
}

// within refuses what is over the limit of the tenant, or of the project.
func (s *Service) within(ctx context.Context, f kernel.Fact, name Name, what told) error {
	tenant := kernel.Scope{Tenant: f.Scope.Tenant}
	if limit, ok := s.ofTenant(tenant.Tenant, name); ok {
		if err := s.hold(ctx, tenant, f, name, limit, what); err != nil {
			return err
		}
	}
	limit, ok := s.ofProject(f.Scope, name)
	if !ok {
		return nil
	}
	return s.hold(ctx, f.Scope.InProject(f.Scope.Project), f, name, limit, what)
}

func (s *Service) hold(ctx context.Context, of kernel.Scope, f kernel.Fact, name Name, limit int64, what told) error {
	used, err := s.Use.Used(ctx, name, of)
	if err != nil {
		return err
	}
	if used <= limit {
		return s.nearing(ctx, of, name, limit, used)
	}
	if name == bound.Workloads || name == bound.Stacks { // a limit that was lowered bounds what is new
		had, err := s.Use.Had(ctx, name, f.Scope, what.Workload, f.Subject)
		if had || err != nil {
			return err
		}
	}
	return over(of, name, limit, used)
}

// over is the error that tells which quota is hit, and who can raise it.
func over(of kernel.Scope, name Name, limit, used int64) error {
	whose, raise := "the tenant "+of.Tenant, raiseTenant(name, of.Tenant)
	if of.Project != "" {
		whose = "the project " + of.Project
		raise = fmt.Sprintf("ask an admin of the tenant for `terrace quota set %s=N --project %s`", name, of.Project)
	}
	e := kernel.Errorf(kernel.Refused, "the quota %s of %s is %d, and this would make it %d", name, whose, limit, used)
	if name == bound.Storage {
		return e.WithFix("remove what is not needed any more, or %s", raise)
	}
	if name == bound.Projects { // nothing removes one: what was done in it stays
		return e.WithFix("projects stay: use one that there is, or %s", raise)
	}
	return e.WithFix("remove one, or %s", raise)
}
