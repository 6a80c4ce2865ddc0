package topic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/fabric/topic/cloudevent"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// settings are those of a document as the API has them.
func settings(d topicdoc.Document) apiclient.TopicdocSettings {
	out := apiclient.TopicdocSettings{
		Description: d.Description, Owner: d.Owner, Broker: d.Broker, Subject: d.Subject, Partitions: int64(d.Partitions), Replicas: int64(d.Replicas),
		RetentionSeconds: d.RetentionSeconds, RetentionBytes: d.RetentionBytes, MaxMessageBytes: int64(d.MaxMessageBytes),
	}
	if d.Validation != "" {
		v := apiclient.TopicdocValidation(d.Validation)
		out.Validation = &v
	}
	if d.Compatibility != "" {
		v := apiclient.SchemaCompatibility(d.Compatibility)
		out.Compatibility = &v
	}
	return out
}

// registered registers the schemas of a document, or tells what would break; of a topic that is
// not there yet nothing would.
func (g *group) registered(ctx context.Context, s command.Server, t apiclient.TopicAt, d topicdoc.Document, dry bool) ([]apiclient.TopicRegistered, error) {
	told := []apiclient.TopicRegistered{}
	for _, e := range d.Events {
		var text any
		if err := json.Unmarshal(e.Schema, &text); err != nil {
			return nil, fmt.Errorf("read the schema of %s: %w", e.Type, err)
		}
		one, err := s.RegisterTopicSchema(ctx, t, apiclient.RegisterTopicSchemaRequest{Type: e.Type, Description: e.Description, Schema: text, Check: dry})
		if dry && kernel.Is(err, kernel.NotFound) {
			if _, err := s.Topics(ctx, t.Project, t.Stage); err != nil { // there is no such project or stage
				return nil, err
			}
			one, err = apiclient.TopicRegistered{Type: e.Type, New: true, Breaks: []apiclient.SchemaBreak{}}, nil
		}
		if err != nil {
			return nil, err
		}
		told = append(told, one)
	}
	return told, nil
}

// report tells what came of schemas.
func (g *group) report(told []apiclient.TopicRegistered, err error) error {
	printed := g.Print(told, func(w io.Writer) {
		for _, r := range told {
			switch {
			case len(r.Breaks) > 0:
				_, _ = fmt.Fprintf(w, "%s breaks version %d:\n", r.Type, r.Former)
				for _, b := range r.Breaks {
					_, _ = fmt.Fprintf(w, "  %s: %s (%s)\n", b.Path, b.Message, b.For)
				}
			case !r.New:
				_, _ = fmt.Fprintf(w, "%s is version %d, as before\n", r.Type, r.Version)
			case r.Version == 0:
				_, _ = fmt.Fprintf(w, "%s would be version %d\n", r.Type, r.Former+1)
			default:
				_, _ = fmt.Fprintf(w, "%s is version %d\n", r.Type, r.Version)
			}
		}
	})
	return errors.Join(err, printed)
}

// maxEvents bounds a file of events, in bytes.
const maxEvents = 4 << 20

func check(g *group) *cobra.Command {
	var event, against string
	c := &cobra.Command{
		Use: "check FILE", Short: "Check the document of a topic, offline", Args: cobra.ExactArgs(1),
		Long:    "Settings, schemas and examples are checked, with the place of each mistake. --against compares the schemas with those of an\nearlier document, by the rule of this one; --event holds a CloudEvent in its JSON form against the document.",
		Example: "  terrace topic check topics/orders.yaml\n  terrace topic check orders.yaml --against orders.before.yaml --event placed.json",
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := g.document(args[0])
			if err != nil {
				return err
			}
			if err := g.compared(d, args[0], against); err != nil {
				return err
			}
			if err := held(d, event); err != nil {
				return err
			}
			return g.Print(map[string]any{"topic": d.Name, "types": len(d.Events), "valid": true}, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "topic %s can be applied, with schemas of %d types\n", d.Name, len(d.Events))
			})
		},
	}
	c.Flags().StringVar(&event, "event", "", "a file with a CloudEvent that the document must take")
	c.Flags().StringVar(&against, "against", "", "an earlier document, which this one must be compatible with")
	return c
}

// compared holds the schemas of a document against those of an earlier one.
func (g *group) compared(d topicdoc.Document, path, against string) error {
	if against == "" {
		return nil
	}
	former, err := g.document(against)
	if err != nil {
		return err
	}
	all, err := d.Differences(former)
	if err != nil || len(all) == 0 {
		return err
	}
	var problems []kernel.Problem
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		for _, b := range all[kind] {
			p := b.Problem()
			p.File, p.Path = path, kind+p.Path
			problems = append(problems, p)
		}
	}
	return kernel.Errorf(kernel.Invalid, "the schemas are not compatible with those of %s (%s)", against, d.WithDefaults(d.Name).Compatibility).WithProblems(problems...)
}

// held holds an event in a file against a document.
func held(d topicdoc.Document, path string) error {
	if path == "" {
		return nil
	}
	text, err := command.Read(path, maxEvents)
	if err != nil {
		return err
	}
	e, err := cloudevent.Read(text)
	if err != nil {
		return unreadable(path, text, err)
	}
	problems := d.Hold(e)
	if len(problems) == 0 {
		return nil
	}
	locate(path, text, problems)
	return kernel.Errorf(kernel.Invalid, "topic %s does not take the event", d.Name).WithProblems(problems...)
}

func schemas(g *group) *cobra.Command {
	list := g.about("list TOPIC", "List the schemas of a topic, by type and version", "terrace topic schema list orders --stage dev", cobra.ExactArgs(1),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, _ []string) error {
			all, err := s.TopicSchemas(ctx, t)
			return command.PrintFound(g.Env, all, err, []string{"TYPE", "VERSION", "DESCRIPTION", "BY"}, func(e apiclient.EventSchema) []string {
				return []string{e.Type, fmt.Sprint(e.Version), e.Description, e.CreatedBy}
			})
		})
	var version int64
	show := g.about("show TOPIC TYPE", "Show a version of the schema of a type", "terrace topic schema show orders shop.order.placed --stage dev --version 2", cobra.ExactArgs(2),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, args []string) error {
			e, err := s.TopicSchema(ctx, t, args[0], version)
			if err != nil {
				return err
			}
			return g.Print(e, func(w io.Writer) {
				text, _ := json.MarshalIndent(e.Schema, "", "  ") // it came as JSON
				_, _ = fmt.Fprintf(w, "%s\n", text)
			})
		})
	command.Number(show, &version, "version", 0, "the version; the newest unless given", 0, 100)
	return command.Group("schema", "What the events of a topic carry; terrace topic apply registers it", list, show)
}
