package runner

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	fastjson "github.com/segmentio/encoding/json"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/conceal"
)

// maxEvents bounds what one process may send to the sink, in bytes of messages.
const maxEvents = 32 << 20

// message is a line of the tool's machine-readable output.
type message struct {
	Level     string    `json:"@level"`
	Message   string    `json:"@message"`
	Timestamp time.Time `json:"@timestamp"`
	Type      string    `json:"type"`

	Diagnostic *diagnostic              `json:"diagnostic"`
	Change     *step                    `json:"change"`
	Hook       *step                    `json:"hook"`
	Outputs    map[string]outputMessage `json:"outputs"`
	Changes    *struct {
		Operation string `json:"operation"`
	} `json:"changes"`
}

// retold reports whether an apply repeats what its plan has told before.
func (m message) retold() bool {
	return m.Type == "planned_change" || (m.Changes != nil && m.Changes.Operation == "plan")
}

// targeting reports whether the tool warns of -target, which nobody asked for but
// Terrace: a refresh is of what was accepted alone.
func (m message) targeting() bool {
	return m.Diagnostic != nil && m.Diagnostic.Severity == "warning" &&
		(m.Diagnostic.Summary == "Resource targeting is in effect" || m.Diagnostic.Summary == "Applied changes may be incomplete")
}

// ofProgram reports whether the words are those of a program that a provisioner runs.
func (m message) ofProgram() bool { return strings.HasPrefix(m.Type, "provision_") }

// step is what is planned for a resource, or done to it.
type step struct {
	Resource struct {
		Addr string `json:"addr"`
	} `json:"resource"`
	Action string `json:"action"`
}

type outputMessage struct {
	Value     json.RawMessage `json:"value"`
	Sensitive bool            `json:"sensitive"`
}

func (m message) address() string {
	switch {
	case m.Change != nil:
		return m.Change.Resource.Addr
	case m.Hook != nil:
		return m.Hook.Resource.Addr
	case m.Diagnostic != nil:
		return m.Diagnostic.Address
	}
	return ""
}

// action is what is done to the address; a tool that names a replacement's halves
// names them one by one.
func (m message) action() string {
	switch {
	case m.Change != nil:
		return m.Change.Action
	case m.Hook != nil:
		return m.Hook.Action
	}
	return ""
}

// stream turns a process's lines into events, and keeps what the caller needs.
type stream struct {
	phase Phase
	sink  Sink
	// secrets never leave: they are cut out of every line.
	secrets *conceal.Values
	// identity has more of them, nil where there is none.
	identity *held
	// know has secrets have what the tool marks sensitive, and learned says that they do;
	// nil where that cannot be asked.
	know    func()
	learned bool
	// held are the errors and warnings of the tool, until it is known what no text may show.
	held  []Event
	clock kernel.Clock

	diagnostics []diagnostic
	outputs     map[string]json.RawMessage
	sent        int
}

func (s *stream) line(raw []byte) {
	text := s.censor(string(raw))
	m, ok := messageOf(text)
	if (!ok || m.ofProgram()) && s.know != nil && !s.learned {
		s.know()
		text = s.censor(text)
		m, ok = messageOf(text)
	}
	if !ok {
		s.plain(text)
		return
	}
	s.keep(m)
	if m.targeting() {
		return
	}
	if s.phase == PhaseApply && m.retold() {
		return
	}
	e := Event{Time: m.Timestamp, Phase: s.phase, Level: m.Level, Type: m.Type, Address: m.address(), Action: m.action(), Message: m.text()}
	if m.Diagnostic != nil {
		s.held = append(s.held, e)
		return
	}
	s.send(e)
}

// messageOf reads a line that is a message. Most of its values nobody reads, and those
// that are kept, of outputs, may be as deep as they like for encoding/json alone.
func messageOf(text string) (m message, ok bool) {
	if !strings.HasPrefix(text, "{") {
		return m, false
	}
	decode := fastjson.Unmarshal
	if strings.Count(text, "[")+strings.Count(text, "{") > deepest {
		decode = json.Unmarshal
	}
	return m, decode([]byte(text), &m) == nil && m.Message != ""
}

// deepest is how much there may be in each other for the faster decoder, which has no
// bound of its own.
const deepest = 1_000

// release sends the errors and warnings that were held.
func (s *stream) release() {
	if len(s.held) > 0 && s.know != nil {
		s.know()
	}
	for _, e := range s.held {
		e.Message, e.Address = s.censor(e.Message), s.censor(e.Address)
		s.send(e)
	}
	s.held = nil
}

// text is the message, with the detail of a diagnostic.
func (m message) text() string {
	if m.Diagnostic != nil && m.Diagnostic.Detail != "" {
		return m.Message + ": " + m.Diagnostic.Detail
	}
	return m.Message
}

func (s *stream) keep(m message) {
	if m.Diagnostic != nil {
		s.diagnostics = append(s.diagnostics, *m.Diagnostic)
	}
	if m.Type != "outputs" {
		return
	}
	s.outputs = map[string]json.RawMessage{}
	for name, o := range m.Outputs {
		if !o.Sensitive && o.Value != nil {
			s.outputs[name] = o.Value
		}
	}
}

// errors are the diagnostics that are no warnings.
func (s *stream) errors() []diagnostic {
	return slices.DeleteFunc(slices.Clone(s.diagnostics), func(d diagnostic) bool { return d.Severity != "error" })
}

var ansi = regexp.MustCompile(`\x1b\[[0-9;]*m|\[\d+m`)

// plain passes on a line that is not JSON, which the tool's init prints in between.
func (s *stream) plain(text string) {
	text = strings.TrimSpace(ansi.ReplaceAllString(text, ""))
	if text != "" {
		s.send(Event{Phase: s.phase, Level: "info", Type: "log", Message: text})
	}
}

func (s *stream) send(e Event) {
	if s.sink == nil || s.sent > maxEvents {
		return
	}
	if e.Time.IsZero() {
		e.Time = s.clock.Now()
	}
	if s.sent += len(e.Message) + len(e.Address); s.sent > maxEvents {
		e = Event{Time: e.Time, Phase: s.phase, Level: "warn", Type: "log", Message: "there is more output than is kept; the rest is left out"}
	}
	s.sink(e)
}
