package db_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// TestTextWithNULIsTheAskersMistake: it comes from who asks, as %00 in an address or \u0000 in
// a body, so it is no failure of the server, and nothing is read or written.
func TestTextWithNULIsTheAskersMistake(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, notes(), func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		for name, text := range map[string]string{"within": "a\x00b", "alone": "\x00"} {
			var n int
			read := d.Reader(ctx).NewRaw("SELECT count(*) FROM notes WHERE name = ?", text).Scan(ctx, &n)
			_, wrote := d.Conn(ctx).NewRaw("INSERT INTO notes (name, body) VALUES (?, ?)", text, []byte{0, 1}).Exec(ctx)
			for what, err := range map[string]error{"read": db.Map(read, "the note"), "write": db.Map(wrote, "the note")} {
				if !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), "the character NUL") {
					t.Errorf("%s, NUL %s: %v, want that it is invalid", what, name, err)
				}
			}
		}
	})
}
