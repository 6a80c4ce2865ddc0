package focus

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// maxHeld bounds what is summed up in memory.
	maxHeld = 150_000
	// maxSlices bounds the accounts and periods of an import.
	maxSlices = 5_000
)

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

func (n *intake) fresh() { n.batch = Batch{Things: map[int64]Thing{}, Labels: map[int64]string{}} }

// read goes through all rows, which can be a thousand times what was sent: it ends with ctx.
func (n *intake) read(ctx context.Context) error {
	var c Charge
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
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
