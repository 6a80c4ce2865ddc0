// Package cloudevent reads and writes CloudEvents 1.0 in their JSON form, one or a batch, and
// from the headers of the binary mode of HTTP.
//
// It owns what an event must have and what its attributes may be. It knows no topic, and does
// not look into what an event carries.
package cloudevent

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The media types of events (CloudEvents JSON format §3 and §4).
const (
	Structured = "application/cloudevents+json"
	Batch      = "application/cloudevents-batch+json"
)

// The bounds of an event.
const (
	// MaxBatch is how many events a batch may have.
	MaxBatch = 1000
	// maxAttribute bounds an attribute in bytes, maxExtensions their number.
	maxAttribute  = 1024
	maxExtensions = 32
	headerPrefix  = "Ce-"
)

// KeyExtension is the attribute by which events keep their order (the Partitioning extension).
const KeyExtension = "partitionkey"

// Event is one event with its attributes.
type Event struct {
	ID, Source, Type, Subject string
	// Time is zero where it is not given.
	Time            time.Time
	DataContentType string
	DataSchema      string
	// Extensions are all other attributes, as text.
	Extensions map[string]string
	// Data is as it was sent; nil is none.
	Data []byte
}

// Key is by what the event keeps its order: its partitionkey, or its subject.
func (e Event) Key() string {
	if key := e.Extensions[KeyExtension]; key != "" {
		return key
	}
	return e.Subject
}

// JSON tells whether the data is JSON, by its media type.
func (e Event) JSON() bool { return isJSON(e.DataContentType) }

func isJSON(mediaType string) bool {
	if mediaType == "" {
		return true // CloudEvents JSON format §3.1
	}
	kind, _, err := mime.ParseMediaType(mediaType)
	return err == nil && (kind == "application/json" || kind == "text/json" || strings.HasSuffix(kind, "+json"))
}

// Problems tells what an event lacks.
func (e Event) Problems() []kernel.Problem {
	var all []kernel.Problem
	need := func(bad bool, path, message, fix string) {
		if bad {
			all = append(all, kernel.Problem{Path: path, Message: message, Fix: fix})
		}
	}
	need(e.ID == "", "id", "it is missing", "give each event an id of its own, such as a UUID")
	need(e.Type == "", "type", "it is missing", "write what happened, such as shop.order.placed")
	need(e.Source == "", "source", "it is missing", "write where it happened, such as /shop/checkout")
	_, err := url.Parse(e.Source)
	need(err != nil, "source", "it is no URI reference", "write where it happened, such as /shop/checkout")
	need(len(e.Extensions) > maxExtensions, "", "it has too many extension attributes", "leave some out, or put them into the data")
	for _, one := range e.attributes() {
		need(len(one.value) > maxAttribute, one.name, "it is too long", "use 1024 bytes at most")
		need(!utf8.ValidString(one.value) || strings.ContainsFunc(one.value, control), one.name, "it has characters that no attribute may have", "leave control characters out")
		need(!ValidName(one.name), one.name, "this is no name of an attribute", "use lower-case letters and digits")
	}
	return all
}

func control(r rune) bool { return r < 0x20 || r >= 0x7f && r <= 0x9f }

// ValidName tells what may be the name of an attribute (CloudEvents §Naming Conventions).
func ValidName(name string) bool {
	return name != "" && len(name) <= 63 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

type attribute struct{ name, value string }

// attributes are all that are set but the time, the known ones first.
func (e Event) attributes() []attribute {
	all := []attribute{
		{"id", e.ID},
		{"source", e.Source},
		{"type", e.Type},
		{"subject", e.Subject},
		{"datacontenttype", e.DataContentType},
		{"dataschema", e.DataSchema},
	}
	for _, name := range slices.Sorted(maps.Keys(e.Extensions)) {
		all = append(all, attribute{name, e.Extensions[name]})
	}
	return slices.DeleteFunc(all, func(a attribute) bool { return a.value == "" })
}

// Map is the event in its JSON form. Data that is JSON stands as it is, other text as a string,
// and what is no text as data_base64.
func (e Event) Map() map[string]any {
	out := map[string]any{"specversion": "1.0"}
	for _, a := range e.attributes() {
		out[a.name] = a.value
	}
	if !e.Time.IsZero() {
		out["time"] = e.Time.Format(time.RFC3339Nano)
	}
	switch {
	case e.Data == nil:
	case e.JSON() && json.Valid(e.Data):
		out["data"] = json.RawMessage(e.Data)
	case utf8.Valid(e.Data):
		out["data"] = string(e.Data)
	default:
		out["data_base64"] = base64.StdEncoding.EncodeToString(e.Data)
	}
	return out
}

// MarshalJSON writes the event in its JSON form.
func (e Event) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(e.Map())
	return bytes.TrimSpace(b.Bytes()), err
}

