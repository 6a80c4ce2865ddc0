package topic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/fabric/topic/cloudevent"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/jsonscan"
)

func publish(g *group) *cobra.Command {
	return g.about("publish TOPIC FILE", "Publish a CloudEvent, or a list of them, from a file or - for the input", "terrace topic publish orders placed.json --stage dev", cobra.ExactArgs(2),
		func(ctx context.Context, s command.Server, t apiclient.TopicAt, args []string) error {
			text, err := g.ReadSource(args[0], maxEvents)
			if err != nil {
				return err
			}
			path := args[0]
			if path == "-" {
				path = "the input"
			}
			kind := cloudevent.Structured
			if isList(text) {
				kind = cloudevent.Batch
			}
			if _, err := cloudevent.Parse(http.Header{"Content-Type": {kind}}, text); err != nil { // before a server is asked
				return unreadable(path, text, err)
			}
			done, err := s.PublishTopicEvents(ctx, t, kind, text)
			if refused, is := errors.AsType[*kernel.Error](err); is && refused.Kind == kernel.Invalid {
				locate(path, text, refused.Problems)
			}
			return command.PrintFound(g.Env, done.Events, err, []string{"EVENT", "PARTITION", "OFFSET", "PROBLEM"}, func(p apiclient.TopicPublished) []string {
				return []string{p.ID, fmt.Sprint(p.Partition), fmt.Sprint(p.Offset), p.Problem}
			})
		})
}

func isList(text []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")) }

// unreadable says that a file has no event.
func unreadable(path string, text []byte, err error) error {
	p := kernel.Problem{File: path, Message: err.Error(), Fix: "write a CloudEvent in its JSON form"}
	if wrong, is := errors.AsType[*json.SyntaxError](err); is {
		p.Line, p.Column = jsonscan.Position(text, int(wrong.Offset)-1)
	}
	return kernel.Errorf(kernel.Invalid, "%s cannot be used", path).WithProblems(p)
}

// locate finds where problems are in a text of events: the path of each begins with the number
// of its event where there are several, and goes on as a JSON Pointer below data.
func locate(path string, text []byte, problems []kernel.Problem) {
	for i := range problems {
		p := &problems[i]
		p.File = path
		p.Line, p.Column = jsonscan.Position(text, jsonscan.Find(text, steps(text, p.Path)...))
	}
}

// steps are what leads to the place of a problem.
func steps(text []byte, place string) (all []any) {
	if isList(text) {
		event := 0
		if number, rest, several := strings.Cut(place, "."); several {
			if n, err := strconv.Atoi(number); err == nil {
				event, place = n, rest
			}
		}
		all = append(all, event)
	}
	for part := range strings.SplitSeq(place, "/") {
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		at := jsonscan.Find(text, all...)
		if n, err := strconv.Atoi(part); err == nil && at < len(text) && text[at] == '[' {
			all = append(all, n)
			continue
		}
		all = append(all, part)
	}
	return all
}
