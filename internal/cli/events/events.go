// Package events has the commands terrace events …: what happened, what happens,
// and which types of events there are.
//
// It owns their flags and how events are shown. What somebody sees of them is the
// server's to say.
package events

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
)

const typePrefix = "dev.terrace."

// maxFilters bounds a file of filters, in bytes.
const maxFilters = 64 << 10

// wish is what the flags say.
type wish struct {
	params  apiclient.ListEventsParams
	filters string
	tenant  bool
	follow  bool
	limit   int
}

// Command returns terrace events.
func Command(e *command.Env) *cobra.Command {
	var w wish
	c := &cobra.Command{
		Use: "events", Short: "Show what happened, and what happens", Args: cobra.NoArgs,
		Long: "The newest events of the project that are about what you may read, the oldest of them first; with --follow it goes on.\n" +
			"--type and --subject take a star at the end or the beginning; --filters takes a file as terrace subscription create does.",
		Example: "  terrace events --type 'run.*' --stage prod\n  terrace events --follow --type release.verified --type release.revoked\n" +
			"  terrace events --tenant --limit 500 -o json\n  terrace events types",
		RunE: e.InScope(&w.tenant, func(ctx context.Context, s command.Server, project string, _ []string) error {
			w.params.Project = project
			if err := w.read(); err != nil {
				return err
			}
			return w.show(ctx, e, s)
		}),
	}
	f := c.Flags()
	f.StringArrayVar(&w.params.Type, "type", nil, "only this type, such as run.failed or 'run.*'; several are any of them")
	f.StringArrayVar(&w.params.Subject, "subject", nil, "only what happened to this, with the same stars")
	f.StringVar(&w.filters, "filters", "", "a JSON file with filters of the CloudEvents Subscriptions API")
	f.BoolVar(&w.tenant, "tenant", false, "of all projects that you may see, and of the tenant itself")
	command.Number(c, &w.limit, "limit", 50, "how many of the newest", 0, 10_000)
	f.BoolVarP(&w.follow, "follow", "f", false, "go on with what happens from now on")
	e.StageFlag(c, &w.params.Stage, "stage", "only what happened in this stage", false)
	_ = c.RegisterFlagCompletionFunc("type", e.EventTypes(true)) // the flag was made above
	c.AddCommand(types(e))
	return c
}

// read takes the filters from their file.
func (w *wish) read() error {
	if w.filters == "" {
		return nil
	}
	text, err := command.Read(w.filters, maxFilters)
	w.params.Filters = string(text)
	return err
}

func (w *wish) show(ctx context.Context, e *command.Env, s command.Server) error {
	// The least that can be asked for is one; what was not wanted is not shown.
	found, last, err := s.ListEvents(ctx, w.params, max(w.limit, 1))
	if err != nil {
		return err
	}
	found = found[:min(len(found), w.limit)]
	slices.Reverse(found)
	if w.follow {
		return follow(ctx, e, s, w.params, found, last)
	}
	return command.PrintList(e, found, []string{"TIME", "TYPE", "SUBJECT", "STAGE", "ACTOR", "REASON"}, func(v apiclient.Event) []string {
		return []string{v.Time.Local().Format("01-02 15:04:05"), strings.TrimPrefix(v.Type, typePrefix), v.Subject, v.Stage, v.Actor, v.Reason}
	})
}

func types(e *command.Env) *cobra.Command {
	return &cobra.Command{
		Use: "types", Short: "List the types of events", Args: cobra.NoArgs,
		Example: "  terrace events types\n  terrace events types -o json",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			all, err := s.EventTypes(ctx)
			return command.PrintFound(e, all, err, []string{"TYPE", "VERSION", "SCHEMA"}, func(t apiclient.EventType) []string {
				return []string{strings.TrimPrefix(t.Type, typePrefix), fmt.Sprint(t.Version), t.Schema}
			})
		}),
	}
}

func line(e *command.Env, v apiclient.Event) error {
	return e.PrintLine(v, func(w io.Writer) {
		_, _ = fmt.Fprintf(w, "%s %-26s %s", v.Time.Local().Format("15:04:05"), strings.TrimPrefix(v.Type, typePrefix), v.Subject)
		for _, more := range []struct{ word, value string }{{"in", v.Stage}, {"by", v.Actor}, {"because", v.Reason}} {
			if more.value != "" {
				_, _ = fmt.Fprintf(w, " %s %s", more.word, more.value)
			}
		}
		_, _ = fmt.Fprintln(w)
	})
}
