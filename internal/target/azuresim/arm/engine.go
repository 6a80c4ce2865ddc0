package arm

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Config is what an engine needs.
type Config struct {
	Cloud Cloud
	// Kinds is the table of resource types.
	Kinds []Kind
	// Journal keeps everything across restarts; nil keeps it in memory.
	Journal Journal
	// Authenticate says who sent a request, from its bearer token.
	Authenticate func(r *http.Request) (Caller, error)
	Now          func() time.Time
	Log          *slog.Logger
}

// Engine is one simulated Resource Manager. It is an http.Handler for ARM's paths.
type Engine struct {
	cloud        Cloud
	kinds        map[string]*Kind
	names        map[string]*regexp.Regexp
	store        *store
	operations   *operations
	activity     *activity
	faults       *faults
	authenticate func(r *http.Request) (Caller, error)
	now          func() time.Time
	log          *slog.Logger
}

// New makes an engine and reads what its journal kept.
func New(ctx context.Context, cfg Config) (*Engine, error) {
	e := &Engine{
		cloud: cfg.Cloud, kinds: make(map[string]*Kind, len(cfg.Kinds)), names: map[string]*regexp.Regexp{},
		operations: newOperations(), faults: &faults{},
		authenticate: cfg.Authenticate, now: cfg.Now, log: cfg.Log,
	}
	for i := range cfg.Kinds {
		if err := e.learn(&cfg.Kinds[i]); err != nil {
			return nil, err
		}
	}
	var err error
	if e.store, err = openStore(ctx, cfg.Journal); err != nil {
		return nil, err
	}
	e.activity, err = openActivity(ctx, cfg.Journal)
	return e, err
}

func (e *Engine) learn(k *Kind) error {
	key := strings.ToLower(k.Type)
	if e.kinds[key] != nil {
		return fmt.Errorf("the kind %s is there twice", k.Type)
	}
	e.kinds[key] = k
	if k.Name.Pattern == "" {
		return nil
	}
	rule, err := regexp.Compile(k.Name.Pattern)
	if err != nil {
		return fmt.Errorf("the name rule of %s: %w", k.Type, err)
	}
	e.names[key] = rule
	return nil
}

func (e *Engine) kind(typ string) *Kind { return e.kinds[strings.ToLower(typ)] }

// Read runs fn on what is stored, for a data plane; it must not write.
func (e *Engine) Read(caller Caller, fn func(c *Context) error) error {
	return e.store.read(func(t *tx) error { return fn(e.context(t, caller)) })
}

// Write runs fn in one transaction, for a data plane: all of it is kept or, on an error, nothing.
func (e *Engine) Write(ctx context.Context, caller Caller, fn func(c *Context) error) error {
	return e.store.write(ctx, func(t *tx) error { return fn(e.context(t, caller)) })
}

// Authenticate says who sent a request.
func (e *Engine) Authenticate(r *http.Request) (Caller, error) { return e.authenticate(r) }

func (e *Engine) context(t *tx, caller Caller) *Context {
	return &Context{engine: e, tx: t, now: e.now().UTC(), caller: caller}
}
