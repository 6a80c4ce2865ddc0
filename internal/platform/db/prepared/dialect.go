package prepared

import (
	"strings"
	"time"

	"github.com/uptrace/bun/dialect/sqlitedialect"
)

// mark stands before each value that bun writes into a statement. To SQLite it is
// a comment, so that a marked statement is one wherever it runs.
const mark = "/*v*/"

// NUL is in a statement in the place of a text with the character NUL, which ends a
// text for one database, and which the other keeps in none: a function that there is
// not, so that the statement fails, and says why.
const NUL = "text_with_nul()"

// Dialect is bun's of SQLite, which marks values.
type Dialect struct{ *sqlitedialect.Dialect }

// NewDialect returns one.
func NewDialect() Dialect { return Dialect{sqlitedialect.New()} }

// AppendString appends a string's literal, NUL for one with that character.
func (d Dialect) AppendString(b []byte, s string) []byte {
	if strings.IndexByte(s, 0) >= 0 {
		return append(b, NUL...)
	}
	return d.Dialect.AppendString(append(b, mark...), s)
}

// AppendBytes appends the literal of bytes, NULL for nil.
func (d Dialect) AppendBytes(b, bytes []byte) []byte {
	return d.Dialect.AppendBytes(append(b, mark...), bytes)
}

// AppendJSON appends the literal of a JSON text.
func (d Dialect) AppendJSON(b, text []byte) []byte {
	return d.Dialect.AppendJSON(append(b, mark...), text)
}

// AppendTime appends a time's literal.
func (d Dialect) AppendTime(b []byte, t time.Time) []byte {
	return d.Dialect.AppendTime(append(b, mark...), t)
}