// Parse reads what was sent with HTTP: one event, a batch, or one whose attributes are headers.
func Parse(header http.Header, body []byte) ([]Event, error) {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil && header.Get("Content-Type") != "" {
		return nil, kernel.Errorf(kernel.Invalid, "the Content-Type is no media type: %w", err)
	}
	switch {
	case kind == Structured:
		e, err := Read(body)
		return []Event{e}, err
	case kind == Batch:
		return readBatch(body)
	case header.Get(headerPrefix+"Id") != "" || header.Get(headerPrefix+"Specversion") != "":
		e, err := binary(header, body)
		return []Event{e}, err
	}
	return nil, kernel.Errorf(kernel.Invalid, "this is no CloudEvent").
		WithFix("send it as %s, a batch as %s, or its attributes as headers such as ce-id and ce-type", Structured, Batch)
}

func readBatch(body []byte) ([]Event, error) {
	var raw []json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the batch is no list of events: %w", err)
	}
	if len(raw) == 0 || len(raw) > MaxBatch {
		return nil, kernel.Errorf(kernel.Invalid, "the batch has %d events", len(raw)).WithFix("send 1 to %d", MaxBatch)
	}
	all := make([]Event, len(raw))
	for i, one := range raw {
		var err error
		if all[i], err = Read(one); err != nil {
			return nil, kernel.Errorf(kernel.Invalid, "event %d of the batch: %w", i, err)
		}
	}
	return all, nil
}

// Read reads an event in its JSON form. What it lacks Problems tells.
func Read(body []byte) (Event, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil {
		return Event{}, kernel.Errorf(kernel.Invalid, "the event is no JSON object: %w", err)
	}
	e := Event{Extensions: map[string]string{}}
	for name, value := range raw {
		if err := e.take(name, value); err != nil {
			return Event{}, err
		}
	}
	return e, e.decodeData(raw)
}

func (e *Event) take(name string, value json.RawMessage) error {
	switch name {
	case "data", "data_base64":
		return nil
	case "specversion":
		if string(value) != `"1.0"` {
			return kernel.Errorf(kernel.Invalid, "specversion is %.40s, and this is read: 1.0", value)
		}
		return nil
	}
	if string(value) == "null" {
		return nil
	}
	text := string(value)
	switch value[0] {
	case '"':
		if err := json.Unmarshal(value, &text); err != nil {
			return kernel.Errorf(kernel.Invalid, "%s: %w", name, err)
		}
	case '{', '[':
		return kernel.Errorf(kernel.Invalid, "%s is no text, number or boolean", name).WithFix("put it into data")
	}
	return e.set(name, text)
}

func (e *Event) set(name, text string) (err error) {
	switch name {
	case "id":
		e.ID = text
	case "source":
		e.Source = text
	case "type":
		e.Type = text
	case "subject":
		e.Subject = text
	case "datacontenttype":
		e.DataContentType = text
	case "dataschema":
		e.DataSchema = text
	case "time":
		if e.Time, err = time.Parse(time.RFC3339, text); err != nil {
			return kernel.Errorf(kernel.Invalid, "time is %.40q", text).WithFix("write it as 2026-01-31T12:00:00Z (RFC 3339)")
		}
	default:
		e.Extensions[name] = text
	}
	return nil
}

func (e *Event) decodeData(raw map[string]json.RawMessage) error {
	if encoded, is := raw["data_base64"]; is {
		if err := json.Unmarshal(encoded, &e.Data); err != nil {
			return kernel.Errorf(kernel.Invalid, "data_base64 is no base64: %w", err)
		}
		return nil
	}
	data, is := raw["data"]
	if !is {
		return nil
	}
	var text string
	if !e.JSON() && json.Unmarshal(data, &text) == nil {
		e.Data = []byte(text)
		return nil
	}
	e.Data = data
	return nil
}

// binary reads an event whose attributes are headers (CloudEvents HTTP binding §3.1).
func binary(header http.Header, body []byte) (Event, error) {
	e := Event{Extensions: map[string]string{}, DataContentType: header.Get("Content-Type")}
	if v := header.Get(headerPrefix + "Specversion"); v != "1.0" {
		return e, kernel.Errorf(kernel.Invalid, "ce-specversion is %.40q, and this is read: 1.0", v)
	}
	for name, values := range header {
		attribute, is := strings.CutPrefix(name, headerPrefix)
		if !is || attribute == "Specversion" || len(values) == 0 {
			continue
		}
		text, err := url.PathUnescape(values[0]) // HTTP binding §3.1.3.2
		if err != nil {
			text = values[0]
		}
		if err := e.set(strings.ToLower(attribute), text); err != nil {
			return e, err
		}
	}
	if len(body) > 0 {
		e.Data = body
	}
	return e, nil
}
