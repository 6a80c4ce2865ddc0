// Package backups has the commands terrace backup list, create and restore.
//
// It owns its flags and words. Backups are made by the target that runs caches and
// databases, not by the client.
package backups

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// kind is a type of resource that has backups.
type kind string

const (
	redis kind = "redis"
	mysql kind = "mysql"
)

// plane is the kind as the API has it.
func (k kind) plane() string {
	if k == redis {
		return "caches"
	}
	return "mysql-databases"
}

// typeOf is the kind that the API tells.
func typeOf(plane string) kind {
	if plane == redis.plane() {
		return redis
	}
	return mysql
}

// Command returns terrace backup.
func Command(e *command.Env) *cobra.Command {
	return command.Group("backup", "Back up and restore caches and databases of the local target", list(e), create(e), restore(e))
}

func list(e *command.Env) *cobra.Command {
	var q apiclient.ListBackupsParams
	c := &cobra.Command{
		Use: "list", Short: "List backups, the newest first", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace backup list --stage dev\n  terrace backup list --stage dev --name orders-db",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			found, err := s.Backups(ctx, project, q)
			return command.PrintFound(e, found, err, []string{"BACKUP", "TYPE", "NAME", "STAGE", "MADE", "SIZE", "BY"}, func(b apiclient.LocalBackup) []string {
				return []string{b.ID, string(typeOf(string(b.Kind))), b.Name, b.Stage, output.Stamp(b.CreatedAt), fmt.Sprint(b.Size), b.CreatedBy}
			})
		}),
	}
	e.StageFlag(c, &q.Stage, "stage", "only at this stage", false)
	c.Flags().StringVar(&q.Name, "name", "", "only of the resource with this `name`")
	return c
}

func create(e *command.Env) *cobra.Command {
	var in apiclient.CreateBackupRequest
	c := &cobra.Command{
		Use: "create TYPE NAME", Short: "Back up a cache or a database", Args: cobra.ExactArgs(2),
		Long:    "TYPE is redis or mysql, NAME that of the resource at the stage. Whoever works with it goes on meanwhile.",
		Example: "  terrace backup create mysql orders-db --stage dev",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			in.Kind, in.Name = kind(args[0]).plane(), args[1]
			b, err := s.CreateBackup(ctx, project, in)
			if err != nil {
				return err
			}
			return e.Print(b, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "backup %s of %s has %d bytes\n", b.ID, b.Name, b.Size)
			})
		}),
	}
	command.ChoiceArgument(c, 0, redis, mysql)
	e.StageFlag(c, &in.Stage, "stage", "the stage where it runs", true)
	return c
}

func restore(e *command.Env) *cobra.Command {
	var in apiclient.RestoreBackupRequest
	c := &cobra.Command{
		Use: "restore BACKUP", Short: "Have a cache or a database have what a backup has", Args: cobra.ExactArgs(1),
		Long: "What it has now is backed up first, and then replaced. --into names another resource of the same type at the stage, which is\n" +
			"to be there already.",
		Example: "  terrace backup restore bak_01k3… --stage dev\n  terrace backup restore bak_01k3… --stage dev --into orders-copy",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			before, err := s.RestoreBackup(ctx, project, args[0], in)
			if err != nil {
				return err
			}
			return e.Print(before, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s is restored; what it had is backup %s\n", before.Name, before.ID)
			})
		}),
	}
	e.StageFlag(c, &in.Stage, "stage", "the stage of the backup", true)
	c.Flags().StringVar(&in.Into, "into", "", "restore into the resource with this `name`")
	return c
}
