package budget

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// setting is what the flags of set say.
type setting struct {
	tenant          bool
	of              string
	in              apiclient.SetBudgetRequest
	level, unpriced string
	thresholds      []int64
}

func set(e *command.Env) *cobra.Command {
	var o setting
	c := &cobra.Command{
		Use: "set BUDGET", Short: "Make a budget, or change it; what is not named stays", Args: cobra.ExactArgs(1),
		Long: "A budget is of a tenant, a project, a stage or a workload, in any combination, and is for a calendar month in a\n" +
			"time zone. A run that would exceed any budget up its scopes is blocked, needs an override (terrace policy\n" +
			"override RUN --gate budget), or warns. Operators of the platform set one of any tenant with --of: the tenant sees\n" +
			"it, and does not change it. It is of the whole tenant, unless --project names one of it.",
		Example: "  terrace budget set shop --amount 500 --level override\n" +
			"  terrace budget set shop-dev --amount 80 --stage dev --level block --unpriced override --zone Europe/Berlin\n" +
			"  terrace budget set everything --tenant --amount 20000 --currency EUR --thresholds 50,80,100\n" +
			"  terrace budget set contract --of acme --amount 5000 --level block",
		ValidArgsFunction: e.Budgets(),
	}
	f := c.Flags()
	command.Amount(c, &o.in.Amount, "amount", "how much may be spent in a month, such as 500 or 80.25")
	f.StringVar(&o.in.Currency, "currency", "", "its currency (USD)")
	f.BoolVar(&o.tenant, "tenant", false, "of the whole tenant, not of the project")
	ofFlag(c, &o.of)
	e.StageFlag(c, &o.in.Stage, "stage", "of this stage alone", false)
	f.StringVar(&o.in.Workload, "workload", "", "of this workload alone")
	f.StringVar(&o.in.Zone, "zone", "", "the time zone of the month (UTC)")
	f.Int64SliceVar(&o.thresholds, "thresholds", nil, "the `percentages` at which a warning is told (50,80,100)")
	f.StringVar(&o.in.Reason, "reason", "", "why; it is kept in the audit log")
	command.Choice(c, &o.level, "level", "", "what becomes of a run that would exceed it (warn)", "block", "override", "warn")
	command.Choice(c, &o.unpriced, "unpriced", "", "what becomes of a run of which it cannot be told what it adds (as the server is configured)", "block", "override", "warn")
	c.RunE = func(c *cobra.Command, args []string) error { return o.run(c, e, args[0]) }
	return c
}

func (o *setting) run(c *cobra.Command, e *command.Env, name string) error {
	s, err := e.Server()
	if err != nil {
		return err
	}
	old, err := s.Budget(c.Context(), o.of, name)
	switch {
	case err == nil:
		o.keep(c.Flags(), old)
	case !kernel.Is(err, kernel.NotFound):
		return err
	}
	if o.of != "" && c.Flags().Changed("project") {
		o.in.Project = s.Identity.Project
	}
	if !o.tenant && o.of == "" && o.in.Project == "" && (err != nil || c.Flags().Changed("project")) {
		if s, o.in.Project, err = e.Project(c.Context()); err != nil {
			return err
		}
	}
	return o.send(c.Context(), e, s, name)
}

// keep takes what no flag names from the budget as it is.
func (o *setting) keep(f *pflag.FlagSet, old apiclient.BudgetStatus) {
	for name, to := range map[string]struct {
		to  *string
		old string
	}{
		"amount": {&o.in.Amount, old.Amount}, "currency": {&o.in.Currency, old.Currency}, "stage": {&o.in.Stage, old.Stage}, "workload": {&o.in.Workload, old.Workload},
		"zone": {&o.in.Zone, old.Zone}, "level": {&o.level, string(old.Level)}, "unpriced": {&o.unpriced, string(old.Unpriced)},
	} {
		if !f.Changed(name) {
			*to.to = to.old
		}
	}
	if !f.Changed("thresholds") {
		o.thresholds = old.Thresholds
	}
	if !f.Changed("project") && !o.tenant {
		o.in.Project = old.Project
	}
}

func (o *setting) send(ctx context.Context, e *command.Env, s command.Server, name string) error {
	if o.in.Amount == "" {
		return exit.Wrong("there is no budget %s yet, and no amount is given", name).WithFix("say how much may be spent in a month with --amount")
	}
	o.in.Thresholds = o.thresholds
	if o.level != "" {
		o.in.Level = new(apiclient.BudgetLevel(o.level))
	}
	if o.unpriced != "" {
		o.in.Unpriced = new(apiclient.BudgetLevel(o.unpriced))
	}
	b, err := s.SetBudget(ctx, o.of, name, o.in)
	if err != nil {
		return err
	}
	if b.Workload != "" && b.Project != "" && o.of == "" {
		if _, err := s.Workload(ctx, b.Project, b.Workload); kernel.Is(err, kernel.NotFound) {
			e.Say("note: there is no workload %s in %s yet; the budget bounds it from its first run on", b.Workload, b.Project)
		}
	}
	return e.Print(b, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "the budget %s is %s a month for %s, level %s; see terrace budget show %s\n", b.Name, money(b.Amount, b.Currency), scope(b.Project, b.Stage, b.Workload), b.Level, b.Name)
		for _, warning := range b.Warnings {
			_, _ = fmt.Fprintf(w, "warning: %s\n", warning)
		}
	})
}
