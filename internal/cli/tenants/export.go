package tenants

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// exported is what a command tells of an archive.
type exported struct {
	File    string   `json:"file"`
	Size    int64    `json:"size"`
	SHA256  string   `json:"sha256"`
	Files   int      `json:"files"`
	Sealed  int      `json:"sealed"`
	Omitted []string `json:"omitted"`
}

func export(e *command.Env) *cobra.Command {
	var file string
	var in apiclient.ExportTenantRequest
	var without []string
	c := &cobra.Command{
		Use: "export NAME", Short: "Put all that a tenant has into an archive", Args: cobra.ExactArgs(1),
		ValidArgsFunction: e.Tenants(),
		Long: "The archive is a zip: Score files, releases, runs with their dossiers, definitions, configuration, policies, who may do\n" +
			"what, repositories' records, events, costs, and the audit log with what proves it. Its manifest.json names each file\n" +
			"with its SHA-256, which is checked before the file gets its name. With --recipient it has, encrypted with age for that\n" +
			"public key, secrets and states, a Git bundle of each hosted repository, artifacts, archives of modules, and the logs\n" +
			"of runs; the latter three may be large, and are left out with --without. Admins of the tenant may do it.",
		Example: "  terrace tenant export acme --file acme.zip\n  terrace tenant export acme --file acme.zip --recipient age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p\n" +
			"  terrace tenant export acme --file acme.zip --recipient age1… --without artifacts,logs",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, args []string) error {
			if _, err := os.Lstat(file); err == nil {
				return kernel.Errorf(kernel.Conflict, "%s exists", file).WithFix("name another file with --file")
			}
			for _, kind := range without {
				what := apiclient.ExportTenantRequestWithout(kind)
				if !what.Valid() {
					return exit.Wrong("--without takes artifacts and logs, not %q", kind)
				}
				in.Without = append(in.Without, what)
			}
			from, err := s.ExportTenant(ctx, args[0], in)
			if err != nil {
				return err
			}
			defer func() { _ = from.Close() }()
			x, err := keep(ctx, from, file)
			if err != nil {
				return err
			}
			return e.Print(x, func(w io.Writer) { tellExported(w, args[0], x) })
		}),
	}
	c.Flags().StringVarP(&file, "file", "f", "", "the file to write; there must be none of that name")
	_ = c.MarkFlagRequired("file") // the flag is there
	c.Flags().StringSliceVar(&in.Recipients, "recipient", nil, "a public key of age, for which what is secret is encrypted; may be given again")
	c.Flags().StringSliceVar(&without, "without", nil, "what is left out: artifacts (those of workloads, and archives of modules), logs (those of runs)")
	return c
}

// keep writes an archive to a file, which gets its name once it is known to be whole.
func keep(ctx context.Context, from io.Reader, file string) (x exported, err error) {
	part, err := os.CreateTemp(filepath.Dir(file), ".export-*")
	if err != nil {
		return x, kernel.Errorf(kernel.Refused, "%s cannot be written: %w", file, errors.Unwrap(err)).WithFix("name a file in a folder that there is, and that you may write in, with --file")
	}
	defer func() { err = errors.Join(err, part.Close(), os.Remove(part.Name())) }()
	if _, err := io.Copy(part, from); err != nil {
		return x, kernel.Errorf(kernel.Unavailable, "the archive was cut off: %w", err).WithFix("try again")
	}
	if x, err = check(ctx, part); err != nil {
		return x, err
	}
	x.File = file
	if err := part.Sync(); err != nil {
		return x, kernel.Errorf(kernel.Unavailable, "%s cannot be written: %w", file, err)
	}
	err = os.Link(part.Name(), file)
	if errors.Is(err, fs.ErrExist) {
		return x, kernel.Errorf(kernel.Conflict, "%s exists", file).WithFix("name another file with --file")
	}
	return x, err
}

func tellExported(w io.Writer, tenant string, x exported) {
	_, _ = fmt.Fprintf(w, "%s is in %s: %d files, of which %d are encrypted; %d bytes, SHA-256 %s\n", tenant, x.File, x.Files, x.Sealed, x.Size, x.SHA256)
	for _, what := range x.Omitted {
		_, _ = fmt.Fprintf(w, "  not in it: %s\n", what)
	}
}
