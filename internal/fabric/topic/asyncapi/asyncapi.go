// Package asyncapi writes what is known of topics as an AsyncAPI 3.0 document, for
// generators of code and of pages.
//
// It owns the form of the document. It knows no room: what is in it comes as plain
// values.
package asyncapi

import (
	"encoding/json"
	"fmt"
	"regexp"
	"time"
)

// Document is one document: some topics, and the servers that they are on.
type Document struct {
	Title, Version, Description string
	Servers                     []Server
	Topics                      []Topic
}

// Server is where programs connect to.
type Server struct {
	// Name is unique in the document.
	Name string
	// Host is host:port.
	Host string
	// Protocol is nats, kafka or kafka-secure.
	Protocol    string
	Description string
}

// Topic is a channel.
type Topic struct {
	// Name is unique in the document.
	Name string
	// Address is the subject on NATS, or the topic on Kafka.
	Address            string
	Description, Owner string
	// Servers are names of servers; none are all.
	Servers []string
	// Kafka has the settings below be told in Kafka's binding.
	Kafka                bool
	Partitions, Replicas int
	Retention            time.Duration
	RetentionBytes       int64
	MaxMessage           int
	// Publish and Consume are the operations that the document offers.
	Publish, Consume bool
	Messages         []Message
}

// Message is a version of an event's type.
type Message struct {
	Type, Version, Description string
	// ContentType is application/json when empty.
	ContentType string
	// Schema is a JSON Schema of the data; nil says nothing of them.
	Schema json.RawMessage
}

type object = map[string]any

// Render returns the document as JSON (AsyncAPI 3.0.0).
func Render(d Document) ([]byte, error) {
	servers, channels, operations, messages := object{}, object{}, object{}, object{}
	for _, s := range d.Servers {
		servers[id(s.Name)] = describe(object{"host": s.Host, "protocol": s.Protocol}, s.Description)
	}
	for _, t := range d.Topics {
		channels[id(t.Name)] = t.channel()
		if t.Publish {
			operations["publish-"+id(t.Name)] = t.operation("send")
		}
		if t.Consume {
			operations["consume-"+id(t.Name)] = t.operation("receive")
		}
		for _, m := range t.Messages {
			messages[m.id(t)] = m.message(t)
		}
	}
	out, err := json.MarshalIndent(object{
		"asyncapi": "3.0.0", "info": describe(object{"title": d.Title, "version": d.Version}, d.Description), "defaultContentType": "application/json",
		"servers": servers, "channels": channels, "operations": operations, "components": object{"messages": messages},
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("asyncapi: %w", err)
	}
	return out, nil
}

func describe(o object, description string) object {
	if description != "" {
		o["description"] = description
	}
	return o
}

func ref(path string) object { return object{"$ref": path} }

// id is a name as a key of the document can be (AsyncAPI 3.0 §Components Object).
func id(name string) string {
	return regexp.MustCompile(`[^a-zA-Z0-9._-]`).ReplaceAllString(name, "-")
}

func (m Message) id(t Topic) string { return id(t.Name + "." + m.Type + "." + m.Version) }

// channel is a topic with the messages that it has.
func (t Topic) channel() object {
	messages := object{}
	for _, m := range t.Messages {
		messages[m.id(t)] = ref("#/components/messages/" + m.id(t))
	}
	c := describe(object{"address": t.Address, "title": t.Name, "messages": messages}, t.Description)
	if t.Owner != "" {
		c["tags"] = []object{{"name": "owner:" + t.Owner}}
	}
	if len(t.Servers) > 0 {
		var on []object
		for _, s := range t.Servers {
			on = append(on, ref("#/servers/"+id(s)))
		}
		c["servers"] = on
	}
	if t.Kafka {
		c["bindings"] = object{"kafka": t.binding()}
	}
	return c
}

// binding is the channel binding of Kafka, version 0.5.0.
func (t Topic) binding() object {
	settings := object{"cleanup.policy": []string{"delete"}}
	if t.Retention > 0 {
		settings["retention.ms"] = t.Retention.Milliseconds()
	}
	if t.RetentionBytes > 0 {
		settings["retention.bytes"] = t.RetentionBytes
	}
	if t.MaxMessage > 0 {
		settings["max.message.bytes"] = t.MaxMessage
	}
	return object{
		"topic": t.Address, "partitions": max(t.Partitions, 1), "replicas": max(t.Replicas, 1), "topicConfiguration": settings, "bindingVersion": "0.5.0",
	}
}

func (t Topic) operation(action string) object {
	messages := []object{}
	for _, m := range t.Messages {
		messages = append(messages, ref("#/channels/"+id(t.Name)+"/messages/"+m.id(t)))
	}
	return object{"action": action, "channel": ref("#/channels/" + id(t.Name)), "messages": messages}
}

// message is a CloudEvent in binary mode: attributes are headers, named as NATS has
// them, or as Kafka has them.
func (m Message) message(t Topic) object {
	prefix, kind := "ce-", m.ContentType
	if t.Kafka {
		prefix = "ce_"
	}
	if kind == "" {
		kind = "application/json"
	}
	text := object{"type": "string"}
	o := describe(object{
		"name": m.Type, "title": m.Type + " " + m.Version, "contentType": kind,
		"headers": object{"type": "object", "required": []string{prefix + "specversion", prefix + "id", prefix + "source", prefix + "type"}, "properties": object{
			prefix + "specversion": object{"type": "string", "const": "1.0"}, prefix + "type": object{"type": "string", "const": m.Type},
			prefix + "id": text, prefix + "source": text, prefix + "subject": text, prefix + "time": object{"type": "string", "format": "date-time"},
			prefix + "partitionkey": text,
		}},
	}, m.Description)
	if m.Schema != nil {
		o["payload"] = object{"schemaFormat": "application/schema+json;version=draft-2020-12", "schema": m.Schema}
	}
	if t.Kafka {
		o["bindings"] = object{"kafka": object{"key": text, "bindingVersion": "0.5.0"}}
	}
	return o
}
