// Package pricing has the flags by which commands are told of prices and of use, and
// what they are of.
//
// It owns which prices and which use an estimate means. It estimates nothing itself.
package pricing

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

// Prices is which prices a command means.
type Prices struct{ folders []string }

// Flags adds --prices.
func (p *Prices) Flags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&p.folders, "prices", nil, "a folder of snapshots of prices, by date, beside those that Terrace ships (may be repeated)")
	_ = cmd.MarkFlagDirname("prices") // the flag was made above
}

// Estimator loads the prices that were chosen.
func (p *Prices) Estimator() (*cost.Estimator, *azure.Catalog, error) {
	folders := []fs.FS{pricebook.Shipped()}
	for _, dir := range p.folders {
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
	return cost.NewEstimator(book, cost.Platform{Catalog: catalog}), catalog, nil
}

// Usage is the file that tells what use is expected.
type Usage struct{ file string }

// Flags adds --usage.
func (u *Usage) Flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&u.file, "usage", "", "the file that tells what use is expected")
	_ = cmd.MarkFlagFilename("usage", "yml", "yaml") // the flag was made above
}

// Read reads the file, if one was named.
func (u *Usage) Read() (*cost.Usage, error) {
	if u.file == "" {
		return nil, nil //nolint:nilnil // no usage is a usage of nothing
	}
	src, err := command.Read(u.file, cost.MaxUsage)
	if err != nil {
		return nil, err
	}
	return cost.ParseUsage(u.file, src)
}
