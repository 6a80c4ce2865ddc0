package topic

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/asyncapi"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// maxDescribed bounds the topics of one document, and maxDescription the document, in bytes.
	maxDescribed   = 200
	maxDescription = 8 << 20
)

// Describe returns a topic as an AsyncAPI 3.0 document, in JSON.
func (s *Service) Describe(ctx context.Context, scope kernel.Scope, name string) ([]byte, error) {
	t, err := s.get(ctx, actionRead, scope, name)
	if err != nil {
		return nil, err
	}
	return s.describe(ctx, t.Name, cmp.Or(t.Description, "Topic "+t.Name+" of the stage "+scope.Stage+"."), []Topic{t})
}

// DescribeAll returns the topics of a project that the actor sees, at one stage, as one
// AsyncAPI document.
func (s *Service) DescribeAll(ctx context.Context, scope kernel.Scope) ([]byte, error) {
	var all []Topic
	for page := (kernel.PageRequest{Limit: maxDescribed}); ; {
		some, err := s.List(ctx, scope, page)
		if err != nil {
			return nil, err
		}
		all = append(all, some.Items...)
		if len(all) > maxDescribed {
			return nil, kernel.Errorf(kernel.TooLarge, "the stage has more than %d topics, which is as many as one document has", maxDescribed).WithFix("ask for one topic at a time")
		}
		if some.Next == "" {
			break
		}
		page.Cursor = some.Next
	}
	all = slices.DeleteFunc(all, func(t Topic) bool { return t.DeadLettersOf != "" })
	return s.describe(ctx, scope.Project, "Topics of the project "+scope.Project+" at the stage "+scope.Stage+".", all)
}

// describe writes topics with the newest schemas of their events, and the brokers that they
// are on. The version of the document is when the newest of it changed.
func (s *Service) describe(ctx context.Context, title, description string, all []Topic) ([]byte, error) {
	doc, changed, size := asyncapi.Document{Title: title, Description: description}, time.Time{}, 0
	servers := map[string][]string{}
	for _, t := range all {
		schemas, err := s.Schemas.LatestSchemas(ctx, t)
		if err != nil {
			return nil, err
		}
		one, newest := described(t, schemas)
		for _, m := range one.Messages {
			size += len(m.Schema)
		}
		if size > maxDescription {
			return nil, kernel.Errorf(kernel.TooLarge, "the schemas have more than %d MiB, which is as much as one document has", maxDescription>>20).WithFix("ask for one topic at a time")
		}
		if newest.After(changed) {
			changed = newest
		}
		if _, told := servers[t.Broker]; !told || len(servers[t.Broker]) == 0 {
			servers[t.Broker] = s.servers(&doc, t)
		}
		one.Kafka = s.speaks(t) == Kafka
		if one.Servers = servers[t.Broker]; len(one.Servers) == 0 { // none would be all
			one.Description = strings.TrimSpace(one.Description + " The topic is on the broker " + t.Broker + ", which only the daemon " + t.Home + " reaches.")
		}
		doc.Topics = append(doc.Topics, one)
	}
	doc.Version = changed.UTC().Format("2006-01-02T15:04:05Z")
	return asyncapi.Render(doc)
}

func (s *Service) speaks(t Topic) BrokerKind {
	info, err := s.Brokers.Info(t.Broker)
	if err != nil {
		return NATS
	}
	return info.Kind
}

// servers adds the addresses of a topic's broker to a document, and returns their names there.
func (s *Service) servers(doc *asyncapi.Document, t Topic) (names []string) {
	info, err := s.Brokers.Info(t.Broker)
	if err != nil {
		return nil
	}
	protocol := string(info.Kind)
	if info.Kind == Kafka && info.TLS {
		protocol = "kafka-secure"
	}
	for i, address := range s.Addresses(t) {
		name := info.Name
		if i > 0 {
			name += "-" + strconv.Itoa(i+1)
		}
		_, host, found := strings.Cut(address, "://")
		if !found {
			host = address
		}
		doc.Servers = append(doc.Servers, asyncapi.Server{Name: name, Host: host, Protocol: protocol, Description: fmt.Sprintf("The broker %s of the platform.", info.Name)})
		names = append(names, name)
	}
	return names
}

// described is a topic as the document has it, and when it or a schema changed last.
func described(t Topic, schemas []EventSchema) (asyncapi.Topic, time.Time) {
	out := asyncapi.Topic{
		Name: t.Name, Address: t.Subject, Description: t.Description, Owner: t.Owner, Partitions: t.Partitions, Replicas: t.Replicas,
		Retention: t.Retention(), RetentionBytes: t.RetentionBytes, MaxMessage: t.MaxMessageBytes, Publish: t.DeadLettersOf == "", Consume: true,
	}
	changed := t.UpdatedAt
	for _, e := range schemas {
		out.Messages = append(out.Messages, asyncapi.Message{Type: e.Type, Version: strconv.Itoa(e.Version), Description: e.Description, Schema: e.Schema})
		if e.CreatedAt.After(changed) {
			changed = e.CreatedAt
		}
	}
	return out, changed
}
