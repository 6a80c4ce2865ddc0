package localtest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
	"github.com/terrace-idp/terrace/internal/target/local"
)

type place struct {
	scope kernel.Scope
	name  string
}

// table is a map that several goroutines may use.
type table[T any] struct {
	mu   sync.Mutex
	rows map[place]T
}

func (t *table[T]) put(scope kernel.Scope, name string, v T) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows == nil {
		t.rows = map[place]T{}
	}
	t.rows[place{scope, name}] = v
}

func (t *table[T]) get(scope kernel.Scope, name string) (T, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	v, ok := t.rows[place{scope, name}]
	if !ok {
		return v, kernel.Errorf(kernel.NotFound, "%s does not exist", name)
	}
	return v, nil
}

func (t *table[T]) delete(scope kernel.Scope, name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.rows, place{scope, name})
}

// DNS keeps records; like a real one it spells values its own way, in lower case.
type DNS struct{ records table[local.Record] }

// PutRecord keeps r.
func (d *DNS) PutRecord(_ context.Context, scope kernel.Scope, r local.Record) error {
	values := make([]string, 0, len(r.Values))
	for _, v := range r.Values {
		values = append(values, strings.ToLower(v))
	}
	r.Values = values
	d.records.put(scope, r.Name, r)
	return nil
}

// Record returns a record.
func (d *DNS) Record(_ context.Context, scope kernel.Scope, name, _ string) (local.Record, error) {
	return d.records.get(scope, name)
}

// DeleteRecord forgets a record.
func (d *DNS) DeleteRecord(_ context.Context, scope kernel.Scope, name string) error {
	d.records.delete(scope, name)
	return nil
}

// Gateway keeps routes.
type Gateway struct{ routes table[local.Route] }

// PutRoute keeps r.
func (g *Gateway) PutRoute(_ context.Context, scope kernel.Scope, r local.Route) error {
	g.routes.put(scope, r.Name, r)
	return nil
}

// Route returns a route.
func (g *Gateway) Route(_ context.Context, scope kernel.Scope, name string) (local.Route, string, error) {
	r, err := g.routes.get(scope, name)
	return r, "https://" + r.Host + ":7443" + r.Path, err
}

// DeleteRoute forgets a route.
func (g *Gateway) DeleteRoute(_ context.Context, scope kernel.Scope, name string) error {
	g.routes.delete(scope, name)
	return nil
}

// Secret is a secret's value with what is known of it.
type Secret struct {
	Value string
	Info  local.SecretInfo
}

// Secrets keeps secrets.
type Secrets struct {
	// Clock tells when versions are made; nil is the system.
	Clock kernel.Clock
	// Changed is told of secrets that are rotated.
	Changed func(scope kernel.Scope, name string)

	values table[Secret]
	mu     sync.Mutex
	// origins are what values were read for.
	origins map[string]bool
}

// ReadFor tells whether a value was read for something.
func (s *Secrets) ReadFor(what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.origins[what]
}

// Generate makes a value where there is none of the length.
func (s *Secrets) Generate(_ context.Context, scope kernel.Scope, name string, length int) (local.SecretInfo, error) {
	old, err := s.values.get(scope, name)
	if err == nil && old.Info.Length == length {
		return old.Info, nil
	}
	value := strings.Repeat(kernel.NewID("s"), 1+length/20)[:length]
	return s.next(scope, name, old, value, length)
}

func (s *Secrets) next(scope kernel.Scope, name string, old Secret, value string, length int) (local.SecretInfo, error) {
	now := time.Now
	if s.Clock != nil {
		now = s.Clock
	}
	next := Secret{Value: value, Info: local.SecretInfo{Version: old.Info.Version + 1, Length: length, Since: now()}}
	s.values.put(scope, name, next)
	s.values.put(scope, fmt.Sprintf("%s@%d", name, next.Info.Version), next)
	return next.Info, nil
}

// Rotate makes another value, and tells Changed.
func (s *Secrets) Rotate(_ context.Context, scope kernel.Scope, name string) (local.SecretInfo, error) {
	old, err := s.values.get(scope, name)
	if err != nil {
		return local.SecretInfo{}, err
	}
	value := strings.Repeat(kernel.NewID("r"), 1+old.Info.Length/20)[:old.Info.Length]
	info, err := s.next(scope, name, old, value, old.Info.Length)
	if s.Changed != nil {
		s.Changed(scope, name)
	}
	return info, err
}

// Describe tells what is known of a secret.
func (s *Secrets) Describe(_ context.Context, scope kernel.Scope, name string) (local.SecretInfo, error) {
	v, err := s.values.get(scope, name)
	return v.Info, err
}

