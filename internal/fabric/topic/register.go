package topic

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"sync"

	"github.com/terrace-idp/terrace/internal/fabric/topic/schema"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Registered is what came of a schema.
type Registered struct {
	Type string `json:"type"`
	// Version is the new one, or the one that is the same; 0 where nothing was kept.
	Version int `json:"version" doc:"The version that the schema is; 0 where it was checked and would be a new one."`
	// New says that the schema was not the newest one before.
	New    bool           `json:"new" doc:"Whether it is another one than the newest before."`
	Former int            `json:"former" doc:"The version that it was compared with; 0 for none."`
	Breaks []schema.Break `json:"breaks" doc:"What is not compatible with it."`
}

// Register keeps a schema as the next version of what events of a type carry, where it is
// compatible with the newest one by the topic's rule. The schema of the newest version is no
// new one. With check nothing is kept, and what breaks is no error.
func (s *Service) Register(ctx context.Context, scope kernel.Scope, name string, e EventSchema, check bool) (Registered, error) {
	action := actionWrite
	if check {
		action = actionRead
	}
	t, err := s.get(ctx, action, scope, name)
	if err != nil {
		return Registered{}, err
	}
	next, err := checked(&e)
	if err != nil {
		return Registered{}, err
	}
	if check {
		return s.compare(ctx, t, e, next)
	}
	var done Registered
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if done, err = s.compare(ctx, t, e, next); err != nil || !done.New {
			return err
		}
		if len(done.Breaks) > 0 {
			return incompatible(t, e.Type, done)
		}
		if err := s.roomFor(ctx, t, done); err != nil {
			return err
		}
		actor, _ := kernel.ActorFrom(ctx)
		e.Version, e.CreatedAt, e.CreatedBy = done.Former+1, s.Clock.Now().UTC(), actor.Name
		done.Version = e.Version
		if err := s.Schemas.InsertSchema(ctx, t, e); err != nil {
			return err
		}
		return s.record(ctx, t, "topic-schema.registered", map[string]any{"type": e.Type, "version": e.Version})
	})
	return done, err
}

// checked tells whether a schema can be kept, and puts it into its shortest form.
func checked(e *EventSchema) (*schema.Schema, error) {
	if !topicdoc.ValidType(e.Type) {
		return nil, kernel.Errorf(kernel.Invalid, "%q is no type of events", e.Type).WithFix("use letters, digits, dots, hyphens and underscores, such as shop.order.placed")
	}
	if len(e.Description) > 1000 {
		return nil, kernel.Errorf(kernel.Invalid, "the description has more than 1000 characters").WithFix("shorten it")
	}
	compiled, err := schema.Compile(e.Schema)
	if err != nil {
		return nil, err
	}
	var short bytes.Buffer
	if err := json.Compact(&short, e.Schema); err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the schema is not JSON: %w", err)
	}
	e.Schema = short.Bytes()
	return compiled, nil
}

// compare holds a schema against the newest one of its type.
func (s *Service) compare(ctx context.Context, t Topic, e EventSchema, next *schema.Schema) (Registered, error) {
	done := Registered{Type: e.Type, New: true, Breaks: []schema.Break{}}
	former, err := s.Schemas.SchemaOf(ctx, t, e.Type, 0)
	if kernel.Is(err, kernel.NotFound) {
		return done, nil
	}
	if err != nil {
		return done, err
	}
	done.Former = former.Version
	if bytes.Equal(former.Schema, e.Schema) {
		done.Version, done.New = former.Version, false
		return done, nil
	}
	old, err := schema.Compile(former.Schema)
	if err != nil {
		return done, err
	}
	breaks, err := schema.Compare(old, next, t.Compatibility)
	done.Breaks = append(done.Breaks, breaks...)
	return done, err
}

func incompatible(t Topic, eventType string, r Registered) error {
	problems := make([]kernel.Problem, len(r.Breaks))
	for i, b := range r.Breaks {
		problems[i] = b.Problem()
	}
	return kernel.Errorf(kernel.Refused, "the schema of %s is not compatible with version %d, which topic %s asks for (%s)", eventType, r.Former, t.Name, t.Compatibility).
		WithProblems(problems...).WithFix("change it so that nothing breaks, or give the events another type")
}

// roomFor refuses more types and versions than a topic may have.
func (s *Service) roomFor(ctx context.Context, t Topic, r Registered) error {
	if r.Former >= MaxVersions {
		return kernel.Errorf(kernel.Refused, "%s has %d versions, which is as many as a type may have", r.Type, r.Former).WithFix("give the events another type")
	}
	if r.Former > 0 {
		return nil
	}
	all, err := s.Schemas.LatestSchemas(ctx, t)
	if err == nil && len(all) >= MaxTypes {
		return kernel.Errorf(kernel.Refused, "topic %s has schemas of %d types, which is as many as it may have", t.Name, len(all)).WithFix("use another topic")
	}
	return err
}

// ListSchemas returns the schemas of a topic, by type and version.
func (s *Service) ListSchemas(ctx context.Context, scope kernel.Scope, name string, page kernel.PageRequest) (kernel.Page[EventSchema], error) {
	t, err := s.get(ctx, actionRead, scope, name)
	if err != nil {
		return kernel.Page[EventSchema]{}, err
	}
	return s.Schemas.ListSchemas(ctx, t, page)
}

// Schema returns a version of what events of a type carry, the newest for 0.
func (s *Service) Schema(ctx context.Context, scope kernel.Scope, name, eventType string, version int) (EventSchema, error) {
	t, err := s.get(ctx, actionRead, scope, name)
	if err != nil {
		return EventSchema{}, err
	}
	e, err := s.Schemas.SchemaOf(ctx, t, eventType, version)
	if kernel.Is(err, kernel.NotFound) {
		return e, kernel.Errorf(kernel.NotFound, "topic %s has no such version of a schema of %q", name, eventType).WithFix("see those that there are with: terrace topic schema list %s --stage %s", name, t.Scope.Stage)
	}
	return e, err
}

// maxCompiled is how many schemas are kept ready.
const maxCompiled = 1000

// compiled has schemas that are ready, by their text: a version never changes.
type compiled struct {
	mu  sync.Mutex
	all map[string]*schema.Schema
}

func (c *compiled) of(text []byte) (*schema.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ready := c.all[string(text)]; ready != nil {
		return ready, nil
	}
	made, err := schema.Compile(text)
	if err != nil {
		return nil, err
	}
	if len(c.all) >= maxCompiled {
		clear(c.all)
	}
	c.all[string(text)] = made
	return made, nil
}

// schemasFor are the newest schemas of a topic by type.
func (s *Service) schemasFor(ctx context.Context, t Topic) (map[string]EventSchema, []string, error) {
	if t.Validation == Off {
		return nil, nil, nil
	}
	all, err := s.Schemas.LatestSchemas(ctx, t)
	if err != nil {
		return nil, nil, err
	}
	by, types := map[string]EventSchema{}, []string{}
	for _, e := range all {
		by[e.Type] = e
		types = append(types, e.Type)
	}
	slices.Sort(types)
	return by, types, nil
}
