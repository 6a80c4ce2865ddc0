package event

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/event/eventtype"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxBody keeps an event below what NATS and Kafka take as one message.
const maxBody = 512 << 10

// Event is a CloudEvent 1.0 in its JSON form; the members after Data are
// extension attributes.
type Event struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject,omitempty"`
	Time            time.Time       `json:"time"`
	DataContentType string          `json:"datacontenttype,omitempty"`
	DataSchema      string          `json:"dataschema,omitempty"`
	Data            json.RawMessage `json:"data,omitempty"`

	Tenant  string `json:"tenant"`
	Project string `json:"project,omitempty"`
	Stage   string `json:"stage,omitempty"`
	Actor   string `json:"actor,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Request string `json:"requestid,omitempty"`
	// Causation is the id of the event that has caused this one.
	Causation string `json:"causationid,omitempty"`

	// Sequence is the event's place in the log, for resuming after it.
	Sequence uint64 `json:"-"`
}

// Fact returns the type of the fact that the event tells, such as run.approved.
func (e Event) Fact() string { return strings.TrimPrefix(e.Type, eventtype.Prefix) }

// Scope returns whose event it is.
func (e Event) Scope() kernel.Scope {
	return kernel.Scope{Tenant: e.Tenant, Project: e.Project, Stage: e.Stage}
}

// Make makes an event that is not in the log, of the actor and the request of
// ctx: what a sink is tried with, and what a rule tells.
func (l *Log) Make(ctx context.Context, f kernel.Fact) (Event, error) {
	e := Event{
		SpecVersion: "1.0", ID: f.ID, Source: source(f.Scope), Type: eventtype.Prefix + f.Type,
		Subject: text(f.Subject), Time: l.Clock.Now(), Tenant: f.Scope.Tenant, Project: f.Scope.Project, Stage: f.Scope.Stage,
		Reason: text(f.Reason), Request: kernel.RequestIDFrom(ctx), Causation: kernel.CauseFrom(ctx),
	}
	if e.ID == "" {
		e.ID = kernel.NewID("evt")
	}
	if actor, ok := kernel.ActorFrom(ctx); ok {
		e.Actor = actor.ID
	}
	if f.Data == nil {
		return e, nil
	}
	data, err := json.Marshal(f.Data)
	if err != nil {
		return Event{}, fmt.Errorf("encode event %s: %w", f.Type, err)
	}
	if len(data) > maxBody {
		// The fact must not be lost, nor block the stream: it goes without its data.
		data = []byte(`{"omitted":"the data was too large for an event"}`)
	}
	e.DataContentType, e.Data = "application/json", data
	if path := l.schemas.path(f.Type); path != "" && l.Address != "" {
		e.DataSchema = l.Address + path
	}
	return e, nil
}

// schemas are where the schemas of the types of facts are, by their names.
type schemas struct {
	once  sync.Once
	paths map[string]string
}

func (s *schemas) path(fact string) string {
	s.once.Do(func() {
		s.paths = map[string]string{}
		for _, t := range eventtype.All() {
			s.paths[t.Name] = t.Path()
		}
	})
	return s.paths[fact]
}

// text is what JSON keeps of a text.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// source is a URI reference to where the event happened (CloudEvents §source).
func source(s kernel.Scope) string {
	out := "/tenants/" + s.Tenant
	if s.Project != "" {
		out += "/projects/" + s.Project
	}
	if s.Stage != "" {
		out += "/stages/" + s.Stage
	}
	return out
}

// check refuses a fact whose type or tenant is no word.
func check(f kernel.Fact) error {
	for _, word := range append([]string{f.Scope.Tenant}, strings.Split(f.Type, ".")...) {
		if !validToken(word) {
			return kernel.Errorf(kernel.Internal, "fact %q of tenant %q cannot be an event", f.Type, f.Scope.Tenant)
		}
	}
	return nil
}

// validToken tells whether s can be one part of a subject.
func validToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return s != ""
}
