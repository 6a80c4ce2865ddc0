package focus_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/governance/focus/focussql"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// The promise: a million rows within a minute and 400 MB.
const (
	benchRows = 1_000_000
	mostTime  = time.Minute
	mostMB    = 400
)

// bill writes rows of 100,000 resources with 500 sets of tags, forty services and
// thirty days, in an order in which no resource comes twice in a row.
func bill(w io.Writer) error {
	b := bufio.NewWriterSize(w, 1<<16)
	_, _ = b.WriteString(header)
	for i := range benchRows {
		resource, day := i%100_000, i%30+1
		_, _ = fmt.Fprintf(b, "%d.%011d,%d.%011d,%d.25,acc-1,EUR,2026-10-01T00:00:00Z,2026-11-01T00:00:00Z,Usage,2026-10-%02dT00:00:00Z,2026-10-%02dT23:59:59Z,Azure,Service %d,Compute,"+
			"/subscriptions/%036d,/subscriptions/%036d/resourceGroups/rg-%d/providers/Microsoft.Compute/virtualMachines/vm-%d,vm-%d,\"{\"\"project\"\": \"\"p%d\"\", \"\"env\"\": \"\"e%d\"\", \"\"costcenter\"\": \"\"%d\"\"}\",\n",
			i%97, i, i%89, i, i%97, day, day, resource%40, resource%7, resource%7, resource%1000, resource, resource, resource%100, resource%5, resource%100)
	}
	return b.Flush()
}

func BenchmarkImportAMillionRows(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { million(b, dbtest.SQLite(b, focussql.Migrations())) })
	b.Run("postgres", func(b *testing.B) {
		d, err := db.Open(b.Context(), dbtest.NewPostgres(b))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = d.Close() })
		if err := d.Migrate(b.Context(), focussql.Migrations()); err != nil {
			b.Fatal(err)
		}
		million(b, d)
	})
}

func million(b *testing.B, d *db.DB) {
	for b.Loop() {
		read, write := io.Pipe()
		go func() { _ = write.CloseWithError(bill(write)) }()
		begun := time.Now()
		i, err := newBench(d).Import(ada(), acme, read, focus.ImportRequest{OnError: focus.Refuse})
		took := time.Since(begun)
		if err != nil || i.Rows != benchRows {
			b.Fatalf("%d rows, %v", i.Rows, err)
		}
		peak := peakMB(b)
		b.ReportMetric(took.Seconds(), "s/import")
		b.ReportMetric(float64(benchRows)/took.Seconds(), "rows/s")
		b.ReportMetric(peak, "MB-peak")
		if took > mostTime || peak > mostMB {
			b.Errorf("a million rows took %s and %.0f MB; %s and %d MB are promised", took, peak, mostTime, mostMB)
		}
		begun = time.Now()
		r, err := newBench(d).Showback(ada(), acme, focus.Query{})
		if err != nil || len(r.Lines) != 100 {
			b.Fatalf("%d lines, %v", len(r.Lines), err)
		}
		b.ReportMetric(time.Since(begun).Seconds(), "s/showback")
	}
}

// peakMB is the largest that the process ever was, in MB.
func peakMB(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("the peak of memory is read on Linux")
	}
	for line := range strings.Lines(string(status)) {
		var kb float64
		if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kb); n == 1 {
			return kb / 1024
		}
	}
	b.Fatal("the process has no peak of memory")
	return 0
}
