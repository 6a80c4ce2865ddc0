// Package domains has the commands terrace domain ….
//
// It owns flags, tables, and how a certificate and its key are read. Whose a domain is, and
// what a certificate has to be, is the server's.
package domains

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Command returns terrace domain.
func Command(e *command.Env) *cobra.Command {
	return command.Group("domain", "Domains of the tenant, at and below which routes may have hosts", add(e), verify(e), list(e), show(e), approve(e), revoke(e), remove(e), certificate(e))
}

func add(e *command.Env) *cobra.Command {
	var in apiclient.AddGatewayDomainRequest
	var tenant bool
	c := &cobra.Command{
		Use: "add DOMAIN", Short: "Claim a domain, and see which record proves it", Args: cobra.ExactArgs(1),
		Long: "A claim alone opens nothing. Add the TXT record that is shown where the domain has its DNS, then run terrace domain\n" +
			"verify. The domain is for routes of the project, with --stage of that stage alone, and with --tenant of every project.\n" +
			"The closest domain of a host counts.",
		Example: "  terrace domain add example.com --tenant\n  terrace domain add api.example.com --project shop --stage prod\n  terrace domain add example.com -o json",
		RunE: e.InScope(&tenant, func(ctx context.Context, s command.Server, project string, args []string) error {
			in.Name, in.Project = args[0], project
			d, err := s.AddGatewayDomain(ctx, in)
			if err != nil {
				return err
			}
			return e.Print(d, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s is claimed for %s. Add this record to its DNS, then run: terrace domain verify %[1]s\n", d.Name, boundTo(d))
				output.Pairs(w, "name", d.Record.Name, "type", d.Record.Type, "value", d.Record.Value)
			})
		}),
	}
	c.Flags().BoolVar(&tenant, "tenant", false, "for routes of every project")
	e.StageFlag(c, &in.Stage, "stage", "for routes of this stage alone", false)
	return c
}

// boundTo says for whose routes a domain is.
func boundTo(d apiclient.GatewayDomain) string {
	switch {
	case d.Project != "" && d.Stage != "":
		return d.Project + "/" + d.Stage
	case d.Project != "":
		return "project " + d.Project
	case d.Stage != "":
		return "stage " + d.Stage
	}
	return "every project"
}

// one makes a command about one domain: DOMAIN.
func one(e *command.Env, c *cobra.Command, run func(ctx context.Context, s command.Server, name string) error) *cobra.Command {
	c.Args = cobra.ExactArgs(1)
	c.RunE = e.AtServer(func(ctx context.Context, s command.Server, args []string) error { return run(ctx, s, args[0]) })
	c.ValidArgsFunction = e.Offer(func(ctx context.Context, s command.Server, _ string) ([]string, error) {
		all, err := s.GatewayDomains(ctx)
		names := make([]string, 0, len(all))
		for _, d := range all {
			names = append(names, d.Name)
		}
		return names, err
	})
	return c
}

func verify(e *command.Env) *cobra.Command {
	return one(e, &cobra.Command{
		Use: "verify DOMAIN", Short: "Have the server look for the record that proves a domain",
		Long:    "Of a domain that is proven it tells whether the record is there still; it stays proven where not.",
		Example: "  terrace domain verify api.example.com",
	}, func(ctx context.Context, s command.Server, name string) error {
		d, err := s.VerifyGatewayDomain(ctx, name)
		if err != nil {
			return err
		}
		return e.Print(d, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "%s is proven: routes of %s may have hosts at and below it\n", d.Name, boundTo(d))
		})
	})
}

func list(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the domains that you see", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace domain list\n  terrace domain list -o json",
		Long:    "With --project it is those of the project, and those of every project.",
		RunE: func(c *cobra.Command, args []string) error {
			return e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
				all, err := s.GatewayDomains(ctx)
				if err == nil && c.Flags().Changed("project") {
					all, err = ofProject(ctx, s, all)
				}
				return command.PrintFound(e, all, err, []string{"DOMAIN", "FOR", "STATE", "PROVEN BY", "CERTIFICATE", "AGE"}, func(d apiclient.GatewayDomain) []string {
					by := ""
					if d.Proof != nil {
						by = string(d.Proof.Method)
					}
					if d.Proof != nil && d.Proof.MissingTold {
						by += ", record MISSING"
					}
					return []string{d.Name, boundTo(d), string(d.State), by, standing(e.Clock.Now(), d), output.Age(e.Clock.Now(), d.CreatedAt)}
				})
			})(c, args)
		},
	}
}

