package cost

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/governance/cost"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/filekind"
)

func importFiles(e *command.Env) *cobra.Command {
	var p apiclient.ImportCostsParams
	c := &cobra.Command{
		Use: "import FILE...", Short: "Import what was really paid: files in the FOCUS format, as CSV or gzip", Args: cobra.MinimumNArgs(1),
		Long: "What the files have of an account's billing period replaces all that was imported of it before, at one\n" +
			"moment: the same file twice counts once. Name all files of a period at once, or each part of it with\n" +
			"--part; a part replaces the part of its name. FOCUS 1.0 to 1.3 are read. - reads the input.",
		Example: "  terrace cost import october.csv.gz\n  terrace cost import --part subscription-a a/*.csv\n  terrace cost import october.csv --on-error skip --dry-run",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			for _, a := range args {
				if err := readable(a); err != nil {
					return err
				}
				p.Files = append(p.Files, strings.ReplaceAll(filepath.Base(a), ",", "_"))
			}
			if twice := namedTwice(args); twice != "" {
				return &exit.UsageError{Err: fmt.Errorf("%s is named twice, and would count twice", twice), Command: "terrace cost import"}
			}
			body, ended := pack(e.In, args)
			i, err := s.ImportCosts(ctx, p, body)
			if failed := ended(); failed != nil {
				return failed
			}
			if err != nil {
				return err
			}
			return e.Print(i, func(w io.Writer) { writeImport(w, i) })
		}),
	}
	c.Flags().StringVar(&p.Part, "part", "", "the part of the billing accounts that the files have, such as one subscription")
	c.Flags().BoolVar(&p.DryRun, "dry-run", false, "look at the files, and keep nothing")
	command.Choice(c, &p.OnError, "on-error", "refuse", "what becomes of files with rows that cannot be read; refuse takes nothing, skip all other rows", "refuse", "skip")
	return c
}

// readable says what is wrong with a file before anything is sent.
func readable(path string) error {
	if path == "-" {
		return nil
	}
	f, err := command.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	from := bufio.NewReader(f)
	if zipped(from) {
		z, err := gzip.NewReader(from)
		if err != nil {
			return command.InFile(path, "export or copy it again", "it is not whole gzip: %v", err)
		}
		from = bufio.NewReader(z)
	}
	head, _ := from.Peek(filekind.Head) // a file that is shorter is looked at as it is
	if p, other := filekind.CSV(path, head, "export costs in the FOCUS format as CSV, plain or with gzip"); other {
		return kernel.Errorf(kernel.Invalid, "%s is no file of costs", path).WithProblems(p)
	}
	return nil
}

// zipped tells gzip by its first bytes, whatever the file is called.
func zipped(from *bufio.Reader) bool {
	head, _ := from.Peek(2)
	return string(head) == "\x1f\x8b"
}

// namedTwice is a file that is among the paths under two names, or twice under one.
func namedTwice(paths []string) string {
	var seen []os.FileInfo
	inputs := 0
	for _, path := range paths {
		if path == "-" {
			if inputs++; inputs > 1 {
				return path
			}
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			continue // it is told when it is read
		}
		for _, other := range seen {
			if os.SameFile(info, other) {
				return path
			}
		}
		seen = append(seen, info)
	}
	return ""
}

// pack sends files one after the other, gzipped, as they are read. ended ends that, and
// returns why a file could not be read.
func pack(in io.Reader, paths []string) (body io.Reader, ended func() error) {
	read, write := io.Pipe()
	failed := make(chan error, 1)
	go func() {
		err := packInto(write, in, paths)
		if err != nil && !errors.Is(err, io.ErrClosedPipe) {
			failed <- err
		}
		_ = write.CloseWithError(err)
	}()
	return read, func() error {
		_ = read.Close()
		select {
		case err := <-failed:
			return err
		default:
			return nil
		}
	}
}

func packInto(w io.Writer, in io.Reader, paths []string) error {
	for _, path := range paths {
		if err := packOne(w, in, path); err != nil {
			return err
		}
	}
	return nil
}

