package azuresim

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/exit"
)

const portalUser = "portal user"

func (s *sim) edit() *cobra.Command {
	var as string
	var set []string
	c := &cobra.Command{
		Use: "edit ID --set PATH=VALUE", Short: "Change a resource behind Terraform's back", Args: cobra.ExactArgs(1), ValidArgsFunction: s.ids(),
		Long: "Edit changes a resource as somebody in the portal would: another caller, who is in the\n" +
			"activity log. A value is JSON where it can be read as such, else text; null removes.\n" +
			"What starts like JSON, with { [ or a quote, has to be JSON.",
		Example: "  terrace azure-sim edit ID --set properties.minimumTlsVersion=TLS1_0\n  terrace azure-sim edit ID --set tags.owner=someone --as mallory",
		RunE: func(c *cobra.Command, args []string) error {
			values, err := assignments(set)
			if err != nil {
				return err
			}
			client, err := s.client()
			if err != nil {
				return err
			}
			var body map[string]any
			if err := client.Post(c.Context(), "edit", map[string]any{"id": args[0], "as": as, "set": values}, &body); err != nil {
				return err
			}
			return s.document(body)
		},
	}
	c.Flags().StringArrayVar(&set, "set", nil, "a path and its value, such as properties.x=y; can be given again")
	c.Flags().StringVar(&as, "as", portalUser, "who does it")
	_ = c.MarkFlagRequired("set") // the flag was made above
	return c
}

// assignments reads "path=value" pairs.
func assignments(set []string) (map[string]any, error) {
	out := make(map[string]any, len(set))
	for _, pair := range set {
		path, text, given := strings.Cut(pair, "=")
		if !given || slices.Contains(strings.Split(path, "."), "") {
			return nil, exit.Wrong("%q sets nothing", pair).WithFix("write --set PATH=VALUE, such as --set properties.x=y")
		}
		if looksLikeJSON(text) && !json.Valid([]byte(text)) {
			return nil, exit.Wrong("the value of %s is not JSON: %s", path, text).
				WithFix("write it as in --set '%s={\"a\": 1}', or a text in quotes: --set '%s=\"…\"'", path, path)
		}
		var value any = text
		if decoded := any(nil); json.Unmarshal([]byte(text), &decoded) == nil {
			value = decoded
		}
		out[path] = value
	}
	return out, nil
}

// looksLikeJSON says that somebody meant an object, a list or a text in quotes.
func looksLikeJSON(text string) bool { return text != "" && strings.ContainsRune(`{["`, rune(text[0])) }

func (s *sim) remove() *cobra.Command {
	var as string
	c := &cobra.Command{
		Use: "delete ID", Short: "Delete a resource, with all in it, behind Terraform's back", Args: cobra.ExactArgs(1), ValidArgsFunction: s.ids(),
		Example: "  terrace azure-sim delete /subscriptions/…/resourceGroups/rg1",
		RunE: func(c *cobra.Command, args []string) error {
			client, err := s.client()
			if err != nil {
				return err
			}
			var out map[string]string
			if err := client.Post(c.Context(), "delete", map[string]any{"id": args[0], "as": as}, &out); err != nil {
				return err
			}
			return s.Print(out, func(w io.Writer) { _, _ = fmt.Fprintln(w, "deleted", args[0]) })
		},
	}
	c.Flags().StringVar(&as, "as", portalUser, "who does it")
	return c
}
