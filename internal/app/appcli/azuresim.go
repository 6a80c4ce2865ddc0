package appcli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/telemetry"
	"github.com/terrace-idp/terrace/internal/target/azuresim"
	"github.com/terrace-idp/terrace/internal/target/azuresim/azuresimclient"
)

// azureSimCommand serves the simulated Azure until it is told to stop.
func azureSimCommand(s streams) *cobra.Command {
	var cfg azuresim.Config
	level := "warn"
	c := &cobra.Command{
		Use: "azuresim", Short: "Serve a simulated Azure to the real azurerm provider", Args: cobra.NoArgs,
		Long: "Azuresim serves a simulated Azure on this machine until it gets SIGINT or SIGTERM:\n" +
			"sign-in, Resource Manager, Blob storage and Key Vault. It prints what a client needs in\n" +
			"its environment; `terraced azuresim env` prints that again. Without --data it keeps\n" +
			"everything in memory. Look into it and change it with `terrace azure-sim`.",
		Example: "  terraced azuresim\n  terraced azuresim --data ./azure --listen 127.0.0.1:7444 --proxy 127.0.0.1:7445",
		RunE: func(c *cobra.Command, _ []string) error {
			log, err := telemetry.NewLogger(s.err, telemetry.LogOptions{Level: level, Format: "text"})
			if err != nil {
				return err
			}
			cfg.Log = log
			if cfg, err = located(cfg); err != nil {
				return err
			}
			return s.serveAzure(c.Context(), cfg)
		},
	}
	f := c.Flags()
	f.StringVar(&cfg.Data, "data", "", "the folder that keeps everything; none keeps it in memory")
	f.StringVar(&cfg.Listen, "listen", "127.0.0.1:0", "the address of sign-in and Resource Manager, on loopback")
	f.StringVar(&cfg.Proxy, "proxy", "127.0.0.1:0", "the address of the proxy to the data planes, on loopback")
	f.StringVar(&level, "log-level", level, "debug, info, warn or error")
	c.AddCommand(azureEnvCommand(s), azureTokenCommand(s))
	return c
}

// located says where the simulator keeps and announces itself. The folder is absolute: clients
// work in others.
func located(cfg azuresim.Config) (azuresim.Config, error) {
	if cfg.Data == "" {
		cfg.Announce = azuresimclient.DefaultFolder()
		return cfg, nil
	}
	if _, err := os.Stat(filepath.Join(cfg.Data, "terrace.db")); err == nil {
		return cfg, kernel.Errorf(kernel.Invalid, "%s is the data folder of `terraced up`", cfg.Data).
			WithFix("serve its simulated Azure with `terraced up --azure-sim`, or name another folder with --data")
	}
	var err error
	cfg.Data, err = filepath.Abs(cfg.Data)
	return cfg, err
}

func (s streams) serveAzure(ctx context.Context, cfg azuresim.Config) (err error) {
	server, err := azuresim.New(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close(context.WithoutCancel(ctx))) }()
	if err := server.Start(ctx); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "# The simulated Azure is ready at %s. Clients need in their environment:\n", server.Endpoint())
	s.exports(server.Env())
	<-ctx.Done()
	return nil
}

// exports prints an environment for a shell.
func (s streams) exports(env map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(env)) {
		fmt.Fprintf(s.out, "export %s=%s\n", name, quoted(env[name]))
	}
}

// quoted is a value as a shell reads it: in quotes where a plain word would not do.
func quoted(value string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/:._-+@%=", r)
	}
	if strings.TrimFunc(value, plain) == "" {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

// running finds the simulator that announced itself in a folder, the default one when empty.
func running(folder string) (azuresimclient.Running, error) {
	if folder == "" {
		folder = azuresimclient.DefaultFolder()
	}
	return azuresimclient.Find(folder)
}
