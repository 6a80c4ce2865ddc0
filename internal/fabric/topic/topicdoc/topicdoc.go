// Package topicdoc reads the document of a topic: its settings, and the schemas of its events
// with examples.
//
// It owns what a topic can be, how a document says it, and what is wrong with one, with its
// place. It keeps nothing, and asks nobody: the client links it.
package topicdoc

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/cloudevent"
	"github.com/terrace-idp/terrace/internal/fabric/topic/schema"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// MaxDocument bounds a document, in bytes.
const MaxDocument = 1 << 20

// Document says what a topic is to be.
type Document struct {
	Settings

	Name, Stage string
	Events      []Event

	file   string
	source *yamldoc.Document
}

// Event is what events of a type carry.
type Event struct {
	Type, Description string
	// Schema is its JSON Schema as JSON.
	Schema   json.RawMessage
	Compiled *schema.Schema
}

// Read reads a document. The error has everything that is wrong with it, with its place.
func Read(file string, src []byte) (Document, error) {
	doc, err := yamldoc.Read(file, src)
	if err != nil {
		return Document{}, err
	}
	r := reader{doc: doc, out: Document{file: file, source: doc}}
	r.read()
	return r.out, doc.Err("this is no topic that can be applied")
}

type reader struct {
	doc *yamldoc.Document
	out Document
}

func (r *reader) read() {
	root := r.doc.Root()
	o := root.Object("topic", "stage", "description", "owner", "broker", "subject", "partitions", "replicas", "retention", "retentionBytes", "maxMessageBytes", "validation", "compatibility", "events")
	if name, ok := o.Require("topic", "write the name of the topic: topic: orders"); ok {
		r.out.Name, _ = name.String()
	}
	s := &r.out.Settings
	for key, to := range map[string]*string{
		"stage": &r.out.Stage, "description": &s.Description, "owner": &s.Owner, "broker": &s.Broker, "subject": &s.Subject,
		"validation": (*string)(&s.Validation), "compatibility": (*string)(&s.Compatibility),
	} {
		if v, ok := o.Get(key); ok {
			*to, _ = v.String()
		}
	}
	for key, to := range map[string]*int{"partitions": &s.Partitions, "replicas": &s.Replicas, "maxMessageBytes": &s.MaxMessageBytes} {
		if v, ok := o.Get(key); ok {
			n, _ := v.Int(1, DefaultMessage)
			*to = int(n)
		}
	}
	if v, ok := o.Get("retentionBytes"); ok {
		s.RetentionBytes, _ = v.Int(MinBytes, MaxBytes)
	}
	if v, ok := o.Get("retention"); ok {
		r.retention(v)
	}
	if events, ok := o.Get("events"); ok {
		events.EachKey(r.event)
	}
	if r.doc.Err("") != nil {
		return
	}
	for _, p := range s.Problems(r.out.Name) {
		path := written(p.Path)
		r.doc.Report(r.doc.Find(path), path, p.Message, p.Fix)
	}
}

// written is how the document calls a setting.
func written(path string) string {
	switch path {
	case "name":
		return "topic"
	case "retentionSeconds":
		return "retention"
	}
	return path
}

// Locate gives problems that the server has found with the settings their places in the document.
func (d Document) Locate(problems []kernel.Problem) {
	for i := range problems {
		p := &problems[i]
		p.Path = written(p.Path)
		at := d.source.Find(p.Path)
		p.File, p.Line, p.Column = d.file, at.Line, at.Column
	}
}

func (r *reader) retention(v yamldoc.Value) {
	text, ok := v.String()
	if !ok {
		return
	}
	d, err := time.ParseDuration(text)
	if days, is := strings.CutSuffix(text, "d"); is {
		n, wrong := strconv.Atoi(days)
		d, err = time.Duration(n)*24*time.Hour, wrong
	}
	if err != nil || d < MinRetention || d > MaxRetention {
		v.Problem("write it as 12h or 7d, from a minute to 365 days", "%q is no time to keep events", text)
		return
	}
	r.out.RetentionSeconds = int64(d / time.Second)
}

