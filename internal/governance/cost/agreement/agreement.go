package agreement

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/governance/cost/static"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Disagreement is a component whose figures differ.
type Disagreement struct {
	Case      string `json:"case"`
	Resource  string `json:"resource"`
	Component string `json:"component"`
	Expected  string `json:"expected"`
	Found     string `json:"found"`
}

// Report is what a folder of cases came to.
type Report struct {
	Cases int `json:"cases"`
	// Components counts those of all tables, Supported those of types that
	// Terrace describes and has prices for, Agreed those with the same figures.
	Components int `json:"components"`
	Supported  int `json:"supported"`
	Agreed     int `json:"agreed"`
	// Extra counts components that Terrace shows and the tables do not.
	Extra     int     `json:"extra"`
	Support   float64 `json:"supportPercent"`
	Agreement float64 `json:"agreementPercent"`
	// Unsupported has types and how many of their components are not supported.
	Unsupported map[string]int `json:"unsupported,omitempty"`
	// Disagreements tells what differs.
	Disagreements []Disagreement `json:"disagreements,omitempty"`
}

// Run holds every case of a folder, a folder each with a configuration, a usage
// file and a table, against the estimator.
func Run(ctx context.Context, estimator *cost.Estimator, catalog cost.Catalog, dir string) (Report, error) {
	tables, err := filepath.Glob(filepath.Join(dir, "*", "*.golden"))
	if err != nil || len(tables) == 0 {
		return Report{}, kernel.Errorf(kernel.NotFound, "%s has no folders with expected tables (*.golden)", dir)
	}
	sort.Strings(tables)
	r := Report{Unsupported: map[string]int{}}
	for _, table := range tables {
		if err := r.hold(ctx, estimator, catalog, table); err != nil {
			return r, err
		}
	}
	if r.Components > 0 {
		r.Support = 100 * float64(r.Supported) / float64(r.Components)
	}
	if r.Supported > 0 {
		r.Agreement = 100 * float64(r.Agreed) / float64(r.Supported)
	}
	return r, nil
}

func (r *Report) hold(ctx context.Context, estimator *cost.Estimator, catalog cost.Catalog, table string) error {
	text, err := os.ReadFile(table)
	if err != nil {
		return kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", table, err)
	}
	estimate, err := estimateOf(ctx, estimator, filepath.Dir(table))
	if err != nil {
		return err
	}
	r.Cases++
	r.compare(strings.TrimSuffix(filepath.Base(table), ".golden"), parse(string(text)), estimate, catalog)
	return nil
}

func estimateOf(ctx context.Context, estimator *cost.Estimator, dir string) (*cost.Estimate, error) {
	set, err := static.Read(ctx, dir, static.Options{})
	if err != nil {
		return nil, err
	}
	var usage *cost.Usage
	files, err := fs.Glob(os.DirFS(dir), "*.usage.yml")
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "%s cannot be read: %w", dir, err)
	}
	for _, name := range files {
		src, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", name, err)
		}
		if usage, err = cost.ParseUsage(filepath.Join(dir, name), src); err != nil {
			return nil, err
		}
	}
	return estimator.Estimate(ctx, set, usage)
}
