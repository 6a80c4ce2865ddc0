package yamldoc

import (
	"strconv"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Settle gives said, what a key of the document's metadata says, the value that the document's
// place in a folder says; one that says another is a problem. A place without a value, which is
// empty, leaves it as it is.
func (d *Document) Settle(key, place string, said *string) []kernel.Problem {
	if place == "" {
		return nil
	}
	before, path := *said, "metadata."+key
	*said = place
	if before == "" || before == place {
		return nil
	}
	at := d.Find(path)
	return []kernel.Problem{{
		File: d.File, Line: at.Line, Column: at.Column, Path: path,
		Message: "the document is of the " + key + " " + strconv.Quote(before) + ", its place is that of " + strconv.Quote(place),
		Fix:     "move it, or leave " + path + " out",
	}}
}