func (r *reader) event(name, v yamldoc.Value) {
	if !ValidType(name.Text()) {
		name.Problem("use letters, digits, dots, hyphens and underscores, such as shop.order.placed", "%q is no type of events", name.Text())
	}
	o := v.Object("description", "schema", "examples")
	e := Event{Type: name.Text()}
	if d, ok := o.Get("description"); ok {
		e.Description, _ = d.String()
	}
	text, ok := o.Require("schema", "write the JSON Schema of the data below it")
	if !ok {
		return
	}
	var err error
	if e.Schema, err = json.Marshal(text.Exact()); err != nil {
		text.Problem("write what JSON has, too", "the schema is no JSON: %v", err)
		return
	}
	if e.Compiled, err = schema.Compile(e.Schema); err != nil {
		r.wrong(text, err)
		return
	}
	r.out.Events = append(r.out.Events, e)
	examples, ok := o.Get("examples")
	if !ok {
		return
	}
	examples.Items(func(i int, item yamldoc.Value) { r.example(e, item) })
}

// wrong reports what a schema lacks, at its places.
func (r *reader) wrong(v yamldoc.Value, err error) {
	told, ok := err.(*kernel.Error) //nolint:errorlint // schema returns it as it is
	if !ok || len(told.Problems) == 0 {
		v.Problem("", "%s", err.Error())
		return
	}
	for _, p := range told.Problems {
		r.doc.Report(r.place(v, p.Path), v.Path()+p.Path, p.Message, p.Fix)
	}
}

// example holds the data of an event against its schema.
func (r *reader) example(e Event, v yamldoc.Value) {
	data, err := json.Marshal(v.Exact())
	if err != nil {
		v.Problem("write what JSON has, too", "the example is no JSON: %v", err)
		return
	}
	for _, p := range e.Compiled.Validate(data) {
		r.doc.Report(r.place(v, p.Path), v.Path()+p.Path, "the example breaks the schema of "+e.Type+": "+p.Message, "correct the example or the schema")
	}
}

// place is where a JSON Pointer below a value leads in the document, or the value itself.
func (r *reader) place(v yamldoc.Value, pointer string) yamldoc.Position {
	at := v
	for key := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		key = strings.NewReplacer("~1", "/", "~0", "~").Replace(key)
		found := false
		at.Each(func(name string, one yamldoc.Value) {
			if !found && name == key {
				at, found = one, true
			}
		})
		if i, err := strconv.Atoi(key); !found && err == nil && at.IsList() {
			at.Items(func(n int, one yamldoc.Value) {
				if !found && n == i {
					at, found = one, true
				}
			})
		}
		if !found {
			break
		}
	}
	return at.At()
}

// Hold holds an event against the document: what it lacks, and what of its data breaks the
// schema of its type.
func (d Document) Hold(e cloudevent.Event) []kernel.Problem {
	problems := e.Problems()
	if d.WithDefaults(d.Name).Validation == Off || len(d.Events) == 0 {
		return problems
	}
	for _, one := range d.Events {
		if one.Type != e.Type {
			continue
		}
		for _, p := range one.Compiled.Validate(e.Data) {
			p.Path = "data" + p.Path
			problems = append(problems, p)
		}
		return problems
	}
	return append(problems, kernel.Problem{Path: "type", Message: "the topic has no schema of " + strconv.Quote(e.Type)})
}

// Differences are what is not compatible between an earlier document and this one, by the rule
// of this one.
func (d Document) Differences(former Document) (map[string][]schema.Break, error) {
	all := map[string][]schema.Break{}
	for _, now := range d.Events {
		for _, before := range former.Events {
			if before.Type != now.Type {
				continue
			}
			breaks, err := schema.Compare(before.Compiled, now.Compiled, d.WithDefaults(d.Name).Compatibility)
			if err != nil {
				return nil, err
			}
			if len(breaks) > 0 {
				all[now.Type] = breaks
			}
		}
	}
	return all, nil
}