func packOne(w io.Writer, in io.Reader, path string) error {
	from := in
	if path != "-" {
		f, err := command.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		from = f
	}
	read, z := bufio.NewReader(from), gzip.NewWriter(w)
	from = read
	if zipped(read) {
		if _, err := io.Copy(w, from); err != nil { // it is packed already, and members may follow one another
			return fmt.Errorf("send %s: %w", path, err)
		}
	} else if _, err := io.Copy(z, from); err != nil {
		return fmt.Errorf("send %s: %w", path, err)
	}
	_, err := z.Write([]byte("\n")) // so that the next header begins a line
	return errors.Join(err, z.Close())
}

func writeImport(w io.Writer, i apiclient.FocusImport) {
	what := "imported"
	if i.DryRun {
		what = "readable, and not imported"
	}
	_, _ = fmt.Fprintf(w, "%s: %s %s, FOCUS %s\n", i.ID, cost.Counted(i.Rows-i.Skipped, "row"), what, strings.Join(i.Versions, " and "))
	for _, s := range i.Slices {
		_, _ = fmt.Fprintf(w, "  %s, billing period %s to %s, charges from %s to %s\n", s.Account, s.Period, s.End, s.From, s.To)
	}
	for _, t := range i.Totals {
		_, _ = fmt.Fprintf(w, "  %s billed %s, effective %s\n", t.Currency, t.Billed, t.Effective)
	}
	if i.Replaced > 0 {
		_, _ = fmt.Fprintf(w, "replaced: %s of what was imported before\n", cost.Counted(i.Replaced, "billing period"))
	}
	if i.Rounded > 0 {
		_, _ = fmt.Fprintf(w, "rounded to 12 decimal places: amounts of %s\n", cost.Counted(i.Rounded, "row"))
	}
	if len(i.Missing) > 0 {
		_, _ = fmt.Fprintf(w, "columns that FOCUS 1.2 demands and that are not there, nor needed: %s\n", strings.Join(i.Missing, ", "))
	}
	if i.Skipped > 0 {
		_, _ = fmt.Fprintf(w, "left out: %s; the first problems:\n", cost.Counted(i.Skipped, "row"))
		for _, p := range i.Problems {
			_, _ = fmt.Fprintf(w, "  %s\n", p)
		}
	}
}

func imports(e *command.Env) *cobra.Command {
	return command.Group("imports", "What was imported, and how to take it back", listImports(e), forget(e))
}

func listImports(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List imports, the newest first", Args: cobra.NoArgs, Example: "  terrace cost imports list",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.CostImports(ctx)
			return command.PrintFound(e, all, err, []string{"IMPORT", "ROWS", "COUNTS", "PERIODS", "BY", "AGE"}, func(i apiclient.FocusImport) []string {
				periods := make([]string, 0, len(i.Slices))
				for _, sl := range i.Slices {
					periods = append(periods, sl.Account+" "+sl.Period)
				}
				return []string{i.ID, fmt.Sprint(i.Rows - i.Skipped), counts(i), strings.Join(periods, ", "), i.By, output.Age(e.Clock.Now(), i.At)}
			})
		}),
	}
}

// counts tells whether an import counts, or what was imported later has replaced it.
func counts(i apiclient.FocusImport) string {
	switch all := int64(len(i.Slices)); i.Counting {
	case all:
		return "yes"
	case 0:
		return "no, replaced"
	default:
		return fmt.Sprintf("%d of %d periods", i.Counting, all)
	}
}

func forget(e *command.Env) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "forget IMPORT", Short: "Take back what an import brought", Args: cobra.ExactArgs(1), Example: "  terrace cost imports forget imp_01k9",
		ValidArgsFunction: e.CostImports(),
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			if err := e.Confirm(yes, "Take back the import "+args[0]+"?"); err != nil {
				return err
			}
			if err := s.ForgetCostImport(ctx, args[0]); err != nil {
				return err
			}
			return e.Print(map[string]any{"import": args[0], "forgotten": true}, func(w io.Writer) { _, _ = fmt.Fprintf(w, "%s counts no more\n", args[0]) })
		}),
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}
