package certificates

import (
	"context"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// Authorities returns terrace ca.
func Authorities(e *command.Env) *cobra.Command {
	return command.Group("ca", "The authorities that sign certificates, for who runs the platform", listAuthorities(e), roots(e), rotate(e), activate(e), abort(e), request(e), install(e))
}

// changing makes a command that shows the authorities as they are then.
func changing(e *command.Env, c *cobra.Command, run func(ctx context.Context, s command.Server) ([]apiclient.CertificateAuthority, error)) *cobra.Command {
	c.Args = cobra.NoArgs
	c.RunE = e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
		found, err := run(ctx, s)
		return command.PrintFound(e, found, err, []string{"AUTHORITY", "KIND", "GENERATION", "STATE", "NAME", "SIGNS FROM", "ENDS"}, func(c apiclient.CertificateAuthority) []string {
			return []string{c.ID, string(c.Kind), strconv.FormatInt(c.Generation, 10), string(c.State), c.Name, stamp(c.SignsAt), stamp(c.NotAfter)}
		})
	})
	return c
}

func stamp(t *time.Time) string {
	if t == nil {
		return ""
	}
	return output.Stamp(*t)
}

func listAuthorities(e *command.Env) *cobra.Command {
	return changing(e, &cobra.Command{
		Use: "list", Short: "List the authorities, the newest of each kind first", Aliases: []string{"ls"}, Example: "  terrace ca list\n  terrace ca list -o json",
	}, func(ctx context.Context, s command.Server) ([]apiclient.CertificateAuthority, error) {
		return s.CertificateAuthorities(ctx)
	})
}

func roots(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "roots", Short: "Print the roots that clients should trust, as PEM", Args: cobra.NoArgs,
		Example: "  terrace ca roots > roots.pem",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.CertificateAuthorities(ctx)
			if err != nil {
				return err
			}
			trusted := []apiclient.PkiCAState{apiclient.PkiCAStateNext, apiclient.PkiCAStateActive, apiclient.PkiCAStateFormer}
			all = slices.DeleteFunc(all, func(c apiclient.CertificateAuthority) bool {
				return c.Kind != apiclient.PkiCAKindRoot || !slices.Contains(trusted, c.State)
			})
			return e.Print(all, func(w io.Writer) {
				for _, c := range all {
					_, _ = io.WriteString(w, c.Pem)
				}
			})
		}),
	}
}

// noticeFlags say how the next authority takes its place.
func noticeFlags(c *cobra.Command, notice *time.Duration, without *bool) {
	command.DurationWithin(c.Flags(), notice, "notice", time.Hour, 10*time.Second, 90*24*time.Hour, "how long the next root is trusted before it signs")
	c.Flags().BoolVar(without, "without-cross-signature", false, "go on where the root of now can certify no other: clients that trust it alone fail once the next one signs")
}

func rotate(e *command.Env) *cobra.Command {
	var in apiclient.RotateCertificateAuthorityRequest
	var notice time.Duration
	c := changing(e, &cobra.Command{
		Use: "rotate", Short: "Have the next generation of authorities take over",
		Long: "The next root and its intermediate are trusted from now on beside those of now, and sign after --notice. The root of now\n" +
			"certifies the next intermediate as well, so that clients that have only the one go on, and is retired once all that it\n" +
			"has signed has ended. Until it signs, terrace ca abort takes the next one back.\n" +
			"With --workloads another key signs for workloads instead, at once; with --distrust those before it are refused, too.",
		Example: "  terrace ca rotate --notice 24h\n  terrace ca rotate --workloads --distrust",
	}, func(ctx context.Context, s command.Server) ([]apiclient.CertificateAuthority, error) {
		if !in.Workloads {
			in.NoticeSeconds = lifeOf(notice)
		}
		return s.RotateCertificateAuthority(ctx, in)
	})
	c.Flags().BoolVar(&in.Workloads, "workloads", false, "another key for workloads, in place of another root")
	c.Flags().BoolVar(&in.Distrust, "distrust", false, "refuse certificates of workloads by the keys before")
	noticeFlags(c, &notice, &in.WithoutCrossSignature)
	return c
}

func activate(e *command.Env) *cobra.Command {
	return changing(e, &cobra.Command{
		Use: "activate", Short: "Have the next authority sign from now on", Example: "  terrace ca activate",
	}, func(ctx context.Context, s command.Server) ([]apiclient.CertificateAuthority, error) {
		return s.ActivateCertificateAuthority(ctx)
	})
}

func abort(e *command.Env) *cobra.Command {
	return changing(e, &cobra.Command{
		Use: "abort", Short: "Take the next authority back, or a request that waits", Example: "  terrace ca abort",
	}, func(ctx context.Context, s command.Server) ([]apiclient.CertificateAuthority, error) {
		return s.AbortCertificateAuthority(ctx)
	})
}

func request(e *command.Env) *cobra.Command {
	var in apiclient.RequestCertificateAuthorityRequest
	c := &cobra.Command{
		Use: "request", Short: "Make a request for an intermediate that an authority elsewhere certifies", Args: cobra.NoArgs,
		Long:    "It prints a certificate request, as PEM. Have it answered with a certificate of an authority, then run terrace ca install.",
		Example: "  terrace ca request --common-name \"Terrace at Example\" > terrace.csr",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			made, err := s.RequestCertificateAuthority(ctx, in)
			if err != nil {
				return err
			}
			return e.Print(made, func(w io.Writer) { _, _ = io.WriteString(w, made.Request) })
		}),
	}
	c.Flags().StringVar(&in.CommonName, "common-name", "", "the common name that is asked for; one is made up unless given")
	return c
}

func install(e *command.Env) *cobra.Command {
	var in apiclient.InstallCertificateAuthorityRequest
	var notice time.Duration
	var chain string
	c := changing(e, &cobra.Command{
		Use: "install --chain FILE", Short: "Take the chain that an authority elsewhere gave for the request",
		Long:    "The file is PEM: the certificate of the request, those above it, each signed by the next, and the root last. - is the input.",
		Example: "  terrace ca install --chain chain.pem --notice 24h",
	}, func(ctx context.Context, s command.Server) ([]apiclient.CertificateAuthority, error) {
		text, err := e.ReadSource(chain, 2*mostPEM)
		if err != nil {
			return nil, err
		}
		in.Chain, in.NoticeSeconds = string(text), lifeOf(notice)
		all, err := s.InstallCertificateAuthority(ctx, in)
		return all, command.Of(chain, err)
	})
	c.Flags().StringVar(&chain, "chain", "", "the `file` with the chain")
	_ = c.MarkFlagRequired("chain") // the flag was made above
	noticeFlags(c, &notice, &in.WithoutCrossSignature)
	return c
}
