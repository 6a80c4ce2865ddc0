package command

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
)

// completeTimeout keeps a shell from waiting for a server that is slow.
const completeTimeout = time.Second

// Completion is a function of cobra that offers words.
type Completion = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

// Offer asks the server about the project; when it cannot be asked nothing is offered.
func (e *Env) Offer(words func(ctx context.Context, s Server, project string) ([]string, error)) Completion {
	return offer(func(ctx context.Context) ([]string, error) {
		s, project, err := e.Project(ctx)
		if err != nil {
			return nil, err
		}
		return words(ctx, s, project)
	})
}

// OfferAtServer asks the server about what belongs to no project.
func (e *Env) OfferAtServer(words func(ctx context.Context, s Server) ([]string, error)) Completion {
	return offer(func(ctx context.Context) ([]string, error) {
		s, err := e.Server()
		if err != nil {
			return nil, err
		}
		return words(ctx, s)
	})
}

// offer offers words for the first argument.
func offer(words func(ctx context.Context) ([]string, error)) Completion {
	return func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(c.Context(), completeTimeout)
		defer cancel()
		list, err := words(ctx)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return list, cobra.ShellCompDirectiveNoFileComp
	}
}

// Workloads offers the workloads of the project.
func (e *Env) Workloads() Completion {
	return e.Offer(func(ctx context.Context, s Server, project string) ([]string, error) {
		list, err := s.Workloads(ctx, project)
		return names(list, func(w apiclient.Workload) string { return w.Name }), err
	})
}

// Budgets offers the budgets of the tenant.
func (e *Env) Budgets() Completion {
	return e.OfferAtServer(func(ctx context.Context, s Server) ([]string, error) {
		list, err := s.Budgets(ctx, "", "")
		return names(list, func(b apiclient.BudgetStatus) string { return b.Name }), err
	})
}

// Sources offers the sources of the tenant.
func (e *Env) Sources() Completion {
	return e.OfferAtServer(func(ctx context.Context, s Server) ([]string, error) {
		list, err := s.Sources(ctx)
		return names(list, func(n apiclient.Source) string { return n.Name }), err
	})
}

// Users offers the users for a flag.
func (e *Env) Users() Completion {
	return ForFlag(e.OfferAtServer(func(ctx context.Context, s Server) ([]string, error) {
		list, err := s.Users(ctx)
		return names(list, func(u apiclient.User) string { return u.Name }), err
	}))
}

// ServiceAccounts offers the service accounts of the tenant and its projects for a flag.
func (e *Env) ServiceAccounts() Completion {
	return ForFlag(e.OfferAtServer(func(ctx context.Context, s Server) ([]string, error) {
		list, err := s.ServiceAccounts(ctx, apiclient.ListServiceAccountsParams{})
		return names(list, func(a apiclient.ServiceAccount) string { return a.Name }), err
	}))
}

// Factors offers what the caller signs in with beside a password.
func (e *Env) Factors() Completion {
	return e.OfferAtServer(func(ctx context.Context, s Server) ([]string, error) {
		sheet, err := s.Factors(ctx, "")
		return names(sheet.Items, func(f apiclient.Factor) string { return f.ID + "\t" + f.Name }), err
	})
}

// Runners offers the remote runners of the tenant.
func (e *Env) Runners() Completion {
	return e.OfferAtServer(func(ctx context.Context, s Server) ([]string, error) {
		list, err := s.Runners(ctx)
		return names(list, func(r apiclient.FleetStatus) string { return r.Name }), err
	})
}

// Repositories offers the repositories of the project.
func (e *Env) Repositories() Completion {
	return e.Offer(func(ctx context.Context, s Server, project string) ([]string, error) {
		list, err := s.Repositories(ctx, project)
		return names(list, func(r apiclient.Repository) string { return r.Name }), err
	})
}

// Subscriptions offers the subscriptions of the project.
func (e *Env) Subscriptions() Completion {
	return e.Offer(func(ctx context.Context, s Server, project string) ([]string, error) {
		list, err := s.Subscriptions(ctx, project)
		return names(list, func(one apiclient.Subscription) string { return one.Name }), err
	})
}

// Rules offers the rules of the project.
func (e *Env) Rules() Completion {
	return e.Offer(func(ctx context.Context, s Server, project string) ([]string, error) {
		list, err := s.Rules(ctx, project)
		return names(list, func(r apiclient.AutomationRule) string { return r.Name }), err
	})
}

// EventTypes offers the types of events for a flag, and with a star all of each thing.
func (e *Env) EventTypes(stars bool) Completion {
	return ForFlag(e.OfferAtServer(func(ctx context.Context, s Server) ([]string, error) {
		list, err := s.EventTypes(ctx)
		var all []string
		for _, t := range list {
			name := strings.TrimPrefix(t.Type, "dev.terrace.")
			if noun, _, _ := strings.Cut(name, "."); stars && !slices.Contains(all, noun+".*") {
				all = append(all, noun+".*")
			}
			all = append(all, name)
		}
		return all, err
	}))
}

// RepositoryFlag offers them for a flag.
func (e *Env) RepositoryFlag() Completion { return ForFlag(e.Repositories()) }

// ForFlag offers for a flag what is offered for a first argument.
func ForFlag(words Completion) Completion {
	return func(c *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return words(c, nil, typed)
	}
}

