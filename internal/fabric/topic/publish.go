package topic

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/cloudevent"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// problemExtension is the attribute that says what is wrong with an event that was flagged.
const problemExtension = "schemaproblem"

// Published is where an event lies.
type Published struct {
	ID        string `json:"id"`
	Partition int    `json:"partition"`
	Offset    uint64 `json:"offset"`
	// Problem is why it was flagged.
	Problem string `json:"problem,omitempty" doc:"What of it breaks its schema, where the topic flags such events."`
}

// MayPublish tells whether the actor may publish into a topic that is there.
func (s *Service) MayPublish(ctx context.Context, scope kernel.Scope, name string) error {
	_, err := s.get(ctx, actionPublish, scope, name)
	return err
}

// Publish puts events into a topic, all or none where one is not as the topic asks for, and
// returns when the broker keeps them.
func (s *Service) Publish(ctx context.Context, scope kernel.Scope, name string, events []cloudevent.Event) ([]Published, error) {
	t, err := s.get(ctx, actionPublish, scope, name)
	if err != nil {
		return nil, err
	}
	messages, published, err := s.accept(ctx, t, events)
	if err != nil {
		s.Metrics.published(t, "refused", len(events))
		return nil, err
	}
	at, err := s.Broker.Publish(ctx, t.Account(), messages)
	if err != nil {
		s.Metrics.published(t, "failed", len(events))
		return nil, err
	}
	for i, p := range at {
		published[i].Partition, published[i].Offset = p.Partition, p.Offset
	}
	s.Metrics.published(t, "kept", len(events))
	return published, nil
}

// accept holds events against the topic and its schemas.
func (s *Service) accept(ctx context.Context, t Topic, events []cloudevent.Event) ([]broker.Message, []Published, error) {
	schemas, types, err := s.schemasFor(ctx, t)
	if err != nil {
		return nil, nil, err
	}
	var problems []kernel.Problem
	messages, published := make([]broker.Message, len(events)), make([]Published, len(events))
	for i, e := range events {
		at := place(i, len(events))
		broken := under(at, e.Problems())
		if len(e.Data) > t.MaxMessageBytes {
			return nil, nil, kernel.Errorf(kernel.TooLarge, "event %s has %d bytes of data, and topic %s takes %d", e.ID, len(e.Data), t.Name, t.MaxMessageBytes)
		}
		if _, taken := e.Extensions[problemExtension]; taken {
			broken = append(broken, kernel.Problem{Path: at + problemExtension, Message: "this attribute is Terrace's to set"})
		}
		problems = append(problems, broken...)
		wrong, err := s.held(ctx, t, &e, schemas, types)
		if err != nil {
			return nil, nil, err
		}
		if len(wrong) > 0 && t.Validation == Reject {
			problems = append(problems, under(at, wrong)...)
		}
		published[i].ID = e.ID
		if len(wrong) > 0 && t.Validation == Flag {
			published[i].Problem = flagged(&e, wrong[0])
		}
		messages[i] = message(e)
	}
	if len(problems) > 0 {
		return nil, nil, kernel.Errorf(kernel.Invalid, "topic %s does not take this", t.Name).WithProblems(problems[:min(len(problems), 50)]...).
			WithFix("see what it takes with: terrace topic schema list %s --stage %s", t.Name, t.Scope.Stage)
	}
	return messages, published, nil
}

// place is where an event is in what was sent.
func place(i, of int) string {
	if of == 1 {
		return ""
	}
	return strconv.Itoa(i) + "."
}

func under(at string, problems []kernel.Problem) []kernel.Problem {
	for i := range problems {
		problems[i].Path = at + problems[i].Path
	}
	return problems
}

