// Package modules has the commands terrace module publish and list.
//
// It owns the packing of a module's folder and its address by default. The
// registry itself is the server's.
package modules

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/blastradius"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/delivery/bundle/tarball"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Command returns terrace module.
func Command(e *command.Env) *cobra.Command {
	return command.Group("module", "Publish Terraform modules and see them", publish(e), list(e))
}

func publish(e *command.Env) *cobra.Command {
	var m apiclient.ModuleVersion
	var radius blastradius.Flags
	c := &cobra.Command{
		Use: "publish DIR", Short: "Publish a version of a module; a version never changes afterwards",
		Long: "Packs the folder and publishes it as NAMESPACE/NAME/SYSTEM. The version is that of --version,\n" +
			"else what the file VERSION in the folder says. Publishing the same content again is fine.\n" +
			blastradius.Help,
		Example: "  terrace module publish iac/local/modules/dns\n  terrace module publish ./cache --version 2.1.0 --plan --stage prod\n  terrace module publish ./cache --name redis --system azurerm --version 2.1.0",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := complete(&m, args[0]); err != nil {
				return err
			}
			var archive bytes.Buffer
			if err := tarball.Pack(&archive, args[0], skip); err != nil {
				return err
			}
			s, err := e.Server()
			if err != nil {
				return err
			}
			goOn, err := radius.Allows(c.Context(), e, s, func(ctx context.Context, p apiclient.ModuleBlastRadiusParams) (apiclient.ImpactRadius, error) {
				return s.ModuleBlastRadius(ctx, m, bytes.NewReader(archive.Bytes()), int64(archive.Len()), p)
			})
			if err != nil || !goOn {
				return err
			}
			done, err := s.PublishModule(c.Context(), m, &archive, int64(archive.Len()))
			if err != nil {
				return err
			}
			return e.Print(done, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s/%s/%s %s is published: %s\n", m.Namespace, m.Name, m.System, m.Version, done.Digest)
			})
		},
	}
	radius.Add(c)
	c.Flags().StringVar(&m.Namespace, "namespace", "terrace", "the namespace of the module")
	c.Flags().StringVar(&m.Name, "name", "", "the function of the module; the name of the folder by default")
	c.Flags().StringVar(&m.System, "system", "local", "where it works, by its main provider, such as azurerm, aws or google")
	c.Flags().StringVar(&m.Version, "version", "", "the semantic version; the file VERSION by default")
	return c
}

func complete(m *apiclient.ModuleVersion, dir string) error {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return kernel.Errorf(kernel.Invalid, "the folder %s cannot be found: %w", dir, err)
	}
	if info, err := os.Stat(absolute); err != nil || !info.IsDir() {
		return kernel.Errorf(kernel.NotFound, "there is no folder %s", dir)
	}
	if m.Name == "" {
		m.Name = filepath.Base(absolute)
	}
	if m.Version != "" {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(absolute, "VERSION"))
	if err != nil {
		return exit.Wrong("the module has no version").WithFix("write the file VERSION in %s, or give --version", dir)
	}
	m.Version = strings.TrimSpace(string(b))
	return nil
}

// skip leaves out what terraform writes and what version control keeps.
func skip(name string, dir bool) bool {
	base := path.Base(name)
	if dir {
		return base == ".terraform" || tarball.Hidden(name, dir)
	}
	return strings.Contains(base, ".tfstate") || base == ".terraform.lock.hcl"
}

func list(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the published modules", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace module list",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.Modules(ctx)
			return command.PrintFound(e, all, err, []string{"MODULE", "VERSION", "DIGEST", "AGE"}, func(m apiclient.ModuleVersion) []string {
				return []string{m.Namespace + "/" + m.Name + "/" + m.System, m.Version, m.Digest.Short(), output.Age(e.Clock.Now(), m.PublishedAt)}
			})
		}),
	}
}
