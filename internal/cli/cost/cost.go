// Package cost has the commands terrace cost …: what plans cost before they are
// applied, what was really paid, by whom and for what, and how well that is dealt with.
//
// It owns their flags, tables and CSV, and which prices an estimate means. Estimates
// work without a server (governance/cost); what was paid, and whose it is, the server says.
package cost

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/governance/cost/azure"
	"github.com/terrace-idp/terrace/internal/governance/cost/pricebook"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Command returns terrace cost.
func Command(e *command.Env) *cobra.Command {
	return command.Group("cost", "What plans cost, and what is paid, by whom and for what", append([]*cobra.Command{estimate(e), agree(e), prices(e)}, paid(e)...)...)
}

// choice is which prices a command means.
type choice struct{ folders []string }

func (c *choice) flags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&c.folders, "prices", nil, "a folder of snapshots of prices, by date, beside those that Terrace ships (may be repeated)")
	_ = cmd.MarkFlagDirname("prices") // the flag was made above
}

// estimator loads the prices that were chosen.
func (c *choice) estimator() (*cost.Estimator, *azure.Catalog, error) {
	folders := []fs.FS{pricebook.Shipped()}
	for _, dir := range c.folders {
		found, err := filepath.Glob(filepath.Join(dir, "????-??-??"))
		if _, gone := os.Stat(dir); gone != nil || err != nil || len(found) == 0 {
			return nil, nil, kernel.Errorf(kernel.NotFound, "there are no snapshots of prices in the folder %s", dir).
				WithFix("make one with terrace cost prices import FILE... --into %s --date YYYY-MM-DD, or name another folder", dir)
		}
		folders = append(folders, os.DirFS(dir))
	}
	book, err := pricebook.Load(folders...)
	if err != nil {
		return nil, nil, err
	}
	catalog := azure.NewCatalog()
	return cost.NewEstimator(book, catalog), catalog, nil
}
