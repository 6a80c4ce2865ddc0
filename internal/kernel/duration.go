package kernel

import (
	"fmt"
	"time"
)

// Duration is a time.Duration that people read and write as such, 24h0m0s,
// wherever it goes as text.
type Duration time.Duration

// String writes it as Go does.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText writes it as Go does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what Go writes.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a duration such as 24h", text)
	}
	*d = Duration(parsed)
	return nil
}
