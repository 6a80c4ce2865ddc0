package certificates

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// keyed says which key is certified: that of a request, or one that is made.
type keyed struct{ request, keyOut string }

func (k *keyed) flags(c *cobra.Command) {
	c.Flags().StringVar(&k.request, "request", "", "the `file` with a certificate request, of which the key alone counts; - is the input")
	c.Flags().StringVar(&k.keyOut, "key-out", "", "the `file`, which must not be there yet, to write the key to that is made; only you can read it")
	c.MarkFlagsMutuallyExclusive("request", "key-out")
}

// read returns the request, and makes the key for one.
func (k *keyed) read(e *command.Env) ([]byte, error) {
	if k.request != "" {
		return e.ReadSource(k.request, mostPEM)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	if err := writeNew(k.keyOut, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})); err != nil {
		return nil, err
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: request}), nil
}

// writeNew writes a file that only its owner can read, and replaces none.
func writeNew(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return kernel.Errorf(kernel.Conflict, "there is a file %s already", path).WithFix("name another file for the key, or give a request for that key with --request")
	}
	if err != nil {
		return kernel.Errorf(kernel.Invalid, "the key cannot be written: %w", err).WithFix("name a file in a folder that is there")
	}
	if _, err = f.Write(content); err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return kernel.Errorf(kernel.Unavailable, "the key cannot be written to %s: %w", path, err)
	}
	return nil
}

func issue(e *command.Env) *cobra.Command {
	var in apiclient.IssueCertificateRequest
	var key keyed
	var profile apiclient.PkiProfile
	var life time.Duration
	c := &cobra.Command{
		Use: "issue NAME", Short: "Issue a certificate to a workload, a service or a database of a stage", Args: cobra.ExactArgs(1),
		Long: "Issue prints the certificate and those of its authorities, as PEM. That of a workload proves to the gateway's routes who its\n" +
			"holder is, where a policy takes such certificates (mtls.platformAuthority). It certifies the key of --request, or one that is\n" +
			"made and written to --key-out.",
		Example: "  terrace certificate issue billing --stage prod --request billing.csr --life 12h > billing.pem\n" +
			"  terrace certificate issue orders --kind service --stage dev --host orders.dev.shop.localhost --key-out orders.key > orders.pem",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			if key.request == "" && key.keyOut == "" {
				return exit.Wrong("there is no key to certify").WithFix("give a certificate request with --request, or a file for a new key with --key-out")
			}
			in.Name, in.Project, in.LifeSeconds = args[0], project, lifeOf(life)
			if profile != "" {
				in.Profile = &profile
			}
			request, err := key.read(e)
			if err != nil {
				return err
			}
			in.Request = string(request)
			issued, err := s.IssueCertificate(ctx, in)
			if err != nil {
				return err
			}
			return e.Print(issued, func(w io.Writer) { _, _ = io.WriteString(w, issued.Chain) })
		}),
	}
	command.Choice(c, &in.Kind, "kind", apiclient.PkiHolderKindWorkload, "what it is for", apiclient.PkiHolderKindWorkload, apiclient.PkiHolderKindService, apiclient.PkiHolderKindDatabase)
	command.Choice(c, &profile, "profile", "", "what it may be used for", apiclient.PkiProfileServer, apiclient.PkiProfileClient, apiclient.PkiProfilePeer)
	c.Flags().StringSliceVar(&in.Names, "host", nil, "a host that it is for; a workload's certificate has none")
	command.DurationWithin(c.Flags(), &life, "life", 0, time.Minute, 90*24*time.Hour, "how long it is valid; a day for clients and 30 days for servers unless given")
	e.StageFlag(c, &in.Stage, "stage", "the holder's stage", true)
	key.flags(c)
	return c
}

func renew(e *command.Env) *cobra.Command {
	var request string
	c := one(e, &cobra.Command{
		Use: "renew CERTIFICATE", Short: "Issue a certificate in the place of one, which stays valid until it ends",
		Long:    "It certifies the same key, unless --request gives another, and prints the certificate with those of its authorities.",
		Example: "  terrace certificate renew 5c1f0e > billing.pem\n  terrace certificate renew 5c1f0e --request billing.csr > billing.pem",
	}, func(ctx context.Context, s command.Server, id string) error {
		var in apiclient.RenewCertificateRequest
		if request != "" {
			text, err := e.ReadSource(request, mostPEM)
			if err != nil {
				return err
			}
			in.Request = string(text)
		}
		issued, err := s.RenewCertificate(ctx, id, in)
		if err != nil {
			return err
		}
		return e.Print(issued, func(w io.Writer) { _, _ = io.WriteString(w, issued.Chain) })
	})
	c.Flags().StringVar(&request, "request", "", "the `file` with a certificate request, of which the key alone counts; - is the input")
	return c
}

// revokeOne revokes a certificate by its id, or by itself.
func revokeOne(ctx context.Context, e *command.Env, s command.Server, id, file string, cause apiclient.PkiReason, why string) (apiclient.CertificateEntry, error) {
	if (id == "") == (file == "") {
		return apiclient.CertificateEntry{}, exit.Wrong("it is not said which certificate").WithFix("name it, or give it with --file")
	}
	if id != "" {
		return s.RevokeCertificate(ctx, id, apiclient.RevokeCertificateRequest{Cause: cause, Reason: why})
	}
	text, err := e.ReadSource(file, mostPEM)
	if err != nil {
		return apiclient.CertificateEntry{}, err
	}
	return s.RevokeUnlistedCertificate(ctx, apiclient.RevokeUnlistedCertificateRequest{Certificate: string(text), Cause: cause, Reason: why})
}
