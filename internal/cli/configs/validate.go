package configs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/fabric/config/configfile"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Valid is what a folder without a problem has.
type Valid struct {
	Keys      int      `json:"keys"`
	Flags     int      `json:"flags"`
	Stages    []string `json:"stages"`
	Workloads []string `json:"workloads"`
}

func validate(e *command.Env) *cobra.Command {
	var stages []string
	var tenant string
	c := &cobra.Command{
		Use: "validate DIR", Short: "Validate the configuration in a folder, without a server", Args: cobra.ExactArgs(1),
		Long:    "DIR is the folder of one project: the one with schema.yaml. Every problem has its file, line and column.",
		Example: "  terrace config validate config/shop\n  terrace config validate config/shop --stages dev,test,prod",
		RunE: func(_ *cobra.Command, args []string) error {
			files, err := folder(args[0])
			if err != nil {
				return err
			}
			set, problems := configfile.Read(files, configfile.Options{Tenant: tenant, Stages: stages})
			if len(problems) > 0 {
				for i := range problems {
					problems[i].File = filepath.Join(args[0], problems[i].File)
				}
				return kernel.Errorf(kernel.Invalid, "the configuration in %s is not valid", args[0]).WithProblems(problems...)
			}
			v := Valid{Keys: len(set.Keys()), Flags: len(set.FlagKeys()), Stages: append([]string{}, set.Stages()...), Workloads: append([]string{}, set.Workloads()...)}
			return e.Print(v, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s is valid: %s and %s\n", args[0], output.Count(v.Keys, "key"), output.Count(v.Flags, "flag"))
			})
		},
	}
	c.Flags().StringSliceVar(&stages, "stages", nil, "the stages that there are; any by default")
	c.Flags().StringVar(&tenant, "tenant", "", "the tenant whose layer counts; all are validated")
	return c
}

// folder reads the files of a folder.
func folder(dir string) (map[string][]byte, error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, kernel.Errorf(kernel.NotFound, "%s is no folder", dir).WithFix("name the folder with schema.yaml")
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", dir, err)
	}
	defer func() { _ = root.Close() }()
	out := map[string][]byte{}
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || configfile.Note(name) {
			return err
		}
		if len(out) >= configfile.MaxFiles {
			return kernel.Errorf(kernel.TooLarge, "%s has more than %d files", dir, configfile.MaxFiles).WithFix("name the folder of one project")
		}
		src, err := command.Read(filepath.Join(dir, name), configfile.MaxFile)
		out[filepath.ToSlash(name)] = src
		return err
	})
	if _, known := errors.AsType[*kernel.Error](err); err != nil && !known {
		err = kernel.Errorf(kernel.Unavailable, "%s cannot be read: %w", dir, err)
	}
	return out, err
}
