package audit

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/access/audit/chain"
	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// exporting are the flags of terrace audit export.
type exporting struct {
	file, format string
	goOn         bool
	params       apiclient.ExportAuditParams
}

func export(e *command.Env) *cobra.Command {
	var x exporting
	c := &cobra.Command{
		Use: "export", Short: "Write the audit log to a file, with the heads and keys that prove it", Args: cobra.NoArgs,
		Long: "An export as jsonl can be checked without the server, with terrace audit verify --file. As csv it is for a table,\n" +
			"and proves nothing. A file that was cut off is gone on with by --continue. To have every entry sent on as it\n" +
			"comes, subscribe to events: terrace subscription create.",
		Example: "  terrace audit export --file audit.jsonl\n  terrace audit export --file audit.jsonl --continue\n" +
			"  terrace audit export --file march.csv --format csv --since 2026-03-01 --until 2026-04-01",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			n, err := x.write(ctx, s)
			if err != nil {
				return err
			}
			return e.Print(map[string]any{"file": x.file, "entries": n}, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s to %s\n", wereWritten(n), x.file)
			})
		}),
	}
	c.Flags().StringVar(&x.file, "file", "", "the file to write")
	_ = c.MarkFlagRequired("file") // the flag was made above
	command.Choice(c, &x.format, "format", "jsonl", "the form of the file", "jsonl", "csv")
	c.Flags().BoolVar(&x.goOn, "continue", false, "go on after the last entry of the file, up to the present end of the log")
	e.Moment(c, &x.params.Since, "since", "only from this time on")
	e.Moment(c, &x.params.Until, "until", "only before this time")
	command.Number(c, &x.params.From, "from", 0, "the number of the first entry", 1, 1<<62)
	command.Number(c, &x.params.To, "to", 0, "the number of the last entry", 1, 1<<62)
	c.MarkFlagsMutuallyExclusive("continue", "from")
	c.MarkFlagsMutuallyExclusive("continue", "since")
	return c
}

// write writes the file and returns how many entries it added.
func (x *exporting) write(ctx context.Context, s command.Server) (n int64, err error) {
	if x.goOn && x.format != "jsonl" {
		return 0, exit.Wrong("only a file of jsonl can be gone on with")
	}
	f, err := x.open()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r, err := s.ExportAudit(ctx, x.params)
	if err != nil {
		if !x.goOn {
			_ = os.Remove(x.file) // it is empty
		}
		return 0, err
	}
	defer func() { _ = r.Close() }()
	if x.format == "csv" {
		return asTable(f, r)
	}
	read := io.TeeReader(r, f)
	err = chain.Lines(read, func(_ int, l chain.Line) error {
		if l.Error != nil {
			return errors.New("the server has ended the export")
		}
		if l.Entry != nil {
			n++
		}
		return nil
	})
	if err != nil {
		return n, kernel.Errorf(kernel.Unavailable, "the export was cut off after %d entries: %w", n, err).
			WithFix("go on with terrace audit export --continue --file %s", x.file)
	}
	return n, nil
}

// open opens the file for what is new, at the end of the last whole entry.
func (x *exporting) open() (*os.File, error) {
	if !x.goOn {
		f, err := os.OpenFile(x.file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) {
			return nil, kernel.Errorf(kernel.Conflict, "there is a file %s already", x.file).WithFix("name another one, or go on with it by --continue")
		}
		if err != nil {
			return nil, kernel.Errorf(kernel.Invalid, "the file %s cannot be written: %w", x.file, err)
		}
		return f, nil
	}
	f, err := command.Open(x.file)
	if err != nil {
		return nil, err
	}
	last, at, err := lastEntry(f)
	_ = f.Close()
	if err != nil {
		return nil, command.InFile(x.file, "give what terrace audit export has begun, as jsonl", "%s", err)
	}
	x.params.From = last + 1
	if f, err = os.OpenFile(x.file, os.O_WRONLY, 0o600); err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the file %s cannot be written: %w", x.file, err)
	}
	if err := f.Truncate(at); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if _, err := f.Seek(at, io.SeekStart); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// lastEntry returns the number of the last whole entry of an export, and where it ends.
func lastEntry(r io.Reader) (seq, at int64, err error) {
	err = chain.Offsets(r, func(_ int, l chain.Line, end int64) error {
		switch {
		case l.Entry != nil:
			e, err := l.Read()
			if err != nil {
				return err
			}
			seq, at = e.Seq, end
		case l.Begin != nil && at == 0:
			seq, at = l.Begin.After.Seq, end
		case l.Key != nil && seq == 0:
			at = end
		}
		return nil
	})
	if errors.Is(err, chain.ErrUnfinished) {
		err = nil
	}
	if err == nil && at == 0 {
		err = errors.New("it is no export of an audit log")
	}
	return seq, at, err
}

// asTable writes the entries as CSV. What a table would take for a formula gets an
// apostrophe before it.
func asTable(w io.Writer, r io.Reader) (n int64, err error) {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"seq", "time", "actor", "actorId", "actorKind", "type", "outcome", "project", "stage", "subject", "reason", "request", "address", "data", "hash"}) // Error tells
	err = chain.Lines(r, func(_ int, l chain.Line) error {
		if l.Error != nil {
			return errors.New("the server has ended the export")
		}
		if l.Entry == nil {
			return nil
		}
		e, err := l.Read()
		if err != nil {
			return err
		}
		n++
		return out.Write(cells(e))
	})
	out.Flush()
	if err = errors.Join(err, out.Error()); err != nil {
		return n, kernel.Errorf(kernel.Unavailable, "the export was cut off after %d entries: %w", n, err).WithFix("remove the file and try again")
	}
	return n, nil
}

func cells(e chain.Entry) []string {
	row := []string{
		strconv.FormatInt(e.Seq, 10), e.At.Format(time.RFC3339Nano), e.ActorName, e.ActorID, string(e.ActorKind), e.Type, string(e.Outcome),
		e.Project, e.Stage, e.Subject, e.Reason, e.RequestID, e.Address, e.Data, e.Hash,
	}
	for i, text := range row {
		if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
			row[i] = "'" + text
		}
	}
	return row
}

func wereWritten(n int64) string {
	if n == 1 {
		return "1 entry was written"
	}
	return fmt.Sprintf("%d entries were written", n)
}
