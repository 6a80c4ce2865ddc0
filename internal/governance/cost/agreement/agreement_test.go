package agreement_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/governance/cost/agreement"
	"github.com/terrace-idp/terrace/internal/governance/cost/azure"
	"github.com/terrace-idp/terrace/internal/governance/cost/pricebook"
)

// corpus is where the expected tables are, beside the tree.
const corpus = "../../../../../shared/corpora/cost"

func TestTablesOfOthers(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("TERRACE_COST_TABLES")
	if dir == "" {
		dir = filepath.FromSlash(corpus)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the expected tables are not here (%s); set TERRACE_COST_TABLES", dir)
	}
	book, err := pricebook.Load(pricebook.Shipped())
	if err != nil {
		t.Fatal(err)
	}
	catalog := azure.NewCatalog()
	report, err := agreement.Run(t.Context(), cost.NewEstimator(book, catalog), catalog, dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range report.Disagreements {
		t.Logf("%s %s %s: expected %s, found %s", d.Case, d.Resource, d.Component, d.Expected, d.Found)
	}
	t.Logf("support %.1f %% (%d of %d), agreement %.1f %% (%d), extra %d", report.Support, report.Supported, report.Components, report.Agreement, report.Agreed, report.Extra)
	if report.Support < 85 || report.Agreement < 95 {
		t.Fatalf("support %.1f %%, agreement %.1f %%", report.Support, report.Agreement)
	}
}
