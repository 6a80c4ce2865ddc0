// Package pricebook keeps unit prices: dated snapshots in files of one format,
// the newest that has a price wins.
//
// It owns the format, the shipped snapshots, and the reading of pages of Azure's
// retail price API. It does not know what a resource consists of: a price is
// found by service, meter, variant and region.
//
// A snapshot is a folder named by its date with files of comma-separated
// values: service,meter,variant,region,unit,usd. A region of * is everywhere.
package pricebook
