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

// vaultCommand returns terrace certificate vault.
func vaultCommand(e *command.Env) *cobra.Command {
	return command.Group("vault", "Certificates in the Azure Key Vault of a stage", listVault(e), issueVault(e), copyVault(e), followVault(e), runVault(e), removeVault(e))
}

func listVault(e *command.Env) *cobra.Command {
	var stage string
	c := &cobra.Command{
		Use: "list", Short: "List the certificates that a stage's key vault is given, or that are taken from it", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Long:    "What is in-step is the same on both sides. What has failed is tried again, and what is in conflict waits for somebody to\ndecide; both say why, and what to do.",
		Example: "  terrace certificate vault list --stage prod\n  terrace certificate vault list --stage prod -o json",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			all, err := s.VaultCertificates(ctx, project, stage)
			if err != nil {
				return err
			}
			return e.Print(all, func(w io.Writer) { writeVault(w, all) })
		}),
	}
	e.StageFlag(c, &stage, "stage", "the stage", true)
	return c
}

func writeVault(w io.Writer, all []apiclient.VaultCertificate) {
	output.List(w, all, []string{"NAME", "WAY", "FOR", "STATE", "SERIAL", "ENDS", "VAULT", "REASON"}, func(c apiclient.VaultCertificate) []string {
		end := ""
		if c.NotAfter != nil {
			end = output.Stamp(*c.NotAfter)
		}
		return []string{c.Name, string(c.Way), strings.Join(append(c.Hosts, c.Domain), " "), string(c.State), c.Serial, end, c.Vault, c.Reason}
	})
	for _, c := range all {
		if c.Fix != "" {
			_, _ = fmt.Fprintf(w, "\n%s: %s\n", c.Name, c.Fix)
		}
	}
}

// setVault makes a command that keeps NAME in a way.
func setVault(e *command.Env, c *cobra.Command, in *apiclient.SetVaultCertificateRequest, complete func()) *cobra.Command {
	var stage string
	c.Args = cobra.ExactArgs(1)
	c.RunE = e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
		complete()
		set, err := s.SetVaultCertificate(ctx, project, stage, args[0], *in)
		if err != nil {
			return err
		}
		return e.Print(set, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "certificate %s of %s is set; see how far it is with: terrace certificate vault list --stage %s\n", set.Name, set.Vault, set.Stage)
		})
	})
	e.StageFlag(c, &stage, "stage", "the stage whose key vault it is", true)
	return c
}

func issueVault(e *command.Env) *cobra.Command {
	in := apiclient.SetVaultCertificateRequest{Way: apiclient.VaultcertWayIssue}
	var life time.Duration
	c := setVault(e, &cobra.Command{
		Use: "issue NAME --host HOST", Short: "Have a key vault hold a certificate of Terrace's authority, renewed by itself",
		Long: "The vault makes the key, which Terrace never has, and Terrace's authority certifies it, anew at two thirds of its life. The\n" +
			"vault is that of the stage's secrets (terrace secret sync), whose identity needs the role Key Vault Certificates Officer.",
		Example: "  terrace certificate vault issue orders --stage prod --host orders.prod.shop.localhost --life 90d",
	}, &in, func() {
		if life > 0 {
			in.Life = life.String()
		}
	})
	c.Flags().StringSliceVar(&in.Hosts, "host", nil, "a name that it is for; may be given several times")
	command.DurationVar(c.Flags(), &life, "life", 0, "how long each is valid, from 1h to 90d, 30d unless given")
	_ = c.MarkFlagRequired("host") // it is there
	return c
}

func copyVault(e *command.Env) *cobra.Command {
	in := apiclient.SetVaultCertificateRequest{Way: apiclient.VaultcertWayCopy}
	return ofDomain(setVault(e, &cobra.Command{
		Use: "copy NAME --domain DOMAIN", Short: "Keep a domain's own certificate in a key vault, with its key",
		Long:    "Each that the domain is given is imported anew. Who may read secrets of the vault can read its key there.",
		Example: "  terrace certificate vault copy shop --stage prod --domain shop.example.com",
	}, &in, func() {}), &in)
}

func followVault(e *command.Env) *cobra.Command {
	in := apiclient.SetVaultCertificateRequest{Way: apiclient.VaultcertWayFollow}
	return ofDomain(setVault(e, &cobra.Command{
		Use: "follow NAME --domain DOMAIN", Short: "Have the gateway show a certificate of a key vault on the hosts of a domain",
		Long:    "Each that comes in its place, as when the vault renews it, is taken within minutes. Its key has to be exportable.",
		Example: "  terrace certificate vault follow shop --stage prod --domain shop.example.com",
	}, &in, func() {}), &in)
}

func ofDomain(c *cobra.Command, in *apiclient.SetVaultCertificateRequest) *cobra.Command {
	c.Flags().StringVar(&in.Domain, "domain", "", "the domain, which is proven")
	_ = c.MarkFlagRequired("domain") // it is there
	return c
}

func removeVault(e *command.Env) *cobra.Command {
	var stage string
	c := &cobra.Command{
		Use: "remove NAME", Short: "Keep a certificate in a key vault no more; both sides keep what they have", Aliases: []string{"rm"}, Args: cobra.ExactArgs(1),
		Example: "  terrace certificate vault remove shop --stage prod",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			if err := s.RemoveVaultCertificate(ctx, project, stage, args[0]); err != nil {
				return err
			}
			return e.Print(map[string]string{"certificate": args[0], "stage": stage}, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "certificate %s is kept in the key vault of %s no more; both sides keep what they have\n", args[0], stage)
			})
		}),
	}
	e.StageFlag(c, &stage, "stage", "the stage", true)
	return c
}
