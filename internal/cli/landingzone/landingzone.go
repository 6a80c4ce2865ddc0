// Package landingzone has the commands terrace landing-zone set, show, check and run.
//
// It owns how terraform's outputs are read and shown, and how a landing zone's inputs are checked
// and given to terraform. The server refuses what it does not keep, and who may not read a secret.
package landingzone

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxFile bounds the file of outputs, in bytes.
const maxFile = 1 << 20

// Command returns terrace landing-zone.
func Command(e *command.Env) *cobra.Command {
	return command.Group("landing-zone", "Apply landing zones with secrets, and tell and see what they give to workloads", set(e), show(e), check(e), run(e))
}

func set(e *command.Env) *cobra.Command {
	var stage, file string
	c := &cobra.Command{
		Use: "set --stage STAGE --file FILE", Short: "Tell what the landing zone of a stage gives to workloads", Args: cobra.NoArgs,
		Long: "The file has what `terraform output -json` or `tofu output -json` prints after iac/ was applied for the\n" +
			"stage; - reads it from the input. Sensitive outputs are refused. Definitions refer to the outputs as\n" +
			"${landing_zone.NAME}; a plan that was made with others is stale.",
		Example: "  terraform output -json > outputs.json && terrace landing-zone set --stage dev --file outputs.json\n" +
			"  tofu output -json | terrace landing-zone set --stage dev --file -",
		RunE: func(c *cobra.Command, _ []string) error {
			outputs, err := read(e, file)
			if err != nil {
				return err
			}
			s, err := e.Server()
			if err != nil {
				return err
			}
			z, err := s.SetLandingZone(c.Context(), stage, outputs)
			if err != nil {
				return command.Of(nameOf(file), err)
			}
			if env := madeFor(z); env != "" && env != stage {
				e.Say("note: the outputs have the tag env = %s: they may be those of another stage than %s", env, stage)
			}
			return e.Print(z, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "The landing zone of %s is version %d, with %s (%s).\n", z.Stage, z.Version, count(len(z.Outputs)), z.Digest.Short())
			})
		},
	}
	e.StageFlag(c, &stage, "stage", "the stage", true)
	c.Flags().StringVarP(&file, "file", "f", "", "the file with the outputs, or -")
	_ = c.MarkFlagRequired("file") // the flag was made above
	return c
}

// madeFor is the stage that the landing zone's tags name, "" where they name none.
func madeFor(z apiclient.LandingZone) string {
	tags, _ := z.Outputs["tags"].(map[string]any)
	env, _ := tags["env"].(string)
	return env
}

func count(outputs int) string {
	if outputs == 1 {
		return "1 output"
	}
	return fmt.Sprintf("%d outputs", outputs)
}

// read returns the outputs in the file.
func read(e *command.Env, file string) (map[string]apiclient.LandingZoneOutput, error) {
	raw, err := e.ReadSource(file, maxFile)
	if known, is := errors.AsType[*kernel.Error](err); is && known.Kind == kernel.NotFound {
		return nil, known.WithFix("write it with: terraform output -json > %s", file)
	}
	if err != nil {
		return nil, err
	}
	return decode(raw, nameOf(file))
}

// nameOf is how messages call the file.
func nameOf(file string) string {
	if file == "-" {
		return "the input"
	}
	return file
}

// decode reads what terraform prints; what has no value in it was printed by another command.
func decode(raw []byte, name string) (map[string]apiclient.LandingZoneOutput, error) {
	refused := func(why string) error {
		return command.InFile(name, "write it with: terraform output -json", "it does not have terraform's outputs: %s", why)
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, refused("it is empty")
	}
	if !json.Valid(raw) {
		return nil, refused("it is not JSON")
	}
	var each map[string]json.RawMessage
	if json.Unmarshal(raw, &each) != nil {
		return nil, refused("it is not an object")
	}
	outputs := make(map[string]apiclient.LandingZoneOutput, len(each))
	for _, output := range slices.Sorted(maps.Keys(each)) {
		var fields map[string]json.RawMessage
		_ = json.Unmarshal(each[output], &fields) // what is no object has no value
		if _, given := fields["value"]; !given {
			return nil, refused(output + " is no object with a value")
		}
		var o apiclient.LandingZoneOutput
		if json.Unmarshal(each[output], &o) != nil {
			return nil, refused(output + " is sensitive or not, true or false")
		}
		outputs[output] = o
	}
	return outputs, nil
}

func show(e *command.Env) *cobra.Command {
	var stage string
	var version int
	var versions bool
	c := &cobra.Command{
		Use: "show --stage STAGE", Short: "Show what the landing zone of a stage gives to workloads", Args: cobra.NoArgs,
		Example: "  terrace landing-zone show --stage dev\n  terrace landing-zone show --stage dev --version 3 --output json\n" +
			"  terrace landing-zone show --stage dev --versions",
		RunE: e.AtServer(func(ctx context.Context, s command.Server, _ []string) error {
			if versions {
				all, err := s.LandingZoneVersions(ctx, stage)
				if err != nil {
					return err
				}
				return e.Print(all, func(w io.Writer) { writeVersions(w, e, all) })
			}
			z, err := s.LandingZone(ctx, stage, version)
			if err != nil {
				return err
			}
			return e.Print(z, func(w io.Writer) { write(w, e, z) })
		}),
	}
	e.StageFlag(c, &stage, "stage", "the stage", true)
	command.Number(c, &version, "version", 0, "the number of a version; 0 is the newest", 0, 0)
	c.Flags().BoolVar(&versions, "versions", false, "list all versions instead")
	c.MarkFlagsMutuallyExclusive("version", "versions")
	return c
}

func write(w io.Writer, e *command.Env, z apiclient.LandingZone) {
	_, _ = fmt.Fprintf(w, "%s, version %d, set %s ago by %s (%s)\n", z.Stage, z.Version, output.Age(e.Clock.Now(), z.SetAt), z.SetBy, z.Digest.Short())
	rows := make([][]string, 0, len(z.Outputs))
	for _, name := range slices.Sorted(maps.Keys(z.Outputs)) {
		rows = append(rows, []string{name, text(z.Outputs[name])})
	}
	output.Rows(w, []string{"OUTPUT", "VALUE"}, rows)
}

func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(raw)
}

func writeVersions(w io.Writer, e *command.Env, all []apiclient.LandingZone) {
	rows := make([][]string, 0, len(all))
	for _, z := range all {
		rows = append(rows, []string{strconv.FormatInt(int64(z.Version), 10), z.Digest.Short(), strconv.Itoa(len(z.Outputs)), z.SetBy, output.Age(e.Clock.Now(), z.SetAt)})
	}
	output.Rows(w, []string{"VERSION", "DIGEST", "OUTPUTS", "SET BY", "AGE"}, rows)
}
