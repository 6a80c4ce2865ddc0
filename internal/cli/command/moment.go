package command

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// untilHelp tells how moments are written on the command line.
const untilHelp = "a date such as 2027-01-31, a moment of RFC 3339, or a time from now such as 72h or 14d"

// Until adds the flag until, which has to be given, for a moment that is to come.
func (e *Env) Until(c *cobra.Command, to *time.Time) {
	c.Flags().Var(&moment{to, e}, "until", untilHelp)
	_ = c.MarkFlagRequired("until") // the flag was made above
}

// Coming adds a flag for a moment that is to come, or none.
func (e *Env) Coming(c *cobra.Command, to *time.Time, name, usage string) {
	c.Flags().Var(&moment{to, e}, name, usage+": "+untilHelp)
}

// ParseMoment reads a date, a moment or a time from now.
func ParseMoment(text string, now time.Time) (time.Time, error) {
	if at, err := time.ParseInLocation(time.DateOnly, text, time.Local); err == nil { //nolint:gosmopolitan // a person's date
		return at, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	if d, err := ParseDuration(text); err == nil {
		return now.Add(d), nil
	}
	return time.Time{}, kernel.Errorf(kernel.Invalid, "has to be %s", untilHelp)
}

// moment is a pflag.Value.
type moment struct {
	to *time.Time
	e  *Env
}

// String implements pflag.Value.
func (m *moment) String() string {
	if m.to == nil || m.to.IsZero() {
		return ""
	}
	return m.to.Format(time.RFC3339)
}

// Type implements pflag.Value.
func (*moment) Type() string { return "moment" }

// Set implements pflag.Value.
func (m *moment) Set(text string) error {
	now := m.e.Clock.Now()
	at, err := ParseMoment(text, now)
	if err == nil && !at.After(now) {
		err = kernel.Errorf(kernel.Invalid, "has to be a moment that is to come: %s", untilHelp)
	}
	*m.to = at
	return err
}

// pastHelp tells how moments that were are written on the command line.
const pastHelp = "a date such as 2027-01-31, a moment of RFC 3339, or a time ago such as 72h or 14d"

// Moment adds a flag for a moment that was, or that something is held against.
func (e *Env) Moment(c *cobra.Command, to *time.Time, name, usage string) {
	c.Flags().Var(&past{moment{to, e}}, name, usage+": "+pastHelp)
}

// past is a pflag.Value.
type past struct{ moment }

// Set implements pflag.Value.
func (p *past) Set(text string) error {
	now := p.e.Clock.Now()
	at, err := ParseMoment(text, now)
	if err != nil {
		return kernel.Errorf(kernel.Invalid, "has to be %s", pastHelp)
	}
	if d, duration := ParseDuration(text); duration == nil {
		at = now.Add(-d)
	}
	*p.to = at
	return nil
}

// Day adds a flag for a day, which is given to the server as it is written.
func Day(c *cobra.Command, to *string, name, usage string) {
	c.Flags().Var(&calendar{to, time.DateOnly, "day such as 2026-10-31"}, name, usage)
}

// Month adds a flag for a month, which is given to the server as it is written.
func Month(c *cobra.Command, to *string, name, usage string) {
	c.Flags().Var(&calendar{to, "2006-01", "month such as 2026-10"}, name, usage)
}

// calendar is a pflag.Value.
type calendar struct {
	to           *string
	layout, such string
}

// String implements pflag.Value.
func (d *calendar) String() string {
	if d.to == nil {
		return ""
	}
	return *d.to
}

// Type implements pflag.Value.
func (*calendar) Type() string { return "date" }

// Set implements pflag.Value.
func (d *calendar) Set(text string) error {
	if _, err := time.Parse(d.layout, text); err != nil {
		return kernel.Errorf(kernel.Invalid, "has to be a %s", d.such)
	}
	*d.to = text
	return nil
}