// Reveal returns a value. Only the platform itself gets one.
func (s *Secrets) Reveal(ctx context.Context, scope kernel.Scope, r secretref.Reference) (string, error) {
	if a, ok := kernel.ActorFrom(ctx); !ok || a.Kind != kernel.ActorSystem {
		return "", kernel.Errorf(kernel.Denied, "only the system reads secrets")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.origins == nil {
		s.origins = map[string]bool{}
	}
	s.origins[secretref.Origin(ctx)] = true
	v, err := s.values.get(scope, r.Inside())
	return v.Value, err
}

// Delete forgets a secret.
func (s *Secrets) Delete(_ context.Context, scope kernel.Scope, name string) error {
	s.values.delete(scope, name)
	return nil
}

// Topics keeps topics.
type Topics struct{ topics table[local.TopicAccess] }

// EnsureTopic keeps t.
func (x *Topics) EnsureTopic(_ context.Context, scope kernel.Scope, t local.Topic) (local.TopicAccess, error) {
	a := local.TopicAccess{Host: "127.0.0.1", Port: 4222, URL: "nats://127.0.0.1:4222", Subject: t.Subject, Username: scope.Stage + "." + t.Name}
	x.topics.put(scope, t.Name, a)
	return a, nil
}

// Topic returns a topic.
func (x *Topics) Topic(_ context.Context, scope kernel.Scope, name string) (local.TopicAccess, error) {
	return x.topics.get(scope, name)
}

// DeleteTopic forgets a topic.
func (x *Topics) DeleteTopic(_ context.Context, scope kernel.Scope, name string) error {
	x.topics.delete(scope, name)
	return nil
}

// Fences knows the current fence of each stack; a stack that is not set accepts any.
type Fences struct {
	mu      sync.Mutex
	current map[string]int64
}

// Set makes fence the stack's current one.
func (f *Fences) Set(stack string, fence int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.current == nil {
		f.current = map[string]int64{}
	}
	f.current[stack] = fence
}

// CheckFence refuses a fence that is not the current one.
func (f *Fences) CheckFence(_ context.Context, stack string, fence int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if current, ok := f.current[stack]; ok && current != fence {
		return kernel.Errorf(kernel.Stale, "the run no longer holds %s", stack)
	}
	return nil
}

// Journal remembers the types of facts, in order.
type Journal struct {
	mu    sync.Mutex
	facts []string
}

// Record remembers f.
func (j *Journal) Record(_ context.Context, f kernel.Fact) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.facts = append(j.facts, f.Type+" "+f.Subject)
	return nil
}

// Facts returns what has happened.
func (j *Journal) Facts() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]string(nil), j.facts...)
}

// Anyone lets every actor do everything in the tenant "acme".
type Anyone struct{}

// Authorize refuses other tenants.
func (Anyone) Authorize(_ context.Context, action string, scope kernel.Scope) error {
	if scope.Tenant != "acme" {
		return kernel.Errorf(kernel.Denied, "%s is not allowed in %s", action, scope)
	}
	return nil
}

// Allowed reaches everything.
func (Anyone) Allowed(context.Context, string, kernel.Scope) (kernel.Reach, error) {
	return kernel.Reach{All: true}, nil
}

// Configs keeps who reads which configuration.
type Configs struct{ configs table[[2]string] }

// EnsureConfig keeps one.
func (x *Configs) EnsureConfig(_ context.Context, scope kernel.Scope, name, workload, password string) (local.ConfigEndpoints, error) {
	x.configs.put(scope, name, [2]string{workload, password})
	return local.ConfigEndpoints{URL: "http://127.0.0.1:7080/api/v1/config", TokenPrefix: "tcfg_"}, nil
}

// Config returns one.
func (x *Configs) Config(_ context.Context, scope kernel.Scope, name string) (string, local.ConfigEndpoints, error) {
	kept, err := x.configs.get(scope, name)
	return kept[0], local.ConfigEndpoints{URL: "http://127.0.0.1:7080/api/v1/config", TokenPrefix: "tcfg_"}, err
}

// DeleteConfig removes one.
func (x *Configs) DeleteConfig(_ context.Context, scope kernel.Scope, name string) error {
	x.configs.delete(scope, name)
	return nil
}

// Documents keeps document databases.
type Documents struct{ databases table[database] }

type database struct {
	collections map[string]map[string]string
	password    string
}

// EnsureDatabase keeps one.
func (x *Documents) EnsureDatabase(_ context.Context, scope kernel.Scope, name string, collections map[string]map[string]string, password string) (local.DocumentAccess, error) {
	x.databases.put(scope, name, database{collections, password})
	return local.DocumentAccess{URL: "http://127.0.0.1:7080/documents/v1", TokenPrefix: "tdoc_"}, nil
}

// Database returns one.
func (x *Documents) Database(_ context.Context, scope kernel.Scope, name string) (map[string]map[string]string, local.DocumentAccess, error) {
	kept, err := x.databases.get(scope, name)
	return kept.collections, local.DocumentAccess{URL: "http://127.0.0.1:7080/documents/v1", TokenPrefix: "tdoc_"}, err
}

// Password returns what opens one.
func (x *Documents) Password(scope kernel.Scope, name string) string {
	kept, _ := x.databases.get(scope, name)
	return kept.password
}

// DeleteDatabase removes one.
func (x *Documents) DeleteDatabase(_ context.Context, scope kernel.Scope, name string) error {
	x.databases.delete(scope, name)
	return nil
}