// Runs offers the newest runs with the status, "" for any.
func (e *Env) Runs(status apiclient.RunStatus) Completion {
	return e.Offer(func(ctx context.Context, s Server, project string) ([]string, error) {
		list, err := s.Runs(ctx, project, apiclient.ListRunsParams{Status: status})
		return names(list, func(r apiclient.Run) string {
			return fmt.Sprintf("%s\t%s %s %s %s", r.ID, r.Operation, r.Workload, r.Scope.Stage, r.Status)
		}), err
	})
}

// Secrets offers the names of secrets, of one stage where that was said.
func (e *Env) Secrets(stage *string) Completion {
	return e.Offer(func(ctx context.Context, s Server, project string) ([]string, error) {
		list, err := s.Secrets(ctx, project, *stage)
		all := names(list, func(i apiclient.SecretInfo) string { return i.Name })
		slices.Sort(all)
		return slices.Compact(all), err
	})
}

// Tenants offers the tenants.
func (e *Env) Tenants() Completion {
	return e.OfferAtServer(func(ctx context.Context, s Server) ([]string, error) {
		list, err := s.Tenants(ctx)
		return names(list, func(t apiclient.Tenant) string { return t.Name }), err
	})
}

// Actions offers the actions that can be granted.
func (e *Env) Actions() Completion {
	return e.OfferAtServer(func(ctx context.Context, s Server) ([]string, error) {
		list, err := s.AccessActions(ctx)
		return names(list, func(a apiclient.AccessAction) string { return a.Name }), err
	})
}

// Stages offers the stages.
func (e *Env) Stages() Completion {
	return e.OfferAtServer(func(ctx context.Context, s Server) ([]string, error) {
		list, err := s.Stages(ctx)
		return names(list, func(st apiclient.Stage) string { return st.Name }), err
	})
}

// StageFlag adds a flag for a stage with completion.
func (e *Env) StageFlag(c *cobra.Command, stage *string, name, usage string, required bool) {
	c.Flags().StringVar(stage, name, "", usage)
	_ = c.RegisterFlagCompletionFunc(name, ForFlag(e.Stages())) // the flag was made above
	if required {
		_ = c.MarkFlagRequired(name)
	}
}

func names[T any](list []T, name func(T) string) []string {
	out := make([]string, 0, len(list))
	for _, v := range list {
		out = append(out, name(v))
	}
	return out
}

// Exemptions offers the exemptions of the project that have not ended.
func (e *Env) Exemptions(status apiclient.PolicyExemptionStatus) Completion {
	return e.Offer(func(ctx context.Context, s Server, project string) ([]string, error) {
		list, err := s.Exemptions(ctx, apiclient.ListExemptionsParams{Project: project, Status: status})
		return names(list, func(x apiclient.PolicyExemption) string {
			return fmt.Sprintf("%s\t%s%s %s", x.ID, x.Policy, x.Set, x.Status)
		}), err
	})
}

// Policies offers the policies that are in force on the server.
func (e *Env) Policies() Completion {
	return e.Offer(func(ctx context.Context, s Server, project string) ([]string, error) {
		list, err := s.Policies(ctx, apiclient.ListPoliciesParams{Project: project, Limit: 200})
		return names(list, func(p apiclient.PolicyInForce) string { return p.ID + "\t" + p.Title }), err
	})
}

// PolicySets offers the sources of policies on the server.
func (e *Env) PolicySets() Completion {
	return e.Offer(func(ctx context.Context, s Server, project string) ([]string, error) {
		st, err := s.PolicyState(ctx, project)
		return names(st.Sources, func(one apiclient.PolicySource) string { return one.Name }), err
	})
}

// Assignments offers the levels that the project and the tenant assigned.
func (e *Env) Assignments() Completion {
	return e.Offer(func(ctx context.Context, s Server, project string) ([]string, error) {
		list, err := s.Assignments(ctx, project)
		return names(list.Items, func(a apiclient.PolicySetting) string {
			return fmt.Sprintf("%s\t%s is %s", a.ID, a.Policies, a.Level)
		}), err
	})
}

// CostImports offers the imports of costs.
func (e *Env) CostImports() Completion {
	return e.OfferAtServer(func(ctx context.Context, s Server) ([]string, error) {
		list, err := s.CostImports(ctx)
		return names(list, func(i apiclient.FocusImport) string { return i.ID }), err
	})
}

// Criteria offers the criteria of the assessment that are asked.
func (e *Env) Criteria() Completion {
	return e.OfferAtServer(func(ctx context.Context, s Server) ([]string, error) {
		a, err := s.Maturity(ctx)
		var all []string
		for _, c := range a.Capabilities {
			for _, p := range c.Criteria {
				if p.Source == "answer" {
					all = append(all, p.ID)
				}
			}
		}
		return all, err
	})
}

// Findings offers the findings of leaked values that are open.
func (e *Env) Findings() Completion {
	return e.OfferAtServer(func(ctx context.Context, s Server) ([]string, error) {
		page, err := s.Leaks(ctx, apiclient.ListLeaksParams{State: apiclient.LeakStateOpen, Limit: 200})
		return names(page.Items, func(l apiclient.Leak) string { return l.ID + "\t" + l.Rule + " in " + l.Where }), err
	})
}
