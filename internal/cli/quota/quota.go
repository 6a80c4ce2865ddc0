// Package quota has the commands terrace quota show and set.
//
// It owns their flags and tables. Nothing is bounded here.
package quota

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/access/quota/bound"
	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// Command returns terrace quota.
func Command(e *command.Env) *cobra.Command {
	return command.Group("quota", "Show and set how much tenants and projects may have and do", show(e), set(e))
}

// whose returns the project that the command line names, "" for the whole tenant: the
// one of the context is not meant.
func whose(c *cobra.Command, s command.Server) string {
	if c.Flags().Changed("project") {
		return s.Identity.Project
	}
	return ""
}

func tenantFlag(c *cobra.Command, to *string) {
	c.Flags().StringVar(to, "tenant", "", "of this tenant, for operators of the platform; your own unless given")
}

func show(e *command.Env) *cobra.Command {
	var of apiclient.GetQuotasParams
	c := &cobra.Command{
		Use: "show", Short: "Show what the tenant, or a project, may have, and has", Args: cobra.NoArgs,
		Long: "With --project the quotas of that project are shown, which its tenant's admins set within the tenant's own; else\n" +
			"those of the tenant, which operators of the platform set. What nobody has set is as the server is configured.",
		Example: "  terrace quota show\n  terrace quota show --project shop -o json",
	}
	tenantFlag(c, &of.Tenant)
	c.RunE = func(c *cobra.Command, _ []string) error {
		s, err := e.Server()
		if err != nil {
			return err
		}
		of.Project = whose(c, s)
		q, err := s.Quotas(c.Context(), of)
		if err != nil {
			return err
		}
		return e.Print(q, func(w io.Writer) { write(w, q) })
	}
	return c
}

func write(w io.Writer, q apiclient.Quotas) {
	output.List(w, q.Quotas, []string{"QUOTA", "LIMIT", "USED", "OF IT", "FROM", "SET BY"}, func(one apiclient.Quota) []string {
		share := "-"
		if one.Percent >= 0 {
			share = fmt.Sprintf("%d %%", one.Percent)
		}
		return []string{string(one.Name), amount(one.Name, one.Limit, "unlimited"), amount(one.Name, one.Used, "-"), share, string(one.Origin), one.SetBy}
	})
}

func amount(name apiclient.BoundName, n int64, none string) string {
	switch {
	case n < 0:
		return none
	case string(name) == string(bound.Storage):
		return size(n)
	default:
		return fmt.Sprint(n)
	}
}

// size writes bytes in the greatest unit of which there is one, as set takes them.
func size(n int64) string {
	units, of := []string{"B", "KiB", "MiB", "GiB", "TiB"}, 0
	left := float64(n)
	for ; left >= 1024 && of < len(units)-1; of++ {
		left /= 1024
	}
	return strconv.FormatFloat(math.Round(left*10)/10, 'f', -1, 64) + units[of]
}

func set(e *command.Env) *cobra.Command {
	var of apiclient.SetQuotasParams
	var reason string
	c := &cobra.Command{
		Use: "set QUOTA=LIMIT…", Short: "Set what a tenant, or a project of it, may have", Args: cobra.MinimumNArgs(1),
		Long: "A limit is a whole number, or unlimited; that of storage may have a unit, such as 50GiB. QUOTA=default has it\n" +
			"inherited again. What there is stays, also where it is more than the new limit. Quotas are\n" +
			bound.Listed(bound.Names()[:8]) + ",\n" + bound.Listed(bound.Names()[8:]) + ".",
		Example: "  terrace quota set stacks=50 storage=20GiB --tenant acme --reason \"the contract of May\"\n" +
			"  terrace quota set concurrent-runs=2 --project shop\n  terrace quota set stacks=default --project shop",
		ValidArgsFunction: complete,
	}
	tenantFlag(c, &of.Tenant)
	c.Flags().StringVar(&reason, "reason", "", "why, for the audit log")
	c.RunE = func(c *cobra.Command, args []string) error {
		in, err := parse(args)
		if err != nil {
			return err
		}
		in.Reason = reason
		s, err := e.Server()
		if err != nil {
			return err
		}
		of.Project = whose(c, s)
		return put(c.Context(), e, s, of, in)
	}
	return c
}

func put(ctx context.Context, e *command.Env, s command.Server, of apiclient.SetQuotasParams, in apiclient.SetQuotasRequest) error {
	q, err := s.SetQuotas(ctx, of, in)
	if err != nil {
		return err
	}
	return e.Print(q, func(w io.Writer) { write(w, q) })
}

// parse reads what is to be set, and what is to be inherited.
func parse(args []string) (in apiclient.SetQuotasRequest, err error) {
	var given []string
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		if value != "default" {
			given = append(given, arg)
			continue
		}
		if !slices.Contains(bound.Names(), bound.Name(name)) {
			return in, &exit.UsageError{Err: bound.Unknown(name)}
		}
		in.Unset = append(in.Unset, apiclient.BoundName(name))
	}
	limits, err := bound.Parse(given)
	if err != nil {
		return in, &exit.UsageError{Err: err}
	}
	if len(limits) > 0 {
		in.Limits = map[string]int64{}
	}
	for name, n := range limits {
		in.Limits[string(name)] = n
	}
	return in, nil
}

func complete(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	offered := make([]string, 0, len(bound.Names()))
	for _, name := range bound.Names() {
		offered = append(offered, string(name)+"=")
	}
	return offered, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