// ofProject are the domains that routes of the named project may use; that there is none of
// its name is an error.
func ofProject(ctx context.Context, s command.Server, all []apiclient.GatewayDomain) ([]apiclient.GatewayDomain, error) {
	if _, err := s.Project(ctx, s.Identity.Project); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(d apiclient.GatewayDomain) bool { return d.Project != "" && d.Project != s.Identity.Project }), nil
}

// soon is when a certificate is said to end soon.
const soon = 30 * 24 * time.Hour

// standing says what a domain's certificate is, and until when.
func standing(now time.Time, d apiclient.GatewayDomain) string {
	c := d.Certificate
	switch {
	case c == nil && d.State != apiclient.DomainStateVerified:
		return ""
	case d.State != apiclient.DomainStateVerified:
		return "not shown before it is proven"
	case c == nil && d.Wider != "":
		return "that of " + d.Wider
	case c == nil:
		return "Terrace's own"
	case now.After(c.NotAfter):
		return "EXPIRED on " + output.Stamp(c.NotAfter)
	case now.Add(soon).After(c.NotAfter):
		return "expires soon, on " + output.Stamp(c.NotAfter)
	}
	return "until " + output.Stamp(c.NotAfter)
}

func show(e *command.Env) *cobra.Command {
	var authority bool
	c := one(e, &cobra.Command{
		Use: "show DOMAIN", Short: "Show a domain, what proves it, and its certificate",
		Long:    "With --authority it is the root, as PEM, that certifies the hosts of the domain that no certificate of yours is for: clients\nthat trust it trust it for this domain alone.",
		Example: "  terrace domain show api.example.com\n  terrace domain show api.example.com --authority > root.pem",
	}, func(ctx context.Context, s command.Server, name string) error {
		d, err := s.GatewayDomain(ctx, name)
		if err != nil {
			return err
		}
		if authority && d.Authority == "" {
			return kernel.Errorf(kernel.Refused, "domain %s is not proven yet, and has no authority before", d.Name).WithFix("prove it: terrace domain verify %s", d.Name)
		}
		return e.Print(d, func(w io.Writer) {
			if authority {
				_, _ = io.WriteString(w, d.Authority)
				return
			}
			showDomain(w, e.Clock.Now(), d)
		})
	})
	c.Flags().BoolVar(&authority, "authority", false, "only the root of the domain's own authority, as PEM")
	return c
}

func showDomain(w io.Writer, now time.Time, shown apiclient.GatewayDomainShown) {
	d := apiclient.GatewayDomain{
		Project: shown.Project, Stage: shown.Stage, Name: shown.Name, State: shown.State, Record: shown.Record, Proof: shown.Proof, Revocation: shown.Revocation, Wider: shown.Wider, Warnings: shown.Warnings, Certificate: shown.Certificate, CreatedAt: shown.CreatedAt, CreatedBy: shown.CreatedBy,
	}
	pairs := []string{"domain", d.Name, "for", boundTo(d), "state", string(d.State), "claimed", output.Stamp(d.CreatedAt) + " by " + cmp.Or(d.CreatedBy, "-")}
	for _, warning := range d.Warnings {
		pairs = append(pairs, "WARNING", warning)
	}
	if r := d.Revocation; r != nil {
		pairs = append(pairs, "taken back", output.Stamp(r.At)+" by "+cmp.Or(r.By, "-")+": "+r.Reason)
	}
	if d.Proof != nil {
		pairs = append(pairs, "proven", output.Stamp(d.Proof.At)+" by "+cmp.Or(d.Proof.By, "-")+" ("+string(d.Proof.Method)+")")
	}
	pairs = append(pairs, "record", d.Record.Name+" "+d.Record.Type, "value", d.Record.Value, "certificate", standing(now, d))
	if c := d.Certificate; c != nil {
		pairs = append(pairs, "names", strings.Join(c.Names, ", "), "issuer", c.Issuer, "serial", c.Serial, "key", c.KeyType, "sha256", c.Fingerprint, "valid", output.Stamp(c.NotBefore)+" to "+output.Stamp(c.NotAfter), "set", output.Stamp(c.SetAt)+" by "+cmp.Or(c.SetBy, "-"))
	}
	output.Pairs(w, append(pairs, "hosts", strings.Join(shown.Hosts, "\n"))...)
}

