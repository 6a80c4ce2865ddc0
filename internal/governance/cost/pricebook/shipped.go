package pricebook

import (
	"embed"
	"io/fs"
)

//go:embed 2026-06-30/*.csv
var shipped embed.FS

// Shipped is the snapshots that Terrace comes with.
func Shipped() fs.FS { return shipped }
