package focus

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxProblems bounds the problems that an import tells one by one.
const maxProblems = 100

// OnError says what becomes of a file with rows that cannot be read.
type OnError string

// What is done about such rows.
const (
	// Refuse takes nothing of the file.
	Refuse OnError = "refuse"
	// Skip takes all other rows.
	Skip OnError = "skip"
)

// ImportRequest says how files are taken.
type ImportRequest struct {
	// Files are their names, for problems.
	Files []string
	// Part names the part of a billing account that the files have; "" is all of it.
	Part    string
	OnError OnError
	// DryRun only looks.
	DryRun bool
}

// Import is one import, and what it came to.
type Import struct {
	ID     string   `json:"id"`
	Tenant string   `json:"-"`
	Files  []string `json:"files"`
	Part   string   `json:"part,omitempty"`
	DryRun bool     `json:"dryRun,omitempty"`
	// Versions are those of FOCUS; Missing are mandatory columns of 1.2 that are not there and not needed.
	Versions []string `json:"versions"`
	Missing  []string `json:"missing,omitempty"`
	Rows     int64    `json:"rows"`
	// Skipped counts rows that could not be read, Rounded those with amounts of more than 12 decimal places.
	Skipped int64 `json:"skipped"`
	Rounded int64 `json:"rounded"`
	// Problems are the first hundred.
	Problems []kernel.Problem `json:"problems,omitempty"`
	// Slices are the billing periods that it has; Replaced counts those that it took the place of.
	Slices   []Slice `json:"slices"`
	Replaced int     `json:"replaced"`
	// Counting is how many of the billing periods nothing later has replaced.
	Counting int `json:"counting"`
	// Totals are its costs by currency.
	Totals []ImportTotal `json:"totals"`
	By     string        `json:"by"`
	At     time.Time     `json:"at"`
}

// ImportTotal is what an import has in one currency.
type ImportTotal struct {
	Currency  string `json:"currency"`
	Billed    Amount `json:"billed"`
	Effective Amount `json:"effective"`
}

// Import takes billing files as one: what they have of an account's billing period
// replaces all that was imported of it before, at one moment. Until then, and where
// it fails, nothing changes.
func (s *Service) Import(ctx context.Context, scope kernel.Scope, from io.Reader, req ImportRequest) (Import, error) {
	scope = kernel.Scope{Tenant: scope.Tenant}
	if err := s.Authorizer.Authorize(ctx, actionImport, scope); err != nil {
		return Import{}, err
	}
	reader, err := NewReader(from, req.Files)
	if err != nil {
		return Import{}, err
	}
	actor, _ := kernel.ActorFrom(ctx) // it was authorised
	n := &intake{
		s: s, reader: reader, onError: req.OnError, sums: map[sumKey]*Sum{}, days: map[dayKey]*Amount{}, totals: map[string]*ImportTotal{}, slices: map[string]*Slice{},
		Import: Import{ID: kernel.NewID("imp"), Tenant: scope.Tenant, Files: req.Files, Part: req.Part, DryRun: req.DryRun, By: actor.Name, At: s.Clock.Now()},
	}
	n.fresh()
	if req.DryRun {
		err := n.read(ctx)
		return n.Import, err
	}
	if err := s.Store.Begin(ctx, n.Import); err != nil {
		return Import{}, err
	}
	if err := s.take(ctx, scope, n); err != nil {
		if bad := s.Store.Discard(context.WithoutCancel(ctx), n.ID); bad != nil {
			s.Log.WarnContext(ctx, "a failed import is removed later", "import", n.ID, "error", bad)
		}
		return Import{}, err
	}
	if err := s.tell(ctx, scope); err != nil { // the import counts all the same
		s.Log.WarnContext(ctx, "anomalies are told with the next import", "import", n.ID, "error", err)
	}
	return n.Import, nil
}

// take loads everything and then lets it count.
func (s *Service) take(ctx context.Context, scope kernel.Scope, n *intake) error {
	if err := n.read(ctx); err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		if n.Replaced, err = s.Store.Activate(ctx, n.Import); err != nil {
			return err
		}
		n.Counting = len(n.Slices)
		return s.Journal.Record(ctx, kernel.Fact{
			Type: "cost.imported", Scope: scope, Subject: n.ID,
			Data: map[string]any{"rows": n.Rows, "skipped": n.Skipped, "periods": len(n.Slices), "replaced": n.Replaced, "part": n.Part},
		})
	})
}

// intake sums rows up and hands them to the store in batches.
type intake struct {
	Import

	s       *Service
	reader  *Reader
	onError OnError
	sums    map[sumKey]*Sum
	days    map[dayKey]*Amount
	totals  map[string]*ImportTotal
	slices  map[string]*Slice
	batch   Batch
}

type sumKey struct {
	slice, thing, label int64
	currency, category  string
}

type dayKey struct {
	slice, label           int64
	day, service, currency string
}

const (
	// maxHeld bounds what is summed up in memory.
	maxHeld = 150_000
	// maxSlices bounds the accounts and periods of an import.
	maxSlices = 5_000
)

func (n *intake) fresh() { n.batch = Batch{Things: map[int64]Thing{}, Labels: map[int64]string{}} }

