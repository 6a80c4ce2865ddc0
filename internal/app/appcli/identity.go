package appcli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/svid/jwtsvid"
	"github.com/spiffe/go-spiffe/v2/workloadapi"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/wholefile"
)

// identityPatience is how long is waited for the Workload API.
const identityPatience = 10 * time.Second

// The files of an identity, as PEM.
const (
	svidFile   = "svid.pem"
	keyFile    = "svid_key.pem"
	bundleFile = "bundle.pem"
)

// identityFlags are the flags of terraced identity.
type identityFlags struct {
	workloadAPI, write, audience string
	watch                        bool
}

// identityCommand tells a process who it is.
func identityCommand(s streams) *cobra.Command {
	var f identityFlags
	c := &cobra.Command{
		Use: "identity", Short: "Tell which workload this process is, and write its certificate into files", Args: cobra.NoArgs,
		Long: "Identity asks the SPIFFE Workload API which workload this process is. With --write it puts the certificate, its key\n" +
			"and whom the trust domain trusts into files, for programs that read those: " + svidFile + ", " + keyFile + " and\n" +
			bundleFile + ". With --watch it goes on until SIGINT or SIGTERM, and writes them anew with each renewal.\n" +
			"With --audience it prints a JWT-SVID instead.",
		Example: "  terraced identity\n  terraced identity --write /run/tls --watch\n  curl -H \"Authorization: Bearer $(terraced identity --audience billing)\" http://billing/",
		RunE:    func(c *cobra.Command, _ []string) error { return f.run(c.Context(), s.out) },
	}
	flags := c.Flags()
	flags.StringVar(&f.workloadAPI, "workload-api", "", "the address of the Workload API, such as unix:///run/workload-api.sock; empty is what SPIFFE_ENDPOINT_SOCKET says")
	flags.StringVar(&f.write, "write", "", "the folder to write the files into; it is made when missing")
	flags.BoolVar(&f.watch, "watch", false, "go on, and write the files anew with each renewal")
	flags.StringVar(&f.audience, "audience", "", "for whom a JWT-SVID is printed")
	c.MarkFlagsMutuallyExclusive("audience", "write")
	c.MarkFlagsMutuallyExclusive("audience", "watch")
	return c
}

// address is where the Workload API is.
func address(flag string) (string, error) {
	if flag == "" {
		flag = os.Getenv("SPIFFE_ENDPOINT_SOCKET")
	}
	if flag == "" {
		return "", kernel.Errorf(kernel.Invalid, "nobody says who this process is").
			WithFix("start it by the platform, which sets SPIFFE_ENDPOINT_SOCKET, or name the Workload API with --workload-api")
	}
	return flag, nil
}

func (f identityFlags) run(ctx context.Context, out io.Writer) error {
	at, err := address(f.workloadAPI)
	if err != nil {
		return err
	}
	client, err := workloadapi.New(ctx, workloadapi.WithAddr(at))
	if err != nil {
		return kernel.Errorf(kernel.Invalid, "the Workload API at %s: %w", at, err)
	}
	defer func() { _ = client.Close() }()
	first, cancel := context.WithTimeout(ctx, identityPatience)
	defer cancel()
	if f.audience != "" {
		token, err := client.FetchJWTSVID(first, jwtsvid.Params{Audience: f.audience})
		if err != nil {
			return unidentified(at, err)
		}
		fmt.Fprintln(out, token.Marshal())
		return nil
	}
	x, err := client.FetchX509Context(first)
	if err != nil {
		return unidentified(at, err)
	}
	if err := f.take(x, out); err != nil || !f.watch {
		return err
	}
	w := &identityWatch{flags: f, out: out, last: x, failed: make(chan error, 1)}
	watching, stop := context.WithCancel(ctx)
	defer stop()
	go func() { _ = client.WatchX509Context(watching, w) }() // ends with its context
	select {
	case <-ctx.Done():
		return nil
	case err := <-w.failed:
		return err
	}
}

func unidentified(at string, err error) error {
	return kernel.Errorf(kernel.Unavailable, "the Workload API at %s gives no identity: %w", at, err).
		WithFix("run it as a process of a workload: who was not started for one is nobody")
}

// take shows an identity, and writes it where that is asked for. Files are replaced whole, the
// key before the certificate that goes with it.
func (f identityFlags) take(x *workloadapi.X509Context, out io.Writer) error {
	svid := x.DefaultSVID()
	bundle, err := x.Bundles.GetX509BundleForTrustDomain(svid.ID.TrustDomain())
	if err != nil {
		return fmt.Errorf("bundle of %s: %w", svid.ID.TrustDomain(), err)
	}
	leaf := svid.Certificates[0]
	fmt.Fprintf(out, "%s\n  Serial       %s\n  Valid until  %s\n  Authorities  %d\n", svid.ID, leaf.SerialNumber.Text(16), leaf.NotAfter.Format(time.RFC3339), len(bundle.X509Authorities()))
	if f.write == "" {
		return nil
	}
	certs, key, err := svid.Marshal()
	if err != nil {
		return fmt.Errorf("write the identity: %w", err)
	}
	return writeIdentity(f.write, certs, key, bundle)
}

func writeIdentity(dir string, certs, key []byte, bundle *x509bundle.Bundle) error {
	trusted, err := bundle.Marshal()
	if err != nil {
		return fmt.Errorf("write the bundle: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return kernel.Errorf(kernel.Invalid, "the folder of the identity cannot be made: %w", err).WithFix("name another one with --write")
	}
	for _, file := range []struct {
		name    string
		content []byte
	}{{bundleFile, trusted}, {keyFile, key}, {svidFile, certs}} {
		if err := wholefile.Replace(filepath.Join(dir, file.name), file.content, 0o600); err != nil {
			return kernel.Errorf(kernel.Unavailable, "write %s: %w", file.name, err)
		}
	}
	return nil
}

// identityWatch takes what the Workload API says.
type identityWatch struct {
	flags  identityFlags
	out    io.Writer
	last   *workloadapi.X509Context
	failed chan error
}

// OnX509ContextUpdate implements workloadapi.X509ContextWatcher.
func (w *identityWatch) OnX509ContextUpdate(x *workloadapi.X509Context) {
	if same(w.last, x) {
		return
	}
	w.last = x
	if err := w.flags.take(x, w.out); err != nil {
		select {
		case w.failed <- err:
		default: // one is enough
		}
	}
}

// same tells that neither the certificate nor the bundle has changed.
func same(a, b *workloadapi.X509Context) bool {
	one, other := a.DefaultSVID(), b.DefaultSVID()
	x, _ := a.Bundles.Get(one.ID.TrustDomain())
	y, ok := b.Bundles.Get(other.ID.TrustDomain())
	return ok && one.Certificates[0].Equal(other.Certificates[0]) && y.Equal(x)
}

// OnX509ContextWatchError implements workloadapi.X509ContextWatcher: it is tried again.
func (w *identityWatch) OnX509ContextWatchError(error) {}
