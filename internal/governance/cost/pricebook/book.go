package pricebook

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxRows bounds a snapshot.
const maxRows = 2_000_000

// everywhere is the region of prices that are the same in all regions.
const everywhere = "*"

type key struct{ service, meter, variant, region string }

// Book is prices of one or more snapshots.
type Book struct {
	prices map[key]float64
	date   string
}

// Entry is one row of a snapshot.
type Entry struct {
	Service, Meter, Variant, Region, Unit string
	USD                                   float64
}

// Header is the first row of a snapshot's files.
func Header() []string { return []string{"service", "meter", "variant", "region", "unit", "usd"} }

// Row is the entry as a row of a file.
func (e Entry) Row() []string {
	return []string{e.Service, e.Meter, e.Variant, e.Region, e.Unit, strconv.FormatFloat(e.USD, 'f', -1, 64)}
}

// Load reads the snapshots of folders: dates at their top, newest last to win.
func Load(folders ...fs.FS) (*Book, error) {
	b := &Book{prices: map[key]float64{}}
	type dated struct {
		date string
		in   fs.FS
	}
	var all []dated
	day := regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	for _, in := range folders {
		entries, err := fs.ReadDir(in, ".")
		if err != nil {
			return nil, kernel.Errorf(kernel.NotFound, "the folder of prices cannot be read: %w", err)
		}
		for _, e := range entries {
			if e.IsDir() && day.MatchString(e.Name()) {
				all = append(all, dated{date: e.Name(), in: in})
			}
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].date < all[j].date })
	for _, d := range all {
		if err := b.snapshot(d.in, d.date); err != nil {
			return nil, err
		}
		b.date = d.date
	}
	if len(b.prices) == 0 {
		return nil, kernel.Errorf(kernel.NotFound, "there is no snapshot of prices").WithFix("Give a folder with snapshots named by their dates.")
	}
	return b, nil
}

func (b *Book) snapshot(in fs.FS, date string) error {
	files, err := fs.Glob(in, path.Join(date, "*.csv"))
	if err != nil {
		return kernel.Errorf(kernel.Invalid, "the snapshot %s cannot be read: %w", date, err)
	}
	for _, name := range files {
		f, err := in.Open(name)
		if err != nil {
			return kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", name, err)
		}
		err = b.read(name, f)
		_ = f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *Book) read(name string, f io.Reader) error {
	in := csv.NewReader(f)
	in.FieldsPerRecord, in.ReuseRecord = 6, true
	for line := 1; ; line++ {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return noPrices(name, err)
		}
		if line == 1 {
			continue
		}
		usd, err := strconv.ParseFloat(row[5], 64)
		if err != nil || !(usd >= 0) || math.IsInf(usd, 1) || len(b.prices) > maxRows {
			at, column := in.FieldPos(5)
			return kernel.Errorf(kernel.Invalid, "the prices are not understood").WithProblems(kernel.Problem{
				File: name, Line: at, Column: column, Message: fmt.Sprintf("%q is no price, or there are more than %d", row[5], maxRows),
				Fix: "Write US dollars per unit, from zero up.",
			})
		}
		b.prices[at(row[0], row[1], row[2], row[3])] = usd
	}
}

func noPrices(name string, err error) error {
	p := kernel.Problem{File: name, Message: "is no text of comma-separated values", Fix: "The columns are " + strings.Join(Header(), ", ") + "."}
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		p.Line, p.Column, p.Message = e.Line, e.Column, e.Err.Error()
		if errors.Is(err, csv.ErrFieldCount) {
			p.Message = "the row has not six columns"
		}
	}
	return kernel.Errorf(kernel.Invalid, "the prices are not understood").WithProblems(p)
}

func at(service, meter, variant, region string) key {
	return key{service: strings.Clone(service), meter: strings.ToLower(meter), variant: strings.ToLower(variant), region: strings.Clone(region)}
}

// Price returns US dollars per unit: of the region, else of everywhere.
func (b *Book) Price(service, meter, variant, region string) (float64, bool) {
	k := key{service: service, meter: strings.ToLower(meter), variant: strings.ToLower(variant), region: region}
	if p, ok := b.prices[k]; ok {
		return p, true
	}
	k.region = everywhere
	p, ok := b.prices[k]
	return p, ok
}

// Date is the newest snapshot's.
func (b *Book) Date() string { return b.date }

// Len counts the prices.
func (b *Book) Len() int { return len(b.prices) }
