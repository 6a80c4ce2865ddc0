package cost

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/governance/cost/pricebook"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func prices(e *command.Env) *cobra.Command {
	return command.Group("prices", "The prices that estimates are made with", importPrices(e))
}

// imported is what an import came to.
type imported struct {
	File     string         `json:"file"`
	Prices   int            `json:"prices"`
	Items    int            `json:"items"`
	Skipped  int            `json:"skipped"`
	Unmapped map[string]int `json:"unmapped,omitempty"`
	// Next is a page that the files name and that is not among them.
	Next string `json:"next,omitempty"`
}

func importPrices(e *command.Env) *cobra.Command {
	var into, date string
	c := &cobra.Command{
		Use: "import FILE...", Short: "Make a snapshot of pages of Azure's retail price API", Args: cobra.MinimumNArgs(1),
		Long: "Each file is a page as https://prices.azure.com/api/retail/prices answers it. The snapshot is written into\n" +
			"the folder of --into under its date; estimates take it with --prices. Prices other than on demand, and in\n" +
			"other currencies than US dollars, are left out; meters that Terrace does not use are counted.",
		Example: "  terrace cost prices import page-*.json --into ./prices --date 2026-11-01\n  terrace cost estimate . --prices ./prices",
		RunE: func(_ *cobra.Command, args []string) error {
			result, err := takePages(args, into, date)
			if err != nil {
				return err
			}
			return e.Print(result, func(w io.Writer) { writeImported(w, result) })
		},
	}
	c.Flags().StringVar(&into, "into", "prices", "the folder of snapshots")
	command.Day(c, &date, "date", "the date of the prices, such as 2026-11-01")
	_ = c.MarkFlagRequired("date") // the flags were made above
	_ = c.MarkFlagDirname("into")  // likewise
	return c
}

func takePages(files []string, into, date string) (imported, error) {
	pages := pricebook.NewImport()
	for _, name := range files {
		f, err := command.Open(name)
		if err != nil {
			return imported{}, err
		}
		err = pages.Page(name, f)
		_ = f.Close()
		if err != nil {
			return imported{}, err
		}
	}
	result := imported{
		File: filepath.Join(into, date, "azure-retail.csv"), Prices: len(pages.Entries()),
		Items: pages.Items, Skipped: pages.Skipped, Unmapped: pages.Unmapped, Next: pages.Next,
	}
	if result.Prices == 0 {
		return result, kernel.Errorf(kernel.Invalid, "the pages have no price that Terrace uses: of %s %d are not on-demand prices in US dollars", cost.Counted(result.Items, "item"), result.Skipped).
			WithFix("ask the API for currencyCode='USD' and for services that estimates name, see what has no price in terrace cost estimate")
	}
	return result, save(result.File, pages.Entries())
}

func save(name string, entries []pricebook.Entry) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return kernel.Errorf(kernel.Unavailable, "the folder of %s cannot be made: %w", name, err)
	}
	f, err := os.Create(name)
	if err != nil {
		return kernel.Errorf(kernel.Unavailable, "%s cannot be written: %w", name, err)
	}
	if err := pricebook.Write(f, entries); err != nil {
		_ = f.Close()
		return kernel.Errorf(kernel.Unavailable, "%s cannot be written: %w", name, err)
	}
	return f.Close()
}

func writeImported(w io.Writer, r imported) {
	_, _ = fmt.Fprintf(w, "%s: %s of %s; not on-demand prices in US dollars: %d\n", r.File, cost.Counted(r.Prices, "price"), cost.Counted(r.Items, "item"), r.Skipped)
	if r.Next != "" {
		_, _ = fmt.Fprintf(w, "there are more pages, which are not in it: %s\n", r.Next)
	}
	var services []string
	for s := range r.Unmapped {
		services = append(services, s)
	}
	slices.Sort(services)
	for _, s := range services {
		_, _ = fmt.Fprintf(w, "not used: %s, %s\n", s, cost.Counted(r.Unmapped[s], "meter"))
	}
}
