package focus_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Files are written by many programs: with a mark before them, with the ends of lines of
// Windows, with fields of several lines.
func TestFilesAsExportersWriteThem(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		odd := strings.Replace(row{cost: "-2.5", tags: tags("shop", "dev")}.String(), ",Compute,", ",\"Com\npute\",", 1)
		text := "\ufeff" + strings.ReplaceAll(file(row{cost: "10", tags: tags("shop", "dev")})+odd+row{cost: "ten"}.String(), "\n", "\r\n")
		i := b.take(t, text, focus.ImportRequest{OnError: focus.Skip, Files: []string{"oct.csv"}})
		if i.Rows != 3 || i.Skipped != 1 || len(i.Problems) != 3 || i.Problems[0].Line != 5 || i.Problems[0].Path != "BilledCost" {
			t.Errorf("%+v", i)
		}
		same(t, "what can be read counts", b.lines(t, acme, focus.Query{}), []string{"shop/dev EUR 7.50+0.00"})
		quoted := "\ufeff\"" + strings.ReplaceAll(strings.TrimSuffix(header, "\n"), ",", "\",\"") + "\"\n" + row{cost: "3"}.String()
		if i := b.take(t, quoted+quoted, focus.ImportRequest{}); i.Rows != 2 {
			t.Errorf("two files with marks: %+v", i)
		}
		same(t, "both count", b.lines(t, acme, focus.Query{}), []string{"/ EUR 6.00+0.00"})
	})
}

// A mark is left out wherever the chunks of a file end.
func TestMarksAreLeftOutInAnyChunk(t *testing.T) {
	t.Parallel()
	text := "\ufeff" + file(row{cost: "1"}) + "\ufeff" + file(row{cost: "2"}) + "\n\ufeff" + file(row{cost: "4"})
	for size := 1; size < 40; size++ {
		r, err := focus.NewReader(&slow{strings.NewReader(text), size}, nil)
		if err != nil {
			t.Fatal(size, err)
		}
		var c focus.Charge
		for err == nil {
			var problems []kernel.Problem
			if problems, err = r.Next(&c); len(problems) > 0 {
				t.Fatal(size, problems)
			}
		}
		if !errors.Is(err, io.EOF) || r.Rows != 3 {
			t.Errorf("chunks of %d: %d rows, %v", size, r.Rows, err)
		}
	}
}

// slow gives few bytes at once.
type slow struct {
	from io.Reader
	size int
}

func (s *slow) Read(p []byte) (int, error) { return s.from.Read(p[:min(len(p), s.size)]) }

// An amount is exact or refused, whatever its length.
func TestAmountsOfAnyLength(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		forty := strings.Repeat("1234567890", 4)
		i := b.take(t, file(row{cost: "0." + forty}, row{cost: "-0.5"}, row{cost: forty}, row{cost: "-" + forty}, row{cost: "1e400"}, row{cost: "NaN"}), focus.ImportRequest{OnError: focus.Skip})
		if i.Skipped != 4 || i.Rounded != 1 || !strings.Contains(i.Problems[0].String(), "is larger than any amount (correct it: an amount has at most 15 digits before the point)") {
			t.Errorf("%+v", i)
		}
		same(t, "the others", b.lines(t, acme, focus.Query{}), []string{"/ EUR -0.376543210988+0.00"})
	})
}

// broken ends in the middle of a file.
type broken struct{ from io.Reader }

func (b *broken) Read(p []byte) (int, error) {
	n, err := b.from.Read(p[:min(len(p), 1000)])
	if errors.Is(err, io.EOF) {
		err = errors.New("the line went dead")
	}
	return n, err
}

// An import that ends in the middle leaves what there was.
func TestAnImportThatBreaksOffLeavesWhatThereWas(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		b.take(t, file(row{cost: "4"}), focus.ImportRequest{})
		for range 2 {
			_, err := b.Import(ada(), acme, &broken{strings.NewReader(file(row{cost: "1"}, row{cost: "2"}, row{cost: "3"}))}, focus.ImportRequest{OnError: focus.Skip})
			if err == nil {
				t.Error("a file that breaks off is imported")
			}
		}
		same(t, "the one before", b.lines(t, acme, focus.Query{}), []string{"/ EUR 4.00+0.00"})
		if page, err := b.List(ada(), acme, kernel.PageRequest{}); err != nil || len(page.Items) != 1 {
			t.Errorf("%+v %v", page, err)
		}
	})
}

// Of imports of one period at the same time one counts, whole; those of others all do.
func TestImportsAtTheSameTime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		var all sync.WaitGroup
		failed := make(chan error, 12)
		for n := range 12 {
			text := file(row{cost: "1", account: "acc-1", resource: fmt.Sprint(n)}, row{cost: "1", account: "acc-1", currency: "USD", resource: fmt.Sprint(n)})
			if n >= 6 {
				text = file(row{cost: "1", account: fmt.Sprintf("own-%d", n), currency: "CHF"})
			}
			all.Go(func() {
				_, err := b.Import(ada(), acme, strings.NewReader(text), focus.ImportRequest{OnError: focus.Refuse})
				failed <- err
			})
		}
		all.Wait()
		close(failed)
		for err := range failed {
			if err != nil {
				t.Error(err)
			}
		}
		same(t, "one of six, and six others", b.lines(t, acme, focus.Query{}), []string{"/ CHF 6.00+0.00", "/ EUR 1.00+0.00", "/ USD 1.00+0.00"})
	})
}

// What showback tells is what was imported, to the last digit, however it is allocated.
func TestShowbackIsWhatWasImported(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bench) {
		dice := rand.New(rand.NewPCG(1, 2))
		pick := func(of ...string) string { return of[dice.IntN(len(of))] }
		for turn := range 15 {
			var rows []row
			for range 40 {
				rows = append(rows, row{
					cost:     fmt.Sprintf("%s%d.%012d", pick("", "", "-"), dice.IntN(1000), dice.Int64N(1e12)),
					currency: pick("EUR", "USD"), category: pick("Usage", "Usage", "Tax", "Credit", "Purchase"), service: pick("DNS", "Kubernetes Service", "Virtual Machines"),
					resource: pick("/a", "/b", "/c"), tags: pick("", tags("shop", "dev"), tags("shop", "prod"), tags("news", "prod"), `{"owner": "x"}`),
				})
			}
			imported := b.take(t, file(rows...), focus.ImportRequest{})
			how := pick("even", "proportional", "fixed, shares: {shop: 33.3, news: 12.7}")
			spec := fmt.Sprintf("  shared: [{name: s, match: {service: %s}, over: %s, how: %s}]\n  assign: [{name: a, match: {resource: /b}, set: {project: net}}]\n", pick("DNS", "kubernetes*"), "project", how)
			if _, err := b.SetRules(ada(), acme, "rules.yaml", rules(spec)); err != nil {
				t.Fatal(err)
			}
			for _, by := range [][]focus.Dimension{nil, {focus.ByService}, {focus.ByProject}} {
				r, err := b.Showback(ada(), acme, focus.Query{By: by})
				if err != nil {
					t.Fatal(err)
				}
				sums := map[string]focus.Amount{}
				for _, l := range r.Lines {
					sums[l.Currency] = sums[l.Currency].Add(l.Direct).Add(l.Shared)
				}
				for _, total := range imported.Totals {
					if sums[total.Currency] != total.Effective {
						t.Errorf("turn %d by %v, %s: %s %s are told, %s were imported", turn, by, how, sums[total.Currency], total.Currency, total.Effective)
					}
				}
			}
		}
	})
}
