package prepared

import (
	"time"

	"github.com/uptrace/bun/dialect/sqlitedialect"
)

// mark stands before each value that bun writes into a statement. To SQLite it is
// a comment, so that a marked statement is one wherever it runs.
const mark = "/*v*/"

// Dialect is bun's of SQLite, which marks values.
type Dialect struct{ *sqlitedialect.Dialect }

// NewDialect returns one.
func NewDialect() Dialect { return Dialect{sqlitedialect.New()} }

// AppendString appends a string's literal.
func (d Dialect) AppendString(b []byte, s string) []byte {
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
