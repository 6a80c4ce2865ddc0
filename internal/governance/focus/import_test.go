package focus_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/governance/focus/focussql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func TestAnImportReplacesWhatItCovers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		october := file(row{cost: "10", tags: tags("shop", "dev")}, row{cost: "0.000000000001", tags: tags("shop", "dev")}, row{cost: "5", account: "acc-2", currency: "USD"})
		first := b.take(t, october, focus.ImportRequest{})
		if first.Rows != 3 || first.Replaced != 0 || len(first.Slices) != 2 || first.Versions[0] != "1.2" {
			t.Fatalf("%+v", first)
		}
		want := []string{"/ USD 5.00+0.00", "shop/dev EUR 10.000000000001+0.00"}
		same(t, "once", b.lines(t, acme, focus.Query{}), want)
		if again := b.take(t, october, focus.ImportRequest{}); again.Replaced != 2 {
			t.Errorf("the same file replaces %d", again.Replaced)
		}
		same(t, "twice", b.lines(t, acme, focus.Query{}), want)

		b.take(t, file(row{cost: "11", tags: tags("shop", "dev")}, row{cost: "7", month: "2026-11", tags: tags("shop", "dev")}), focus.ImportRequest{})
		same(t, "one account's period", b.lines(t, acme, focus.Query{Month: "2026-10"}), []string{"/ USD 5.00+0.00", "shop/dev EUR 11.00+0.00"})
		same(t, "the newest month", b.lines(t, acme, focus.Query{}), []string{"shop/dev EUR 7.00+0.00"})
		same(t, "facts", b.rooms.types(), []string{"cost.imported", "cost.imported", "cost.imported"})

		if err := b.Sweep(ada()); err != nil {
			t.Fatal(err)
		}
		var left int
		if err := b.db.Reader(ada()).QueryRowContext(ada(), "SELECT COUNT(*) FROM focus_sums").Scan(&left); err != nil || left != 3 {
			t.Errorf("%d sums are left, %v", left, err)
		}
		page, err := b.List(ada(), acme, kernel.PageRequest{Limit: 2})
		if err != nil || len(page.Items) != 2 || page.Next == "" || page.Items[0].By != "ada" || page.Items[0].Counting != 2 || page.Items[1].Counting != 1 {
			t.Errorf("%+v %v", page, err)
		}
	})
}

// An import that counts is answered as one, though its anomalies could not be told.
func TestAnImportCountsThoughAnomaliesAreNotTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.rooms.refused = "cost.anomaly_found"
		text := season(func(day string, cost float64) float64 {
			if day == "2026-11-03" {
				return 0
			}
			return cost
		})
		i, err := b.Import(ada(), acme, strings.NewReader(text), focus.ImportRequest{OnError: focus.Refuse})
		if err != nil || i.ID == "" || i.Rows == 0 {
			t.Fatalf("%+v %v", i, err)
		}
		same(t, "it counts", b.rooms.types(), []string{"cost.imported"})
		b.rooms.refused = ""
		b.take(t, text, focus.ImportRequest{})
		same(t, "told with the next", b.rooms.types()[1:], []string{"cost.imported", "cost.anomaly_found"})
	})
}

// What was abandoned takes nothing more.
func TestAnAbandonedImportLoadsNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		i := focus.Import{ID: kernel.NewID("imp"), Tenant: "acme"}
		batch := focus.Batch{Labels: map[int64]string{1: "{}"}}
		if err := b.Store.Begin(ada(), i); err != nil {
			t.Fatal(err)
		}
		if err := b.Store.Load(ada(), i, batch); err != nil {
			t.Errorf("under way: %v", err)
		}
		if err := b.Store.Abandon(ada(), clock().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if err := b.Store.Load(ada(), i, batch); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("abandoned: %v", err)
		}
	})
}

func TestPartsOfAPeriod(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.take(t, file(row{cost: "1"}), focus.ImportRequest{Part: "east"})
		b.take(t, file(row{cost: "2"}), focus.ImportRequest{Part: "west"})
		b.take(t, file(row{cost: "3"}), focus.ImportRequest{Part: "west"})
		same(t, "two parts", b.lines(t, acme, focus.Query{}), []string{"/ EUR 4.00+0.00"})
		whole := b.take(t, file(row{cost: "9"}), focus.ImportRequest{})
		same(t, "the whole", b.lines(t, acme, focus.Query{}), []string{"/ EUR 9.00+0.00"})
		_, err := b.Import(ada(), acme, strings.NewReader(file(row{cost: "1"})), focus.ImportRequest{Part: "east", OnError: focus.Refuse})
		if !kernel.Is(err, kernel.Conflict) {
			t.Errorf("a part beside the whole: %v", err)
		}
		same(t, "still the whole", b.lines(t, acme, focus.Query{}), []string{"/ EUR 9.00+0.00"})
		if err := b.Forget(ada(), acme, whole.ID); err != nil {
			t.Fatal(err)
		}
		b.take(t, file(row{cost: "1"}), focus.ImportRequest{Part: "east"})
		same(t, "parts after it is forgotten", b.lines(t, acme, focus.Query{}), []string{"/ EUR 1.00+0.00"})
	})
}

func TestRowsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		bad := file(row{cost: "10"}, row{cost: "1,5"}, row{category: "Gift", tags: "x"}, row{cost: "2"})
		_, err := b.Import(ada(), acme, strings.NewReader(bad), focus.ImportRequest{OnError: focus.Refuse, Files: []string{"oct.csv"}})
		told, ok := errors.AsType[*kernel.Error](err)
		if !ok || len(told.Problems) != 3 {
			t.Fatalf("%v", err)
		}
		if p := told.Problems[1]; p.File != "oct.csv" || p.Line != 4 || p.Column != 8 || p.Path != "ChargeCategory" || p.Fix == "" {
			t.Errorf("%+v", p)
		}
		if _, err := b.Showback(ada(), acme, focus.Query{}); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("something was kept: %v", err)
		}
		if i := b.take(t, bad, focus.ImportRequest{OnError: focus.Skip}); i.Skipped != 2 || i.Rows != 4 || len(i.Problems) != 3 {
			t.Errorf("%+v", i)
		}
		same(t, "the others", b.lines(t, acme, focus.Query{}), []string{"/ EUR 12.00+0.00"})
		many := header + strings.Repeat("x\n", 500) + row{}.String()
		if i := b.take(t, many, focus.ImportRequest{OnError: focus.Skip, DryRun: true}); i.Skipped != 500 || len(i.Problems) != 100 {
			t.Errorf("%d skipped, %d told", i.Skipped, len(i.Problems))
		}
		same(t, "a dry run", b.lines(t, acme, focus.Query{}), []string{"/ EUR 12.00+0.00"})
	})
}

// TestABombOfRowsEndsWithWhoSentIt: a mebibyte of gzip is a gibibyte of rows, which nobody
// reads when nobody waits for the answer.
func TestABombOfRowsEndsWithWhoSentIt(t *testing.T) {
	t.Parallel()
	b := newBench(dbtest.SQLite(t, focussql.Migrations()))
	read, write := io.Pipe()
	ctx, leave := context.WithCancel(ada())
	go func() {
		_, err := io.WriteString(write, header)
		for i := 0; err == nil; i++ { // there is always one more
			if _, err = io.WriteString(write, row{}.String()); i == 100 {
				leave()
			}
		}
	}()
	_, err := b.Import(ctx, acme, read, focus.ImportRequest{DryRun: true})
	_ = read.Close()
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestFilesThatAreNone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		var cut bytes.Buffer
		z := gzip.NewWriter(&cut)
		_, _ = z.Write([]byte(file(row{})))
		_ = z.Close()
		for name, text := range map[string]string{
			"empty": "", "another table": "a,b\n1,2\n", "a header alone": header, "cut off gzip": cut.String()[:cut.Len()-10], "an open quote": header + `"` + strings.Repeat("x,", 3<<20),
		} {
			if _, err := b.Import(ada(), acme, strings.NewReader(text), focus.ImportRequest{OnError: focus.Skip}); !kernel.Is(err, kernel.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestVersionsAndManyFiles(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		sample, err := os.ReadFile("testdata/focus_1.0_sample.csv")
		if err != nil {
			t.Fatal(err)
		}
		newer := strings.NewReplacer("ProviderName", "ServiceProviderName", ",InvoiceId", ",AllocatedTags").Replace(header) +
			strings.TrimSuffix(row{cost: "3", tags: tags("shop", "dev")}.String(), "\n") + `"{""env"": ""prod""}"` + "\n"
		var packed bytes.Buffer
		for _, one := range []string{string(sample), "\n" + newer} {
			z := gzip.NewWriter(&packed)
			_, _ = z.Write([]byte(one))
			_ = z.Close()
		}
		i := b.take(t, packed.String(), focus.ImportRequest{Files: []string{"a.csv.gz", "b.csv"}})
		if strings.Join(i.Versions, " ") != "1.0 1.3" || i.Rows != 20 || i.Skipped != 0 {
			t.Errorf("%+v", i)
		}
		same(t, "a split resource", b.lines(t, acme, focus.Query{Month: "2026-10"}), []string{"shop/prod EUR 3.00+0.00"})
	})
}

// A file that is something else is told once, with its first row; a currency that is
// none is told by its row.
func TestWhatIsNoFOCUS(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"<html>\n<body>\n": "it is HTML or XML, not CSV", "\xff\xfeB\x00i\x00": "it is in UTF-16, not CSV", "[{\"BilledCost\": 1}]": "it is JSON, not CSV", "PK\x03\x04": "it is a zip archive, not CSV",
	} {
		_, err := focus.NewReader(strings.NewReader(text), []string{"a.csv"})
		e, ok := errors.AsType[*kernel.Error](err)
		if !ok || len(e.Problems) != 1 || e.Problems[0].File != "a.csv" || e.Problems[0].Message != want || e.Problems[0].Fix == "" {
			t.Errorf("%q: %+v", text, err)
		}
	}
	for name, text := range map[string]string{"another table": "Date,Amount,Account\n1,2,3\n", "no text": "\x01\x02\xff\n"} {
		_, err := focus.NewReader(strings.NewReader(text), []string{"a.csv"})
		e, ok := errors.AsType[*kernel.Error](err)
		if !ok || len(e.Problems) != 1 || e.Problems[0].File != "a.csv" || e.Problems[0].Line != 1 || !strings.Contains(e.Problems[0].Message, "its first row begins with") {
			t.Errorf("%s: %+v", name, err)
		}
	}
	r, err := focus.NewReader(strings.NewReader(file(row{cost: "1", currency: "XQQ"}, row{cost: "1", currency: "eur"})), []string{"a.csv"})
	if err != nil {
		t.Fatal(err)
	}
	var c focus.Charge
	if problems, err := r.Next(&c); err != nil || len(problems) != 1 || !strings.Contains(problems[0].Message, "is no currency") {
		t.Errorf("%v %v", problems, err)
	}
	if problems, err := r.Next(&c); err != nil || len(problems) != 0 || c.Currency != "EUR" {
		t.Errorf("%+v %v %v", c, problems, err)
	}
}
