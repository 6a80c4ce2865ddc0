package exportsql

import (
	"context"
	"io"

	"github.com/terrace-idp/terrace/internal/access/tenant/export"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

// atOnce is how many files are read from the database at a time.
const atOnce = 50

// Files are texts of the database, each of which becomes a file.
type Files struct {
	DB *db.DB
	// Query selects name and content of a tenant's, with a ? for its name.
	Query string
}

// Write implements export.Source.
func (f Files) Write(ctx context.Context, tenant string, to *export.Archive) error {
	for after := ""; ; {
		var some []struct {
			Name    string
			Content []byte
		}
		err := f.DB.Reader(ctx).NewRaw("SELECT name, content FROM ("+f.Query+") AS files WHERE name > ? ORDER BY name LIMIT ?", tenant, after, atOnce).Scan(ctx, &some)
		if err != nil || len(some) == 0 {
			return db.Map(err, "the files of "+tenant)
		}
		for _, one := range some {
			after = one.Name
			err := to.Add(one.Name, func(w io.Writer) error {
				_, err := w.Write(one.Content)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
}
