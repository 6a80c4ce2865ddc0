// Package output writes what commands found: as a table for people, as JSON or
// YAML for programs.
//
// It owns formats. It does not know what the values mean.
package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"gopkg.in/yaml.v3"
)

// The formats.
const (
	Table = "table"
	JSON  = "json"
	YAML  = "yaml"
)

// Formats are all formats, for completion.
func Formats() []string { return []string{Table, JSON, YAML} }

// Write writes v in the format; people writes the table.
func Write(w io.Writer, format string, v any, people func(w io.Writer)) error {
	switch format {
	case JSON:
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(v)
	case YAML:
		return writeYAML(w, v)
	default:
		return Shown(w, people)
	}
}

// WriteLine writes one value of a stream: JSON on one line, YAML as a document.
func WriteLine(w io.Writer, format string, v any, people func(w io.Writer)) error {
	switch format {
	case JSON:
		return json.NewEncoder(w).Encode(v)
	case YAML:
		_, _ = io.WriteString(w, "---\n")
	}
	return Write(w, format, v, people)
}

// writeYAML goes through JSON, so that the names are the same.
func writeYAML(w io.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	var plain yaml.Node
	if err := yaml.Unmarshal(b, &plain); err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	block(&plain)
	var out bytes.Buffer // the encoder does not say why a write failed
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := errors.Join(enc.Encode(&plain), enc.Close()); err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	_, err = w.Write(out.Bytes())
	return err
}

// block undoes the flow style that JSON has.
func block(n *yaml.Node) {
	n.Style &^= yaml.FlowStyle
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" {
		n.Style = 0
	}
	for _, c := range n.Content {
		block(c)
	}
}

// Rows writes rows in aligned columns, under a header unless it is nil; - stands for nothing.
// What would break or shift a row in a cell is written as Go writes it.
func Rows(w io.Writer, header []string, rows [][]string) {
	t := tabwriter.NewWriter(w, 0, 4, 3, ' ', 0)
	if header != nil {
		_, _ = fmt.Fprintln(t, strings.Join(header, "\t"))
	}
	for _, r := range rows {
		for i := range r {
			if r[i] = Line(r[i]); r[i] == "" {
				r[i] = "-"
			}
		}
		_, _ = fmt.Fprintln(t, strings.Join(r, "\t"))
	}
	_ = t.Flush()
}

// List writes a row for each of list under a header.
func List[T any](w io.Writer, list []T, header []string, row func(T) []string) {
	rows := make([][]string, 0, len(list))
	for _, one := range list {
		rows = append(rows, row(one))
	}
	Rows(w, header, rows)
}

// Pairs writes names and values in two columns, leaving out what is empty. The lines of a
// value stand below each other, so that none of them looks like another name.
func Pairs(w io.Writer, pairs ...string) {
	t := tabwriter.NewWriter(w, 0, 4, 3, ' ', 0)
	for i := 0; i+1 < len(pairs); i += 2 {
		name := pairs[i]
		for line := range strings.Lines(pairs[i+1]) {
			_, _ = fmt.Fprintf(t, "%s\t%s\n", name, Line(strings.TrimSuffix(line, "\n")))
			name = ""
		}
	}
	_ = t.Flush()
}

// Count writes a number of things, by the noun for one.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// Age says how long ago t was, in one unit.
func Age(now, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	d := now.Sub(t)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", max(0, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

// Duration writes d with a precision that people want.
func Duration(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Hour:
		return d.Round(time.Second).String()
	}
	return d.Round(time.Minute).String()
}

// Size writes a number of bytes.
func Size(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%.1f KB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}
