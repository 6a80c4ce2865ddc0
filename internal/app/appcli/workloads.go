package appcli

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// workloadsCommand is what the keeper of the authority's folder does with it.
func workloadsCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "workloads", Short: "Issue certificates by which workloads prove to the gateway who they are",
	}
	c.AddCommand(issueCommand(s), rotateCommand(s))
	return c
}

func issueCommand(s streams) *cobra.Command {
	var (
		stage, request string
		life           time.Duration
	)
	c := &cobra.Command{
		Use: "issue WORKLOAD", Short: "Issue a certificate to a workload of a stage", Args: cobra.ExactArgs(1),
		Long: "Issue prints a certificate, as PEM, that proves to the gateway's routes that its holder is a workload, where a\n" +
			"policy takes such certificates (mtls.platformAuthority). It signs with the authority in the folder of pki, which\n" +
			"stays with the keepers of the control plane: whoever reads it can issue any. With --request it certifies the key\n" +
			"of a certificate request, of which nothing else counts; without it makes a key and prints that as well.",
		Example: "  terraced workloads issue billing --project shop --stage prod --request billing.csr > billing.pem\n" +
			"  terraced workloads issue billing --tenant acme --project shop --stage prod --pki /etc/terrace/pki --life 1h > billing.pem",
		RunE: func(c *cobra.Command, args []string) error {
			settings, signer, err := signerOf(c)
			if err != nil {
				return err
			}
			of := pki.Workload{Name: args[0], Scope: kernel.Scope{Tenant: settings.Tenant, Project: settings.Project, Stage: stage}}
			asked, err := readRequest(request, c.InOrStdin())
			if err != nil {
				return err
			}
			cert, key, err := signer.Issue(of, life, asked)
			if err != nil {
				return err
			}
			_, err = s.out.Write(append(cert, key...))
			return err
		},
	}
	config.Flags(c.Flags())
	f := c.Flags()
	f.StringVar(&stage, "stage", "", "the workload's stage; its tenant and project are those of --tenant and --project")
	f.DurationVar(&life, "life", 24*time.Hour, "how long the certificate is valid, at most 720h")
	f.StringVar(&request, "request", "", "the file with a certificate request, or - for the input")
	_ = c.MarkFlagRequired("stage") // the flag is there
	return c
}

func rotateCommand(s streams) *cobra.Command {
	var distrust bool
	c := &cobra.Command{
		Use: "rotate", Short: "Have another key sign the certificates of workloads", Args: cobra.NoArgs,
		Long: "Rotate makes another key, which signs from then on. Gateways that share the folder take its certificates at once,\n" +
			"and those of the keys before until they end. With --distrust these are refused, within seconds.",
		Example: "  terraced workloads rotate --pki /etc/terrace/pki\n  terraced workloads rotate --distrust",
		RunE: func(c *cobra.Command, _ []string) error {
			_, signer, err := signerOf(c)
			if err != nil {
				return err
			}
			if err := signer.Rotate(distrust); err != nil {
				return err
			}
			fmt.Fprintln(s.out, "Another key signs the certificates of workloads.")
			return nil
		},
	}
	config.Flags(c.Flags())
	c.Flags().BoolVar(&distrust, "distrust", false, "refuse certificates of the keys before")
	return c
}

func signerOf(c *cobra.Command) (config.Config, *pki.Signer, error) {
	settings, err := config.Load(c.Flags(), os.Environ())
	if err != nil {
		return settings, nil, err
	}
	signer, err := pki.OpenSigner(settings.PKIFolder(), settings.Zone, nil)
	return settings, signer, err
}

// maxRequest bounds a certificate request, in bytes.
const maxRequest = 64 << 10

func readRequest(path string, in io.Reader) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, kernel.Errorf(kernel.Invalid, "the certificate request cannot be read: %w", err)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxRequest+1))
	if err != nil {
		return nil, fmt.Errorf("read the certificate request: %w", err)
	}
	if len(raw) == 0 {
		return nil, kernel.Errorf(kernel.Invalid, "the certificate request is empty").WithFix("give a file, or none to have a key made")
	}
	return raw, nil
}
