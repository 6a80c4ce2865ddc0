package domains

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// mostPEM is how large a file of certificates, or a key, may be, as the server has it.
const mostPEM = 64 << 10

func certificate(e *command.Env) *cobra.Command {
	return command.Group("certificate", "The certificate that the gateway shows on the hosts of a domain", setCertificate(e), removeCertificate(e))
}

func setCertificate(e *command.Env) *cobra.Command {
	var chain, key string
	c := one(e, &cobra.Command{
		Use: "set DOMAIN --chain FILE --key FILE", Short: "Have the gateway show a certificate of yours on the hosts of a domain",
		Long: "Both are PEM: in --chain the certificate of the host first, then those of the authorities; in --key its private key, which is\n" +
			"kept sealed and never shown. - is the input. A certificate that was set before is replaced; connections go on.",
		Example: "  terrace domain certificate set api.example.com --chain fullchain.pem --key privkey.pem\n" +
			"  pass show api-key | terrace domain certificate set api.example.com --chain fullchain.pem --key -",
	}, func(ctx context.Context, s command.Server, name string) error {
		if chain == "-" && key == "-" {
			return exit.Wrong("--chain and --key cannot both be the input").WithFix("give a file for one of them")
		}
		certificates, err := e.ReadSource(chain, mostPEM)
		if err != nil {
			return err
		}
		private, err := e.ReadSource(key, mostPEM)
		if err != nil {
			return err
		}
		defer clear(private)
		d, err := s.SetGatewayDomainCertificate(ctx, name, apiclient.SetGatewayDomainCertificateRequest{Certificate: string(certificates), Key: string(private)})
		if err != nil {
			return inFiles(err, chain, key)
		}
		return e.Print(d, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "the hosts of %s have a certificate for %s until %s\n", d.Name, strings.Join(d.Certificate.Names, ", "), output.Stamp(d.Certificate.NotAfter))
		})
	})
	c.Flags().StringVar(&chain, "chain", "", "the `file` with the certificate and those of its authorities")
	c.Flags().StringVar(&key, "key", "", "the `file` with its private key")
	_, _ = c.MarkFlagRequired("chain"), c.MarkFlagRequired("key") // the flags were made above
	return c
}

// inFiles says in which file something is wrong.
func inFiles(err error, chain, key string) error {
	told, ok := errors.AsType[*kernel.Error](err)
	if !ok || told.Kind != kernel.Invalid {
		return err
	}
	for i := range told.Problems {
		p := &told.Problems[i]
		p.File = chain
		if p.Path == "key" {
			p.File = key
		}
	}
	return err
}

func removeCertificate(e *command.Env) *cobra.Command {
	return one(e, &cobra.Command{
		Use: "remove DOMAIN", Short: "Have Terrace's own authority certify the hosts of a domain again", Aliases: []string{"rm"},
		Example: "  terrace domain certificate remove api.example.com",
	}, func(ctx context.Context, s command.Server, name string) error {
		if err := s.RemoveGatewayDomainCertificate(ctx, name); err != nil {
			return err
		}
		return e.Print(map[string]string{"removed": name}, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "the hosts of %s have certificates of Terrace's own authority\n", name)
		})
	})
}
