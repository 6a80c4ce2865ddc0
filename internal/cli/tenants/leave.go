package tenants

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

func offboard(e *command.Env) *cobra.Command {
	var in apiclient.OffboardTenantRequest
	var keep time.Duration
	var now bool
	c := &cobra.Command{
		Use: "offboard NAME", Short: "End a tenant: close it, keep an archive, destroy its keys and remove its data", Args: cobra.ExactArgs(1),
		ValidArgsFunction: e.Tenants(),
		Long: "The tenant is closed at once. When its time is over, an archive of what it has is kept, its keys are\n" +
			"destroyed, so that no backup opens what was sealed for it, and its rows, objects, logs and repositories are\n" +
			"removed; terrace tenant show tells how far that is. Until the keys are destroyed it can be called off. Its name\n" +
			"is nobody's again. It is refused while something of it is deployed.\n\n" +
			"The archive is encrypted whole for the recipients that admins of the tenant have named with terrace tenant recipients\n" +
			"set: you keep it for them, and cannot read it. They say what is left out of it, too. Where none are named it is refused,\n" +
			"but for --without-export, which is refused where some are.",
		Example: "  terrace tenant offboard acme --confirm acme --reason 'the contract has ended'\n" +
			"  terrace tenant offboard acme --confirm acme --reason 'a trial' --now --without-export",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			if in.Confirm != args[0] {
				return exit.Wrong("all that there is of the tenant %s will be removed", args[0]).WithFix("say its name once more with --confirm %s", args[0])
			}
			switch {
			case now:
				keep = 0
			case keep%time.Hour != 0:
				return exit.Wrong("--keep is counted in whole hours")
			}
			in.KeepHours = int64(keep / time.Hour)
			t, err := s.OffboardTenant(ctx, args[0], in)
			if err != nil {
				return err
			}
			return e.Print(t, func(w io.Writer) { tell(w, t) })
		}),
	}
	f := c.Flags()
	f.StringVar(&in.Confirm, "confirm", "", "the name of the tenant once more")
	f.StringVar(&in.Reason, "reason", "", "why; it is kept in the audit log, and told to those who are kept out")
	_ = c.MarkFlagRequired("reason") // the flag is there
	command.DurationVar(f, &keep, "keep", 30*24*time.Hour, "how long its data are kept")
	f.BoolVar(&now, "now", false, "keep its data no longer")
	f.BoolVar(&in.Abandon, "abandon", false, "leave what is deployed on other targets than the local one where it is")
	f.BoolVar(&in.WithoutExport, "without-export", false, "make no archive: all that it has is lost; refused where its admins have named recipients")
	c.MarkFlagsMutuallyExclusive("keep", "now")
	return c
}

func stay(e *command.Env) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "keep NAME", Short: "Call off that a tenant leaves; it is suspended then", Args: cobra.ExactArgs(1),
		ValidArgsFunction: e.Tenants(),
		Example:           "  terrace tenant keep acme --reason 'they stay' && terrace tenant resume acme --reason 'they stay'",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			t, err := s.KeepTenant(ctx, args[0], reason)
			if err != nil {
				return err
			}
			return e.Print(t, func(w io.Writer) { tell(w, t) })
		}),
	}
	c.Flags().StringVar(&reason, "reason", "", "why; it is kept in the audit log")
	_ = c.MarkFlagRequired("reason") // the flag is there
	return c
}

func archive(e *command.Env) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "archive NAME", Short: "Fetch the archive that was kept of a tenant that left", Args: cobra.ExactArgs(1),
		ValidArgsFunction: e.Tenants(),
		Long: "It is kept until --remove, and is what terrace tenant export writes, encrypted whole for the recipients that the\n" +
			"tenant's admins had named: hand it on to them.",
		Example: "  terrace tenant archive acme --file acme.zip\n  terrace tenant archive acme --remove",
	}
	var remove bool
	c.RunE = e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
		if remove {
			if err := s.RemoveTenantArchive(ctx, args[0]); err != nil {
				return err
			}
			return e.Print(map[string]string{"tenant": args[0]}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "the archive of %s is removed\n", args[0]) })
		}
		from, err := s.TenantArchive(ctx, args[0])
		if err != nil {
			return err
		}
		defer func() { _ = from.Close() }() // it was only read
		x, err := keep(ctx, from, file)
		if err != nil {
			return err
		}
		return e.Print(x, func(w io.Writer) { tellExported(w, args[0], x) })
	})
	c.Flags().StringVarP(&file, "file", "f", "", "the file to write; there must be none of that name")
	c.Flags().BoolVar(&remove, "remove", false, "remove it from the server")
	c.MarkFlagsOneRequired("file", "remove")
	c.MarkFlagsMutuallyExclusive("file", "remove")
	return c
}

// tellDeparture says how far a tenant's leaving is.
func tellDeparture(w io.Writer, d apiclient.TenantDeparture) {
	switch d.Step {
	case "wait":
		_, _ = fmt.Fprintf(w, "  its data are removed from %s on\n", output.Stamp(d.At))
	case "done":
		_, _ = fmt.Fprintf(w, "  %d rows and %d objects were removed\n", d.Rows, d.Objects)
	default:
		_, _ = fmt.Fprintf(w, "  it leaves: %s\n", d.Step)
	}
	if d.Problem != "" {
		_, _ = fmt.Fprintf(w, "  what keeps it: %s\n", d.Problem)
	}
	if d.WithoutExport {
		_, _ = fmt.Fprintln(w, "  there is no archive of it: none was wanted")
	}
	if d.Export != "" {
		_, _ = fmt.Fprintf(w, "  its archive has the digest %s (%d bytes)\n", d.Export, d.ExportSize)
	}
	if d.AuditHash != "" {
		_, _ = fmt.Fprintf(w, "  its audit log ended at %d with %s\n", d.AuditSeq, d.AuditHash)
	}
}