// read goes through all rows.
func (n *intake) read(ctx context.Context) error {
	var c Charge
	for {
		problems, err := n.reader.Next(&c)
		if errors.Is(err, io.EOF) {
			return n.finish(ctx)
		}
		if err != nil {
			return err
		}
		if len(problems) > 0 {
			n.Skipped++
			n.Problems = append(n.Problems, problems[:min(len(problems), maxProblems-len(n.Problems))]...)
			continue
		}
		if n.onError == Refuse && n.Skipped > 0 {
			continue // the rest is looked at, and nothing of it is kept
		}
		n.add(&c)
		if len(n.slices) > maxSlices {
			return kernel.Errorf(kernel.TooLarge, "the files have more than %d billing periods of accounts", maxSlices).WithFix("import fewer files at once")
		}
		if len(n.sums) >= maxHeld || len(n.days) >= maxHeld {
			if err := n.flush(ctx); err != nil {
				return err
			}
		}
	}
}

func (n *intake) finish(ctx context.Context) error {
	n.Rows, n.Versions, n.Missing = n.reader.Rows, n.reader.Versions, n.reader.Missing
	switch {
	case n.onError == Refuse && n.Skipped > 0:
		return kernel.Errorf(kernel.Invalid, "%d of %d rows cannot be read, and nothing was imported", n.Skipped, n.Rows).
			WithProblems(n.Problems...).WithFix("correct them, or import the others with --on-error skip")
	case n.Rows == n.Skipped:
		return kernel.Errorf(kernel.Invalid, "there is no row that can be read in %s", strings.Join(n.Files, ", ")).
			WithProblems(n.Problems...).WithFix("give files in the FOCUS format, with a header and a row for each charge")
	}
	if err := n.flush(ctx); err != nil {
		return err
	}
	for _, t := range n.totals {
		n.Totals = append(n.Totals, *t)
	}
	slices.SortFunc(n.Totals, func(a, b ImportTotal) int { return strings.Compare(a.Currency, b.Currency) })
	for _, sl := range n.slices {
		n.Slices = append(n.Slices, *sl)
	}
	slices.SortFunc(n.Slices, func(a, b Slice) int { return strings.Compare(a.Account+a.Period, b.Account+b.Period) })
	return nil
}

func (n *intake) add(c *Charge) {
	sl, thing, label := n.slice(c), c.Thing.Key(), LabelKey(c.Tags)
	if c.rounded {
		n.Rounded++
	}
	total, ok := n.totals[c.Currency]
	if !ok {
		currency := strings.Clone(c.Currency)
		total = &ImportTotal{Currency: currency}
		n.totals[currency] = total
	}
	total.Billed, total.Effective = total.Billed.Add(c.Billed), total.Effective.Add(c.Effective)
	key := sumKey{sl, thing, label, total.Currency, category(c.Category)}
	sum, ok := n.sums[key]
	if !ok {
		sum = &Sum{Slice: sl, Thing: thing, Label: label, Currency: key.currency, Category: key.category}
		n.sums[key] = sum
		n.know(c, thing, label)
	}
	sum.Rows++
	sum.Billed, sum.Effective, sum.List = sum.Billed.Add(c.Billed), sum.Effective.Add(c.Effective), sum.List.Add(c.List)
	if c.Category != "Usage" {
		return
	}
	day := dayKey{sl, label, c.Day, n.batch.Things[thing].Service, total.Currency}
	if held, ok := n.days[day]; ok {
		*held = held.Add(c.Effective)
		return
	}
	first := c.Effective
	n.days[day] = &first
}

// know keeps the thing and the tags of a charge without the row they were in.
func (n *intake) know(c *Charge, thing, label int64) {
	if _, ok := n.batch.Things[thing]; !ok {
		t := c.Thing
		for _, text := range []*string{&t.Provider, &t.Service, &t.Category, &t.SubAccount, &t.Resource, &t.Name} {
			*text = strings.Clone(*text)
		}
		n.batch.Things[thing] = t
	}
	if label != 0 {
		n.batch.Labels[label] = c.Tags
	}
}

// category returns the text that does not hold a row.
func category(c string) string {
	for _, known := range Categories() {
		if known == c {
			return known
		}
	}
	return ""
}

// slice returns the slice of a charge, and keeps the days that it has.
func (n *intake) slice(c *Charge) int64 {
	key := c.Account + "\x00" + c.Period
	sl, ok := n.slices[key]
	if !ok {
		sl = &Slice{
			ID: number(sha256.Sum256([]byte(n.ID + "\x00" + key))), Account: strings.Clone(c.Account), Period: c.Period, End: c.End, Part: n.Part, From: c.Day, To: c.Day, Import: n.ID,
		}
		n.slices[strings.Clone(key)] = sl
		n.batch.Slices = append(n.batch.Slices, *sl)
	}
	sl.From, sl.To = min(sl.From, c.Day), max(sl.To, c.Day)
	return sl.ID
}

// flush hands over what was summed up.
func (n *intake) flush(ctx context.Context) error {
	for _, sum := range n.sums {
		n.batch.Sums = append(n.batch.Sums, *sum)
	}
	for key, amount := range n.days {
		n.batch.Usage = append(n.batch.Usage, DaySum{Slice: key.slice, Label: key.label, Day: key.day, Service: key.service, Currency: key.currency, Effective: *amount})
	}
	clear(n.sums)
	clear(n.days)
	if n.DryRun {
		n.fresh()
		return nil
	}
	err := n.s.Store.Load(ctx, n.Import, n.batch)
	n.fresh()
	return err
}

// Name tells how many rows of which periods an import has, for people.
func (i Import) Name() string {
	periods := make([]string, 0, len(i.Slices))
	for _, s := range i.Slices {
		periods = append(periods, s.Account+" "+s.Period)
	}
	return strconv.FormatInt(i.Rows-i.Skipped, 10) + " rows of " + strings.Join(periods, ", ")
}
