package azuresim

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
)

// completeTimeout keeps a shell from waiting for a simulator that is slow.
const completeTimeout = time.Second

// offer offers a word of each resource; where no simulator answers nothing is offered.
func (s *sim) offer(c *cobra.Command, word func(resource) string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(c.Context(), completeTimeout)
	defer cancel()
	client, err := s.client()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var all []resource
	if err := client.Get(ctx, "resources", url.Values{}, &all); err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	words := make([]string, 0, len(all))
	for _, r := range all {
		words = append(words, word(r))
	}
	slices.Sort(words)
	return slices.Compact(words), cobra.ShellCompDirectiveNoFileComp
}

// ids offers the ids of resources, for the one argument of a command.
func (s *sim) ids() command.Completion {
	return func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return s.offer(c, func(r resource) string { return r.ID })
	}
}

// types offers the types of resources that there are.
func (s *sim) types() command.Completion {
	return func(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return s.offer(c, func(r resource) string { return r.Type })
	}
}
