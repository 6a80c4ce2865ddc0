package appcli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/delivery/runner"
)

// toolsCommand obtains what runs are executed with, before the first run asks for it.
func toolsCommand(s streams) *cobra.Command {
	c := &cobra.Command{
		Use: "tools", Short: "Obtain the programs that runs are executed with",
	}
	c.AddCommand(installCommand(s))
	return c
}

func installCommand(s streams) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "install azurerm|tofu", Short: "Obtain the provider azurerm, or OpenTofu, and print where it is",
		Long: "Install obtains a program unless it is there, and prints its place: for azurerm a folder that is a\n" +
			"filesystem mirror for terraform and tofu, for tofu the program. It takes azurerm from the configured\n" +
			"mirror (--provider-mirror), else from its registry, else it builds it once from its Go module; tofu it\n" +
			"builds. Progress goes to the error output. A run that needs azurerm does the same by itself.",
		Example:   "  terraced tools install azurerm\n  terraced tools install azurerm --dir ./mirror\n  terraced tools install tofu",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"azurerm", "tofu"},
		RunE: func(c *cobra.Command, args []string) error {
			settings, err := config.Load(c.Flags(), os.Environ())
			if err != nil {
				return err
			}
			place, err := s.install(c.Context(), args[0], dir, settings)
			if err != nil {
				return err
			}
			fmt.Fprintln(s.out, place)
			return nil
		},
	}
	config.Flags(c.Flags())
	c.Flags().StringVar(&dir, "dir", "", "where to put it; empty is the data folder, where runs find it")
	return c
}

func (s streams) install(ctx context.Context, what, dir string, settings config.Config) (place string, err error) {
	o := runner.Options{
		Path: settings.Terraform, DataDir: settings.DataDir, Mirror: settings.ProviderMirror,
		Progress: func(line string) { fmt.Fprintln(s.err, line) },
	}
	if dir != "" {
		if dir, err = filepath.Abs(dir); err != nil {
			return "", fmt.Errorf("folder %s: %w", dir, err)
		}
	}
	if what == "tofu" {
		if dir != "" {
			o.DataDir = dir
		}
		tool, err := runner.InstallTofu(ctx, o)
		return tool.Path, err
	}
	if dir == "" {
		dir = runner.Mirror(settings.DataDir)
	}
	return runner.InstallAzurerm(ctx, o, dir)
}
