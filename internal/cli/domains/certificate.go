package domains

import (
	"bytes"
	"context"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"slices"
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
		certificates, err := readPEM(e, chain)
		if err != nil {
			return err
		}
		private, err := readPEM(e, key)
		if err != nil {
			return err
		}
		defer clear(private)
		d, err := s.SetGatewayDomainCertificate(ctx, name, apiclient.SetGatewayDomainCertificateRequest{Certificate: string(certificates), Key: string(private)})
		if err != nil {
			return inFiles(err, chain, key)
		}
		for _, warning := range d.Warnings {
			e.Say("warning: %s", warning)
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
		if p.File = chain; p.Path == "key" {
			p.File = key
		}
	}
	return err
}

func removeCertificate(e *command.Env) *cobra.Command {
	var yes bool
	c := one(e, &cobra.Command{
		Use: "remove DOMAIN", Short: "Have Terrace's own authority certify the hosts of a domain again", Aliases: []string{"rm"},
		Long:    "The hosts that lose it are named before. Where a domain above has a certificate for them they have that one then.",
		Example: "  terrace domain certificate remove api.example.com\n  terrace domain certificate remove api.example.com --yes",
	}, func(ctx context.Context, s command.Server, name string) error {
		before, err := s.GatewayDomain(ctx, name)
		if err != nil {
			return err
		}
		if before.Certificate != nil {
			if err := e.Confirm(yes, "Remove the certificate of "+before.Name+" for "+strings.Join(before.Certificate.Names, ", ")+having(before)+"?"); err != nil {
				return err
			}
		}
		if err := s.RemoveGatewayDomainCertificate(ctx, name); err != nil {
			return err
		}
		return e.Print(map[string]string{"removed": name}, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "the hosts of %s have certificates of %s\n", name, instead(ctx, s, name))
		})
	})
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

// having says which hosts have the certificate of a domain, which is for them.
func having(d apiclient.GatewayDomainShown) string {
	hosts := slices.DeleteFunc(slices.Clone(d.Hosts), func(host string) bool {
		_, beside, _ := strings.Cut(host, ".")
		return !slices.Contains(d.Certificate.Names, host) && !slices.Contains(d.Certificate.Names, "*."+beside)
	})
	if len(hosts) == 0 {
		return ""
	}
	return ", which these hosts have: " + strings.Join(hosts, ", ")
}

// instead says what certifies the hosts of a domain that has no certificate any more.
func instead(ctx context.Context, s command.Server, name string) string {
	if d, err := s.GatewayDomain(ctx, name); err == nil && d.Wider != "" {
		return d.Wider + " where those are for them, else of Terrace's own authority"
	}
	return "Terrace's own authority"
}

// readPEM reads a file of PEM. For what is kept in another form it says how to make PEM of it.
func readPEM(e *command.Env, path string) ([]byte, error) {
	b, err := e.ReadBytes(path, mostPEM)
	if err != nil {
		return nil, err
	}
	if text := command.Text(path, b); text != nil {
		return nil, binary(path, b, text)
	}
	return b, nil
}

// binary refuses DER (ITU-T X.690) and PKCS #12 (RFC 7292), which is a sequence that begins
// with its version, 3.
func binary(path string, b []byte, err error) error {
	var outer, first asn1.RawValue
	if _, bad := asn1.Unmarshal(b, &outer); bad != nil || outer.Tag != asn1.TagSequence {
		return err
	}
	_, _ = asn1.Unmarshal(outer.Bytes, &first) // of what cannot be read it is the zero value
	p := kernel.Problem{File: path, Message: "it is DER, and no PEM", Fix: "convert the certificate: openssl x509 -inform DER -in " + path + " -out chain.pem"}
	switch {
	case first.Tag == asn1.TagInteger && bytes.Equal(first.Bytes, []byte{3}):
		p.Message = "it is PKCS #12, and no PEM"
		p.Fix = fmt.Sprintf("take both out of it: openssl pkcs12 -in %[1]s -nokeys -out chain.pem; openssl pkcs12 -in %[1]s -nocerts -nodes -out key.pem", path)
	case first.Tag == asn1.TagInteger:
		p.Fix = "convert the key: openssl pkey -inform DER -in " + path + " -out key.pem"
	}
	return kernel.Errorf(kernel.Invalid, "the certificate cannot be used").WithProblems(p)
}