// held holds an event against the schema of its type: the version that its dataschema names,
// else the newest. An event without a dataschema gets the address of that.
func (s *Service) held(ctx context.Context, t Topic, e *cloudevent.Event, schemas map[string]EventSchema, types []string) ([]kernel.Problem, error) {
	if len(schemas) == 0 {
		return nil, nil
	}
	wanted, known := schemas[e.Type]
	if !known {
		return []kernel.Problem{{Path: "type", Message: fmt.Sprintf("the topic has no schema of %.100q", e.Type), Fix: "it has those of " + strings.Join(types, ", ")}}, nil
	}
	path := s.schemaPath(t, e.Type)
	if version, named := strings.CutPrefix(e.DataSchema, path); named {
		n, err := strconv.Atoi(version)
		if err != nil || n < 1 || n > wanted.Version {
			return []kernel.Problem{{Path: "dataschema", Message: "there is no such version of the schema", Fix: "the newest is " + strconv.Itoa(wanted.Version)}}, nil
		}
		if n != wanted.Version {
			if wanted, err = s.Schemas.SchemaOf(ctx, t, e.Type, n); err != nil {
				return nil, err
			}
		}
	}
	if e.DataSchema == "" {
		e.DataSchema = path + strconv.Itoa(wanted.Version)
	}
	if !e.JSON() {
		return []kernel.Problem{{Path: "datacontenttype", Message: fmt.Sprintf("%.100q is not JSON, which the schema is of", e.DataContentType)}}, nil
	}
	ready, err := s.compiled.of(wanted.Schema)
	if err != nil {
		return nil, err
	}
	return under("data", ready.Validate(e.Data)), nil
}

// schemaPath is where the versions of the schema of a type are found.
func (s *Service) schemaPath(t Topic, eventType string) string {
	return s.Address + "/api/v1/projects/" + t.Scope.Project + "/topics/" + t.Name + "/schemas/" + eventType + "/"
}

// flagged notes on an event what is wrong with it.
func flagged(e *cloudevent.Event, p kernel.Problem) string {
	said := strings.ToValidUTF8(p.Path+": "+p.Message, "")
	said = strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return ' '
		}
		return r
	}, said[:min(len(said), 500)])
	e.Extensions = maps.Clone(e.Extensions)
	if e.Extensions == nil {
		e.Extensions = map[string]string{}
	}
	e.Extensions[problemExtension] = strings.ToValidUTF8(said, "")
	return e.Extensions[problemExtension]
}

// message is an event as brokers carry it.
func message(e cloudevent.Event) broker.Message {
	m := broker.Message{ID: e.ID, Type: e.Type, Key: e.Key(), Time: e.Time, Data: e.Data, Headers: map[string]string{}}
	for name, value := range e.Extensions {
		if name != cloudevent.KeyExtension {
			m.Headers[name] = value
		}
	}
	for name, value := range map[string]string{"source": e.Source, "subject": e.Subject, "dataschema": e.DataSchema, "content-type": e.DataContentType} {
		if value != "" {
			m.Headers[name] = value
		}
	}
	return m
}

// event is a message as an event; what is none has no type.
func event(m broker.Message) cloudevent.Event {
	e := cloudevent.Event{ID: m.ID, Type: m.Type, Time: m.Time, Data: m.Data, Extensions: map[string]string{}}
	for name, value := range m.Headers {
		switch name {
		case "source":
			e.Source = value
		case "subject":
			e.Subject = value
		case "dataschema":
			e.DataSchema = value
		case "content-type":
			e.DataContentType = value
		default:
			if cloudevent.ValidName(name) { // others are headers of the protocol
				e.Extensions[name] = value
			}
		}
	}
	if m.Key != "" && m.Key != e.Subject {
		e.Extensions[cloudevent.KeyExtension] = m.Key
	}
	return e
}

// MaxPeek is how many events are shown at a time.
const MaxPeek = 100

// Peek shows events of a partition from an offset on, without taking them from anybody; one
// that is no longer kept begins with the oldest. from 0 shows the newest.
func (s *Service) Peek(ctx context.Context, scope kernel.Scope, name string, partition int, from uint64, limit int) ([]Received, error) {
	t, err := s.get(ctx, actionConsume, scope, name)
	if err != nil {
		return nil, err
	}
	limit = min(max(limit, 1), MaxPeek)
	if from == 0 {
		stats, err := s.Broker.Stats(ctx, t.Account())
		if err != nil {
			return nil, err
		}
		if partition < len(stats.Partitions) {
			from = max(stats.Partitions[partition].First, stats.Partitions[partition].Next-min(stats.Partitions[partition].Next, uint64(limit)))
		}
	}
	all, err := s.Broker.Read(ctx, t.Account(), broker.Position{Partition: partition, Offset: from}, limit)
	return received(all), err
}
