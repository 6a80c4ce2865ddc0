package appcli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"

	"github.com/go-chi/chi/v5"
	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/sidecar"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
	"github.com/terrace-idp/terrace/internal/platform/telemetry"
)

// sidecarFlags are the flags of terraced sidecar.
type sidecarFlags struct {
	sidecar.Config

	admin, level, format string
}

// sidecarCommand stands beside a process that knows nothing of a mesh.
func sidecarCommand(s streams, version string) *cobra.Command {
	var f sidecarFlags
	c := &cobra.Command{
		Use: "sidecar", Short: "Give a process that speaks plain HTTP an identity, and let only those call it that may", Args: cobra.NoArgs,
		Long: "Sidecar stands beside a process, until it gets SIGINT or SIGTERM. Others reach the process at --inbound, over TLS\n" +
			"with both sides proven by their SPIFFE identities; whom the document does not allow is refused. The process asks\n" +
			"others at --outbound, in the clear, with the name of a service as the host. What is allowed, and how calls go,\n" +
			"says the control plane, from the documents of the mesh, or a file, which is read again when it has changed.\n" +
			"The identity comes from the SPIFFE Workload API, and is renewed without a connection being cut.\n" +
			"At --admin it answers /healthz, /readyz and /metrics.\n\n" +
			"Who reaches --outbound or --application speaks as the workload, or to it: keep both on a loopback of its own.",
		Example: "  terraced sidecar --application 127.0.0.1:8080 --inbound 0.0.0.0:8443 --control localhost:7083 --roots root.pem\n" +
			"  terraced sidecar --application 127.0.0.1:8080 --inbound 0.0.0.0:8443 --document mesh.yaml",
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c.Context(), s, version) },
	}
	flags := c.Flags()
	flags.StringVar(&f.Application, "application", "127.0.0.1:8080", "where the process answers")
	flags.BoolVar(&f.GRPC, "grpc", false, "the process speaks gRPC, or other HTTP/2 in the clear")
	flags.StringVar(&f.Release, "release", "", "which release the process is of, for rollouts; empty is what TERRACE_RELEASE says")
	flags.StringVar(&f.Inbound, "inbound", "127.0.0.1:8443", "where others come in")
	flags.StringVar(&f.Outbound, "outbound", "127.0.0.1:15001", "where the process asks others")
	flags.StringVar(&f.Document, "document", "", "the file that says who may call, and whom it calls")
	flags.StringVar(&f.Control, "control", "", "the address of the control plane that says what the mesh's documents say, such as localhost:7083 (its xds)")
	flags.StringVar(&f.Roots, "roots", "", "the file with whom the control plane's certificate comes from, which terrace ca roots writes")
	flags.StringVar(&f.WorkloadAPI, "workload-api", "", "the address of the Workload API, such as unix:///run/workload-api.sock; empty is what SPIFFE_ENDPOINT_SOCKET says")
	flags.StringVar(&f.admin, "admin", "127.0.0.1:15020", "where health and metrics are")
	flags.StringVar(&f.level, "log-level", "info", "debug, info, warn or error")
	flags.StringVar(&f.format, "log-format", "auto", "text, json or auto")
	c.MarkFlagsOneRequired("document", "control")
	c.MarkFlagsMutuallyExclusive("document", "control")
	c.MarkFlagsRequiredTogether("control", "roots")
	return c
}

// check tells what is wrong with the flags.
func (f *sidecarFlags) check() error {
	if _, _, err := net.SplitHostPort(f.admin); err != nil {
		return kernel.Errorf(kernel.Invalid, "--admin is %q, which is no address", f.admin).WithFix("write it as HOST:PORT, such as 127.0.0.1:15020")
	}
	return f.Check()
}

func (f *sidecarFlags) run(ctx context.Context, s streams, version string) (err error) {
	f.Release = cmp.Or(f.Release, os.Getenv("TERRACE_RELEASE"))
	if f.WorkloadAPI, err = address(f.WorkloadAPI); err != nil {
		return usageError{err}
	}
	if f.Log, err = telemetry.NewLogger(s.err, telemetry.LogOptions{Level: f.level, Format: f.format}); err != nil {
		return usageError{err}
	}
	if err := f.check(); err != nil {
		return usageError{err}
	}
	t, err := telemetry.New(ctx, telemetry.Options{Service: "terraced-sidecar", Version: version})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close(context.WithoutCancel(ctx))) }()
	f.Registry = t.Registry()
	made, err := sidecar.New(ctx, f.Config)
	if err != nil {
		return err
	}
	admin, err := httpserver.Listen(ctx, f.admin, adminOf(made, t), f.Log)
	if err != nil {
		return errors.Join(err, made.Close())
	}
	defer func() { err = errors.Join(err, admin.Close(context.WithoutCancel(ctx))) }()
	f.Log.InfoContext(ctx, "the sidecar waits for its identity", slog.String("workloadApi", f.WorkloadAPI))
	fmt.Fprintf(s.out, "The sidecar listens.\n  Inbound   https://%s\n  Outbound  http://%s\n  Health    http://%s/readyz\n", config.Reach(f.Inbound), config.Reach(f.Outbound), config.Reach(f.admin))
	return made.Run(ctx)
}

// adminOf answers for who runs the process.
func adminOf(s *sidecar.Sidecar, t *telemetry.Telemetry) http.Handler {
	router := chi.NewRouter()
	router.Handle("/metrics", t.MetricsHandler())
	router.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	router.Get("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if !s.Ready() {
			w.WriteHeader(http.StatusServiceUnavailable)
			if why := s.Trouble(); why != nil {
				_, _ = fmt.Fprintf(w, "%s\n→ %s\n", why.Message, why.Fix) // as below
			}
			return
		}
		_, _ = fmt.Fprintln(w, s.ID()) // who asks has gone
	})
	return router
}
