package configs

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func list(e *command.Env) *cobra.Command {
	var t target
	var revision string
	c := &cobra.Command{
		Use: "list", Short: "List what counts for a workload at a stage, with its origin", Aliases: []string{"ls"}, Args: cobra.NoArgs,
		Example: "  terrace config list --workload orders --stage prod\n  terrace config list --stage prod --revision 3f2a9c1",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			v, err := s.Config(ctx, project, apiclient.GetConfigParams{Workload: t.workload, Stage: t.stage, Revision: revision})
			if err != nil {
				return err
			}
			return e.Print(v, func(w io.Writer) {
				output.List(w, v.Values, []string{"KEY", "VALUE", "LAYER", "FROM"}, func(v apiclient.ConfigfileEntry) []string {
					return []string{v.Key, shown(v.Value), string(v.Origin.Layer), place(v.Origin)}
				})
				for _, u := range v.Unavailable {
					_, _ = fmt.Fprintf(w, "%s is not delivered: %s (%s)\n", u.Key, u.Message, u.Fix)
				}
			})
		}),
	}
	t.flags(e, c)
	c.Flags().StringVar(&revision, "revision", "", "what counted at a revision; what counts now by default")
	return c
}

func get(e *command.Env) *cobra.Command {
	var t target
	c := &cobra.Command{
		Use: "get KEY", Short: "Print the value of a key for a workload at a stage", Args: cobra.ExactArgs(1),
		Long:    "A text is printed as it is, anything else as JSON. Of a secret it is the reference.",
		Example: "  terrace config get checkout.timeout --workload orders --stage prod",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			v, err := s.Config(ctx, project, apiclient.GetConfigParams{Workload: t.workload, Stage: t.stage})
			if err != nil {
				return err
			}
			i := slices.IndexFunc(v.Values, func(v apiclient.ConfigfileEntry) bool { return v.Key == args[0] })
			if i < 0 {
				return kernel.Errorf(kernel.NotFound, "%s has no value here", args[0]).WithFix("see what there is with: terrace config list --stage %s", t.stage)
			}
			return e.Print(v.Values[i], func(w io.Writer) { _, _ = fmt.Fprintln(w, shown(v.Values[i].Value)) })
		}),
	}
	t.flags(e, c)
	return c
}

// shown is a text as it is, and anything else as JSON.
func shown(v json.RawMessage) string {
	var text string
	if json.Unmarshal(v, &text) == nil {
		return text
	}
	return string(v)
}

func place(o apiclient.ConfigfileOrigin) string { return fmt.Sprintf("%s:%d", o.File, o.Line) }

func explain(e *command.Env) *cobra.Command {
	var t target
	var given []string
	c := &cobra.Command{
		Use: "explain KEY|FLAG", Short: "Explain a value or a flag: who wrote it, what it overrides, and what somebody gets", Args: cobra.ExactArgs(1),
		Long: "Of a flag it shows the rule, the shares, and the variant that a context gets, with why. Where a key and a flag have\n" +
			"one name, flag:FLAG means the flag.",
		Example: "  terrace config explain checkout.timeout --workload orders --stage prod\n" +
			"  terrace config explain new-checkout --stage prod --set targetingKey=ada --set plan=gold",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			attributes, err := attributesOf(given)
			if err != nil {
				return err
			}
			p := apiclient.ExplainConfigParams{Workload: t.workload, Stage: t.stage}
			if len(attributes) > 0 {
				raw, err := json.Marshal(attributes)
				if err != nil {
					return fmt.Errorf("encode the attributes: %w", err)
				}
				p.Context = string(raw)
			}
			x, err := s.ExplainConfig(ctx, project, args[0], p)
			if err != nil {
				return err
			}
			return e.Print(x, func(w io.Writer) { writeExplained(w, x) })
		}),
	}
	t.flags(e, c)
	attributeFlag(c, &given)
	return c
}

func attributeFlag(c *cobra.Command, given *[]string) {
	c.Flags().StringArrayVar(given, "set", nil, "an attribute of who is asking, as NAME=VALUE; a number, true, false or other JSON is read as such")
}

// writeFlag shows what a flag says, and what the context gets.
func writeFlag(w io.Writer, x apiclient.ConfigExplained) {
	f, result := *x.Flag, apiclient.FlagResult{}
	if f.Result != nil {
		result = *f.Result
	}
	rule, _ := json.Marshal(f.Rule) // it came as JSON
	if f.Rule == nil {
		rule = nil
	}
	output.Pairs(w, "flag", x.Key, "state", strings.ToLower(string(f.State)), "type", x.Type, "description", x.Description, "owner", x.Owner,
		"default", f.DefaultVariant, "rule", string(rule), "value", shown(result.Value), "variant", result.Variant, "reason", result.Reason, "why", f.Why)
	variants := slices.Sorted(maps.Keys(f.Variants))
	_, _ = fmt.Fprintln(w)
	output.List(w, variants, []string{"VARIANT", "VALUE", "SHARE"}, func(name string) []string {
		value, _ := json.Marshal(f.Variants[name]) // as above
		return []string{name, shown(value), sharesOf(f.Rollouts, name)}
	})
}

