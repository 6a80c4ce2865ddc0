package db

import (
	"strings"

	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/terrace-idp/terrace/internal/platform/db/prepared"
)

// postgres is bun's dialect of PostgreSQL, in which a text with the character NUL fails
// in a way that Map knows.
type postgres struct{ *pgdialect.Dialect }

// AppendString appends a string's literal.
func (d postgres) AppendString(b []byte, s string) []byte {
	if strings.IndexByte(s, 0) >= 0 {
		return append(b, prepared.NUL...)
	}
	return d.Dialect.AppendString(b, s)
}