// ofTenant adds --of, whose domain it is.
func ofTenant(e *command.Env, c *cobra.Command, to *string, usage string) {
	c.Flags().StringVar(to, "of", "", usage)
	_ = c.RegisterFlagCompletionFunc("of", command.ForFlag(e.Offer(func(ctx context.Context, s command.Server, _ string) ([]string, error) { // the flag was made above
		all, err := s.Tenants(ctx)
		names := make([]string, 0, len(all))
		for _, t := range all {
			names = append(names, t.Name)
		}
		return names, err
	})))
}

func approve(e *command.Env) *cobra.Command {
	var in apiclient.ApproveGatewayDomainRequest
	c := one(e, &cobra.Command{
		Use: "approve DOMAIN --reason TEXT", Short: "Have a domain proven on your word, as an operator of the platform",
		Long:    "It is for domains whose DNS the platform cannot see. What DNS would prove is yours to find out.",
		Example: "  terrace domain approve api.corp.internal --of acme --reason 'ticket 4711: shown by the network team'",
	}, func(ctx context.Context, s command.Server, name string) error {
		d, err := s.ApproveGatewayDomain(ctx, name, in)
		if err != nil {
			return err
		}
		return e.Print(d, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s is proven, for %s\n", d.Name, boundTo(d)) })
	})
	ofTenant(e, c, &in.Tenant, "the `tenant` that claims it; your own by default")
	command.Reason(c, &in.Reason)
	return c
}

func revoke(e *command.Env) *cobra.Command {
	var in apiclient.RevokeGatewayDomainRequest
	c := one(e, &cobra.Command{
		Use: "revoke DOMAIN --reason TEXT", Short: "Take back the proof of a domain, as an operator of the platform",
		Long: "Hosts at and below it are served no more, also where routes have them; others may prove the domain and have them. The\n" +
			"tenant reads the reason, and may prove the domain again with another record.",
		Example: "  terrace domain revoke api.corp.internal --of acme --reason 'ticket 4712: it was sold'",
	}, func(ctx context.Context, s command.Server, name string) error {
		d, err := s.RevokeGatewayDomain(ctx, name, in)
		if err != nil {
			return err
		}
		return e.Print(d, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "the proof of %s is taken back: its hosts are served no more\n", d.Name)
		})
	})
	ofTenant(e, c, &in.Tenant, "the `tenant` that has it; your own by default")
	command.Reason(c, &in.Reason)
	return c
}

func remove(e *command.Env) *cobra.Command {
	var yes bool
	c := one(e, &cobra.Command{
		Use: "remove DOMAIN", Short: "Give up a domain that no route uses, with its certificate", Aliases: []string{"rm"},
		Long:    "Where routes have hosts that no other domain of yours takes in, it is refused with their names. Hosts that another one\ntakes in have its certificate then; they are named before.",
		Example: "  terrace domain remove api.example.com\n  terrace domain remove api.example.com --yes",
	}, func(ctx context.Context, s command.Server, name string) error {
		d, err := s.GatewayDomain(ctx, name)
		if err != nil {
			return err
		}
		if err := e.Confirm(yes, "Give up domain "+d.Name+losing(d)+"?"); err != nil {
			return err
		}
		if err := s.RemoveGatewayDomain(ctx, name); err != nil {
			return err
		}
		return e.Print(map[string]string{"removed": name}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "domain %s removed\n", name) })
	})
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

// losing says what is lost with a domain, or with its certificate.
func losing(d apiclient.GatewayDomainShown) string {
	what := ""
	if c := d.Certificate; c != nil {
		what = " with its certificate for " + strings.Join(c.Names, ", ")
	}
	if len(d.Hosts) > 0 {
		what += ", which certifies these hosts: " + strings.Join(d.Hosts, ", ")
	}
	return what
}