// sharesOf are the parts of those who ask that get a variant, one for each rollout.
func sharesOf(all []apiclient.FlagRollout, variant string) string {
	var shares []string
	for _, r := range all {
		for _, s := range r.Shares {
			if s.Variant == variant {
				shares = append(shares, fmt.Sprintf("%.4g %% by %s", s.Percent, r.By))
			}
		}
	}
	return strings.Join(shares, ", ")
}

func writeExplained(w io.Writer, x apiclient.ConfigExplained) {
	if x.Flag != nil {
		writeFlag(w, x)
		writeWritings(w, x)
		return
	}
	output.Pairs(w, "key", x.Key, "value", shown(x.Value), "type", x.Type, "description", x.Description, "owner", x.Owner, "sensitivity", string(x.Sensitivity))
	if u := x.Unavailable; u != nil {
		_, _ = fmt.Fprintf(w, "It is not delivered: %s (%s)\n", u.Message, u.Fix)
	}
	writeWritings(w, x)
}

func writeWritings(w io.Writer, x apiclient.ConfigExplained) {
	_, _ = fmt.Fprintln(w)
	output.List(w, x.Writings, []string{"", "VALUE", "LAYER", "FROM", "COMMIT", "BY", "AUTHOR IN GIT", "AT"}, func(v apiclient.ConfigWriting) []string {
		mark, at := "overridden", ""
		if v.File == x.Writings[0].File && v.Line == x.Writings[0].Line && v.Layer == x.Writings[0].Layer {
			mark = "counts"
		}
		if v.At != nil {
			at = output.Stamp(*v.At)
		}
		return []string{mark, shown(v.Value), string(v.Layer), fmt.Sprintf("%s:%d", v.File, v.Line), short(v.Commit), known(v.PushedBy), v.Author, at}
	})
}

// known is who pushed something, where the platform knows it.
func known(by string) string { return cmp.Or(by, "unknown") }

func flags(e *command.Env) *cobra.Command {
	var t target
	c := &cobra.Command{
		Use: "flags", Short: "List the feature flags that count for a workload at a stage", Args: cobra.NoArgs,
		Example: "  terrace config flags --workload orders --stage prod",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, _ []string) error {
			v, err := s.Config(ctx, project, apiclient.GetConfigParams{Workload: t.workload, Stage: t.stage})
			return command.PrintFound(e, v.Flags, err, []string{"FLAG", "STATE", "DEFAULT", "RULE", "LAYER", "FROM"}, func(f apiclient.ConfigfileFlagEntry) []string {
				state, rule := "enabled", "no"
				if f.Flag.State != "" {
					state = strings.ToLower(f.Flag.State)
				}
				if f.Flag.Targeting != nil {
					rule = "yes"
				}
				return []string{f.Key, state, f.Flag.DefaultVariant, rule, string(f.Origin.Layer), place(f.Origin)}
			})
		}),
	}
	t.flags(e, c)
	return c
}

func evaluate(e *command.Env) *cobra.Command {
	var t target
	var given []string
	c := &cobra.Command{
		Use: "evaluate FLAG", Short: "Evaluate a feature flag as a workload at a stage would get it", Args: cobra.ExactArgs(1),
		Example: "  terrace config evaluate new-checkout --workload orders --stage prod --set targetingKey=ada --set plan=gold",
		RunE: e.InProject(func(ctx context.Context, s command.Server, project string, args []string) error {
			attributes, err := attributesOf(given)
			if err != nil {
				return err
			}
			r, err := s.EvaluateFlag(ctx, project, args[0], apiclient.EvaluateFlagRequest{Workload: t.workload, Stage: t.stage, Context: attributes})
			if err != nil {
				return err
			}
			return e.Print(r, func(w io.Writer) {
				output.Pairs(w, "flag", r.Key, "value", shown(r.Value), "variant", r.Variant, "reason", r.Reason)
			})
		}),
	}
	t.flags(e, c)
	attributeFlag(c, &given)
	return c
}

func attributesOf(given []string) (map[string]any, error) {
	out := map[string]any{}
	for _, text := range given {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, kernel.Errorf(kernel.Invalid, "%q is no attribute", text).WithFix("write it as --set NAME=VALUE")
		}
		var v any
		if json.Unmarshal([]byte(value), &v) != nil {
			v = value
		}
		out[name] = v
	}
	return out, nil
}
