package appcli

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/app"
	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/platform/telemetry"
)

// upCommand runs the whole platform in this process until it is told to stop.
func upCommand(s streams, version string) *cobra.Command {
	c := &cobra.Command{
		Use: "up", Short: "Run the whole platform in this process", Args: cobra.NoArgs,
		Long: "Up runs the whole platform in this process, with everything it needs embedded,\n" +
			"until it gets SIGINT or SIGTERM. Its configuration is one YAML file (--config),\n" +
			"environment variables TERRACE_* over it and flags over those; see docs/reference/config.yaml.",
		Example: "  terraced up\n  terraced up --data ./data --log-level debug\n  terraced up --config terrace.yaml",
		RunE: func(c *cobra.Command, _ []string) error {
			settings, err := config.Load(c.Flags(), os.Environ())
			if err != nil {
				return err
			}
			return up(c.Context(), s, settings, version)
		},
	}
	config.Flags(c.Flags())
	return c
}

func up(ctx context.Context, s streams, c config.Config, version string) (err error) {
	log, err := telemetry.NewLogger(s.err, telemetry.LogOptions{Level: c.LogLevel, Format: c.LogFormat})
	if err != nil {
		return err
	}
	defer runtime.KeepAlive(headroom())
	a, err := app.New(ctx, c, version, log)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := a.Close(context.WithoutCancel(ctx)); err == nil {
			err = closeErr
		}
	}()
	if err := a.Start(ctx); err != nil {
		return err
	}
	s.welcome(a, c)
	<-ctx.Done()
	return nil
}

// spare is about as much as the daemon has in use once it has started, which it
// took for its start already.
const spare = 16 << 20

// headroom lets the heap grow by so much more between two collections, each of which
// goes through everything that is in use. Nobody touches it, so it takes no memory.
func headroom() []byte { return make([]byte, spare) }

// welcome tells where everything is and, once, how to sign in.
func (s streams) welcome(a *app.App, c config.Config) {
	fmt.Fprintf(s.out, "Terrace is ready.\n  API       http://%s/api/docs\n  Gateway   https://%s\n  DNS       %s\n",
		config.Reach(c.Listen), config.Reach(c.Gateway), config.Reach(c.DNS))
	first, created := a.FirstSignIn()
	if created {
		fmt.Fprintf(s.out, "  Sign in   user %s, password %s (shown this once; change it with `terrace user password`)\n", first.User, first.Password)
	}
	switch {
	case !a.SignedIn():
		fmt.Fprintf(s.out, "Sign in with `terrace login http://%s --username NAME`.\n", config.Reach(c.Listen))
	case created:
		fmt.Fprintln(s.out, "On this machine `terrace` is signed in already: try `terrace doctor`.")
	default:
		fmt.Fprintln(s.out, "On this machine `terrace` is signed in.")
	}
}
