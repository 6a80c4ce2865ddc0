// Package tags has the commands terrace tag …: what a project, or the tenant, gives
// to all of its resources as tags, and which tags these must have.
//
// It owns their flags and tables. What is inherited, and what is possible, the
// server says.
package tags

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// group is what the commands share.
type group struct {
	*command.Env

	tenant bool
}

// Command returns terrace tag.
func Command(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	c := command.Group("tag", "Tags that all resources of a project are given, and those that they must have", show(g), set(g), unset(g), require(g), release(g))
	c.PersistentFlags().BoolVar(&g.tenant, "tenant", false, "the tenant's tags, which all projects inherit")
	return c
}

// change makes a command that changes what is set; change says what it did.
func (g *group) change(c *cobra.Command, change func(t *apiclient.TenantTagSettings, args []string) (string, error)) *cobra.Command {
	c.RunE = g.InScope(&g.tenant, func(ctx context.Context, s command.Server, project string, args []string) error {
		t, err := s.Tags(ctx, project)
		if err != nil {
			return err
		}
		said, err := change(&t, args)
		if err != nil {
			return err
		}
		done, err := s.SetTags(ctx, project, apiclient.SetTagsRequest{Tags: t.Tags, Required: t.Required, Revision: t.Revision})
		if err != nil {
			return err
		}
		return g.Print(done, func(w io.Writer) { _, _ = fmt.Fprintln(w, said) })
	})
	c.ValidArgsFunction = g.Offer(func(ctx context.Context, s command.Server, project string) ([]string, error) {
		if g.tenant {
			project = ""
		}
		t, err := s.Tags(ctx, project)
		keys := slices.Sorted(maps.Keys(t.Tags))
		for _, r := range t.Required {
			keys = append(keys, r.Key)
		}
		return slices.Compact(slices.Sorted(slices.Values(keys))), err
	})
	return c
}

func set(g *group) *cobra.Command {
	return g.change(&cobra.Command{
		Use: "set KEY=VALUE...", Short: "Give a tag to all resources, from their next run on", Args: settings,
		Example: "  terrace tag set team=orders\n  terrace tag set --tenant company=acme 'data class=internal'",
	}, func(t *apiclient.TenantTagSettings, args []string) (string, error) {
		for _, arg := range args {
			key, value, _ := strings.Cut(arg, "=")
			t.Tags[key] = value
		}
		return "set " + strings.Join(args, ", "), nil
	})
}

// settings wants one KEY=VALUE or more.
func settings(c *cobra.Command, args []string) error {
	if err := cobra.MinimumNArgs(1)(c, args); err != nil {
		return err
	}
	for _, arg := range args {
		if key, value, _ := strings.Cut(arg, "="); arg != "" && (key == "" || value == "") {
			return exit.Wrong("%q is no tag", arg).WithFix("write it as KEY=VALUE, such as team=orders")
		}
	}
	return nil
}

func unset(g *group) *cobra.Command {
	return g.change(&cobra.Command{
		Use: "unset KEY...", Short: "Give a tag no longer", Args: cobra.MinimumNArgs(1), Example: "  terrace tag unset team",
	}, func(t *apiclient.TenantTagSettings, args []string) (string, error) {
		for _, key := range args {
			if _, ok := t.Tags[key]; !ok {
				return "", kernel.Errorf(kernel.NotFound, "the tag %s is not set here", key).WithFix("see terrace tag show")
			}
			delete(t.Tags, key)
		}
		return "unset " + strings.Join(args, ", "), nil
	})
}

func require(g *group) *cobra.Command {
	var r apiclient.TenantTagRule
	c := g.change(&cobra.Command{
		Use: "require KEY", Short: "Demand a tag of every resource that carries tags", Args: cobra.ExactArgs(1),
		Long:    "A run whose plan lacks the tag, or has another value, ends at the gate tags: one that waits for an approval or\nfor its stage to open is planned again, and ends there. What stages, the tenant and the project demand holds\ntogether.",
		Example: "  terrace tag require team\n  terrace tag require --tenant data-class --values public,internal,secret\n  terrace tag require costcenter --pattern '[0-9]{4}'",
	}, func(t *apiclient.TenantTagSettings, args []string) (string, error) {
		r.Key = args[0]
		t.Required = append(without(t.Required, r.Key), r)
		return r.Key + " is required from now on, also of runs that wait", nil
	})
	c.Flags().StringSliceVar(&r.Values, "values", nil, "the values that are allowed")
	c.Flags().StringVar(&r.Pattern, "pattern", "", "a regular expression for the whole value")
	c.MarkFlagsMutuallyExclusive("values", "pattern")
	return c
}

func release(g *group) *cobra.Command {
	return g.change(&cobra.Command{
		Use: "release KEY", Short: "Demand a tag no longer", Args: cobra.ExactArgs(1), Example: "  terrace tag release team",
	}, func(t *apiclient.TenantTagSettings, args []string) (string, error) {
		left := without(t.Required, args[0])
		if len(left) == len(t.Required) {
			return "", kernel.Errorf(kernel.NotFound, "the tag %s is not required here", args[0]).WithFix("see terrace tag show")
		}
		t.Required = left
		return args[0] + " is required no longer", nil
	})
}

func without(rules []apiclient.TenantTagRule, key string) []apiclient.TenantTagRule {
	return slices.DeleteFunc(rules, func(r apiclient.TenantTagRule) bool { return strings.EqualFold(r.Key, key) })
}
