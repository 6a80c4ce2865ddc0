package appcli

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/app"
	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/platform/telemetry"
)

// gatewayCommand runs the data plane alone.
func gatewayCommand(s streams, version string) *cobra.Command {
	c := &cobra.Command{
		Use: "gateway", Short: "Serve the routes and policies of a control plane's database, and nothing else", Args: cobra.NoArgs,
		Long: "Gateway answers traffic by the routes and policies of a control plane (terraced up), until it gets SIGINT or\n" +
			"SIGTERM. It reads its database, and goes on with what it has read while the database is away. It has the\n" +
			"configuration of the control plane, with a data folder of its own; it needs the same database, key, pki and,\n" +
			"where they are set, tenantKeys and gatewayRedis. At the address of listen it answers /healthz, /readyz and\n" +
			"/metrics. Workloads that are processes of the control plane's machine are served by that one's own gateway.",
		Example: "  terraced gateway --config terrace.yaml --data /var/lib/terrace-gateway --pki /etc/terrace/pki --key file:///etc/terrace/kek\n" +
			"  terraced gateway --data ./gateway --database-file ./database-url --gateway 0.0.0.0:443 --gateway-http 0.0.0.0:80",
		RunE: func(c *cobra.Command, _ []string) error {
			settings, err := config.Load(c.Flags(), os.Environ())
			if err != nil {
				return err
			}
			return serveGateway(c.Context(), s, settings, version)
		},
	}
	config.Flags(c.Flags())
	return c
}

func serveGateway(ctx context.Context, s streams, c config.Config, version string) (err error) {
	log, err := telemetry.NewLogger(s.err, telemetry.LogOptions{Level: c.LogLevel, Format: c.LogFormat})
	if err != nil {
		return err
	}
	g, err := app.NewGateway(ctx, c, version, log)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := g.Close(context.WithoutCancel(ctx)); err == nil {
			err = closeErr
		}
	}()
	if err := g.Start(ctx); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "The gateway is ready.\n  Gateway   https://%s\n  Health    http://%s/readyz\n", config.Reach(c.Gateway), config.Reach(c.Listen))
	<-ctx.Done()
	return nil
}
