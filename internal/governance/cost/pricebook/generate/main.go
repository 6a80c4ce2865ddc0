// Command generate makes a snapshot of the price book of tables of facts: unit
// prices of services as they were observed, and hourly prices of virtual
// machines by region.
//
// An observed price is an interval (a rounded cost divided by a quantity): the
// shortest figure within all intervals of a meter in a region is taken. Prices
// that do not overlap belong to variants, which variants.csv names.
package main

import (
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"slices"
	"sort"

	"github.com/terrace-idp/terrace/internal/governance/cost/pricebook"
)

func main() {
	services := flag.String("services", "", "file of observed unit prices")
	machines := flag.String("machines", "", "file of prices of virtual machines")
	variants := flag.String("variants", "", "file that names variants")
	out := flag.String("out", "", "folder of the snapshot")
	flag.Parse()
	if err := run(*services, *machines, *variants, *out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(services, machines, variants, out string) error {
	named, err := readVariants(variants)
	if err != nil {
		return err
	}
	rows, err := table(services)
	if err != nil {
		return err
	}
	entries, conflicts := observe(rows, named)
	for _, c := range conflicts {
		fmt.Fprintln(os.Stderr, "not told apart:", c)
	}
	if err := write(out+"/azure-services.csv", entries); err != nil {
		return err
	}
	rows, err = table(machines)
	if err != nil {
		return err
	}
	var hourly []pricebook.Entry
	for _, r := range rows {
		e, err := machine(r)
		if err != nil {
			return err
		}
		hourly = append(hourly, e)
	}
	return write(out+"/azure-virtual-machines.csv", hourly)
}

// table reads a file with a header as rows by column.
func table(name string) ([]map[string]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil || len(all) == 0 {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var rows []map[string]string
	for _, values := range all[1:] {
		row := map[string]string{}
		for i, column := range all[0] {
			row[column] = values[i]
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func write(name string, entries []pricebook.Entry) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	sort.Slice(entries, func(i, j int) bool {
		return fmt.Sprint(entries[i].Row()) < fmt.Sprint(entries[j].Row())
	})
	entries = slices.CompactFunc(entries, func(a, b pricebook.Entry) bool { return a == b })
	if err := pricebook.Write(f, entries); err != nil {
		return err
	}
	return f.Close()
}
