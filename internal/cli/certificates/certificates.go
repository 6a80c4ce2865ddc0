// Package certificates has the commands terrace certificate … and terrace ca ….
//
// It owns flags, tables, and keys that it makes for who asks for a certificate without a
// request. Who may have which certificate is the server's to say.
package certificates

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// mostPEM is how large a file with certificates or a request may be, as the server has it.
const mostPEM = 64 << 10

// Command returns terrace certificate.
func Command(e *command.Env) *cobra.Command {
	return command.Group("certificate", "The inventory of certificates", list(e), show(e), issue(e), renew(e), revoke(e), vaultCommand(e))
}

func kinds() []apiclient.PkiHolderKind {
	return []apiclient.PkiHolderKind{
		apiclient.PkiHolderKindRoute, apiclient.PkiHolderKindService, apiclient.PkiHolderKindDatabase, apiclient.PkiHolderKindWorkload, apiclient.PkiHolderKindAcme,
		apiclient.PkiHolderKindDomain, apiclient.PkiHolderKindVault, apiclient.PkiHolderKindPlatform,
	}
}

func states() []apiclient.PkiEntryState {
	return []apiclient.PkiEntryState{apiclient.PkiEntryStateValid, apiclient.PkiEntryStateRevoked, apiclient.PkiEntryStateExpired}
}

func reasons() []apiclient.PkiReason {
	return []apiclient.PkiReason{
		apiclient.PkiReasonUnspecified, apiclient.PkiReasonKeyCompromise, apiclient.PkiReasonAffiliationChanged, apiclient.PkiReasonSuperseded,
		apiclient.PkiReasonCessationOfOperation, apiclient.PkiReasonPrivilegeWithdrawn,
	}
}

func list(e *command.Env) *cobra.Command {
	var p apiclient.ListCertificatesParams
	c := &cobra.Command{
		Use: "list", Short: "List the certificates that you see, that which ends first first", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace certificate list --state valid --ends-before 30d\n  terrace certificate list --kind workload -o json\n  terrace certificate list --name orders.dev.shop.localhost",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			found, err := s.Certificates(ctx, p)
			return command.PrintFound(e, found, err, []string{"CERTIFICATE", "KIND", "HOLDER", "NAMES", "ISSUER", "STATE", "ENDS"}, func(c apiclient.CertificateEntry) []string {
				return []string{c.ID, string(c.Kind), holder(c), strings.Join(c.Names, " "), c.IssuerName, string(c.State), output.Stamp(c.NotAfter)}
			})
		}),
	}
	command.Choice(c, &p.Kind, "kind", "", "only those of holders of this kind", kinds()...)
	command.Choice(c, &p.State, "state", "", "only those that stand so", states()...)
	c.Flags().StringVar(&p.Name, "name", "", "only those of a holder of this name, or whose first name it is")
	c.Flags().StringVar(&p.Issuer, "issuer", "", "only those of the authority with this id, see terrace ca list")
	e.Coming(c, &p.Before, "ends-before", "only those that end before")
	return c
}

// holder says whose a certificate is.
func holder(c apiclient.CertificateEntry) string {
	if c.Project == "" {
		return c.Name
	}
	return strings.TrimSuffix(c.Project+"/"+c.Stage, "/") + "/" + c.Name
}

// one makes a command about one certificate: CERTIFICATE.
func one(e *command.Env, c *cobra.Command, run func(ctx context.Context, s command.Server, id string) error) *cobra.Command {
	c.Args = cobra.ExactArgs(1)
	c.RunE = e.AtServer(func(ctx context.Context, s command.Server, args []string) error { return run(ctx, s, args[0]) })
	return c
}

func show(e *command.Env) *cobra.Command {
	var pem bool
	c := one(e, &cobra.Command{
		Use: "show CERTIFICATE", Short: "Show a certificate of the inventory",
		Example: "  terrace certificate show 5c1f0e\n  terrace certificate show 5c1f0e --pem | openssl x509 -noout -text",
	}, func(ctx context.Context, s command.Server, id string) error {
		c, err := s.Certificate(ctx, id)
		if err != nil {
			return err
		}
		return e.Print(c, func(w io.Writer) {
			if pem {
				_, _ = io.WriteString(w, c.Pem)
				return
			}
			showEntry(w, c)
		})
	})
	c.Flags().BoolVar(&pem, "pem", false, "only the certificate itself, as PEM")
	return c
}

func showEntry(w io.Writer, c apiclient.CertificateShown) {
	where := strings.Trim(c.Project+"/"+c.Stage, "/")
	pairs := []string{
		"id", c.ID, "serial", c.Serial, "state", string(c.State), "kind", string(c.Kind), "holder", c.Name, "project/stage", where, "names", strings.Join(c.Names, " "),
		"issuer", c.IssuerName, "profile", string(c.Profile), "key", c.KeyAlgorithm, "from", output.Stamp(c.NotBefore), "until", output.Stamp(c.NotAfter),
		"renew", output.Stamp(c.RenewFrom) + " to " + output.Stamp(c.RenewUntil), "fingerprint", c.Fingerprint, "renewed from", c.RenewedFrom, "renewed by", c.RenewedBy,
	}
	if r := c.Revocation; r != nil {
		pairs = append(pairs, "revoked", output.Stamp(r.At)+" by "+r.By+", "+string(r.Reason))
	}
	output.Pairs(w, pairs...)
}

func revoke(e *command.Env) *cobra.Command {
	var cause apiclient.PkiReason
	var why, file string
	c := &cobra.Command{
		Use: "revoke [CERTIFICATE]", Short: "Revoke a certificate",
		Long: "Lists of what was revoked and answers about the status of certificates tell it at once, and the gateway refuses a workload's\n" +
			"certificate within seconds. A certificate that the gateway shows is replaced. With --file it is one that the inventory may\n" +
			"lack, as after the database was restored; that is for operators of the platform.",
		Args:    cobra.MaximumNArgs(1),
		Example: "  terrace certificate revoke 5c1f0e --cause keyCompromise --reason \"the key was in a log\"\n  terrace certificate revoke --file billing.pem --cause superseded",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			revoked, err := revokeOne(ctx, e, s, command.First(args), file, cause, why)
			if err != nil {
				return err
			}
			return e.Print(revoked, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "certificate %s of %s is revoked\n", revoked.ID, holder(revoked))
			})
		}),
	}
	command.Choice(c, &cause, "cause", apiclient.PkiReasonUnspecified, "what is told to who asks for its status", reasons()...)
	c.Flags().StringVar(&why, "reason", "", "why; it is in the audit log")
	c.Flags().StringVar(&file, "file", "", "the `file` with a certificate, as PEM, that the inventory may lack; - is the input")
	return c
}

func lifeOf(life time.Duration) int64 { return int64(life / time.Second) }
