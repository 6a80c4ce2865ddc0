package broker

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"time"
)

// structured is the content type of a CloudEvent that is one JSON document
// (CloudEvents JSON event format 1.0.2 §3).
const structured = "application/cloudevents+json"

// Decode reads a message that anyone put there: a CloudEvent in binary or in
// structured mode, or else what it is, without a Type.
func (b Binding) Decode(headers []Header, data []byte) Message {
	m := Message{Data: data}
	var own []Header
	for _, h := range headers {
		name, isOurs := strings.CutPrefix(strings.ToLower(h.Name), b.prefix)
		switch {
		case isOurs && isAttribute(name):
			m.set(name, b.value(h.Value))
		case strings.EqualFold(h.Name, contentType):
			m.header(contentType, h.Value)
		case !strings.HasPrefix(strings.ToLower(h.Name), "nats-"):
			own = append(own, h)
		}
	}
	if strings.HasPrefix(strings.ToLower(m.Headers[contentType]), structured) {
		m = m.unfold()
	}
	for _, h := range own { // an attribute goes before a header that has its name
		if _, taken := m.Headers[h.Name]; !taken && !isField(h.Name) {
			m.header(h.Name, h.Value)
		}
	}
	return m
}

func (b Binding) value(s string) string {
	if !b.percent {
		return s
	}
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

// set keeps an attribute where it belongs.
func (m *Message) set(name, value string) {
	switch name {
	case "specversion", "data":
	case "id":
		m.ID = value
	case "type":
		m.Type = value
	case "time":
		if at, err := time.Parse(time.RFC3339Nano, value); err == nil {
			m.Time = at.UTC()
		}
	case partitionKey:
		m.Key = value
	case "datacontenttype":
		m.header(contentType, value)
	default:
		m.header(name, value)
	}
}

func (m *Message) header(name, value string) {
	if m.Headers == nil {
		m.Headers = map[string]string{}
	}
	m.Headers[name] = value
}

// unfold returns the event that is in the data of a structured message; what is not
// one stays as it is.
func (m Message) unfold() Message {
	var members map[string]json.RawMessage
	if json.Unmarshal(m.Data, &members) != nil || members["type"] == nil {
		return m
	}
	out := Message{Key: m.Key, Headers: map[string]string{contentType: "application/json"}}
	for name, raw := range members {
		switch name {
		case "data":
			out.Data = textOrJSON(raw, members["datacontenttype"])
		case "data_base64":
			var s string
			if json.Unmarshal(raw, &s) != nil {
				return m
			}
			data, err := base64.StdEncoding.DecodeString(s)
			if err != nil {
				return m
			}
			out.Data = data
		default:
			if isAttribute(name) && !bytes.Equal(raw, []byte("null")) {
				out.set(name, text(raw))
			}
		}
	}
	return out
}

// textOrJSON is the data of an event: a string is the text itself where the data are
// not JSON (JSON event format §3.1.1).
func textOrJSON(raw, kind json.RawMessage) []byte {
	if t := text(kind); len(kind) == 0 || strings.Contains(t, "json") || raw[0] != '"' {
		return raw
	}
	return []byte(text(raw))
}

// text is a string's text, or a number or truth value as it is written.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}
