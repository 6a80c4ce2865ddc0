package pricebook

import (
	"encoding/csv"
	"io"
)

// Write writes entries in the format of a snapshot.
func Write(w io.Writer, entries []Entry) error {
	out := csv.NewWriter(w)
	if err := out.Write(Header()); err != nil {
		return err
	}
	for _, e := range entries {
		if err := out.Write(e.Row()); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
