package config

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/config/configfile"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// Delivery is what a workload gets.
type Delivery struct {
	Project  string `json:"project"`
	Stage    string `json:"stage"`
	Workload string `json:"workload"`
	// Revision is the one that counts.
	Revision string `json:"revision"`
	// ETag identifies all of it, the versions of secrets and the flags included.
	ETag   string         `json:"etag"`
	Values map[string]any `json:"values"`
	// FlagsETag identifies the flags alone.
	FlagsETag string `json:"flagsEtag"`
	secrets   []string
}

// Deliver returns the configuration of the workload whose token the actor of ctx came by,
// with the values of its secrets. knows tells of a tag whether the workload has what it
// identifies: then nothing goes out, and none is recorded as delivered.
func (s *Service) Deliver(ctx context.Context, knows func(tag string) bool) (Delivery, error) {
	t, err := s.bearerOfAll(ctx)
	if err != nil {
		return Delivery{}, err
	}
	return s.deliver(ctx, t, knows)
}

func (s *Service) deliver(ctx context.Context, t Token, knows func(tag string) bool) (Delivery, error) {
	n, set, err := s.current(ctx, t.Scope)
	if err != nil {
		return Delivery{}, err
	}
	d := Delivery{
		Project: t.Scope.Project, Stage: t.Stage, Workload: t.Workload, Revision: n.Status.Effective, Values: map[string]any{},
	}
	versions := map[string]int{}
	ctx = secretref.ReadFor(ctx, "configuration of "+t.Workload+", token "+t.ID)
	for _, e := range set.Effective(t.Workload, t.Stage) {
		d.Values[e.Key] = e.Value
		ref, isSecret := configfile.Reference(e.Value)
		if e.Sensitivity != configfile.Secret || !isSecret {
			continue
		}
		value, version, err := s.Secrets.Resolve(ctx, t.Scope, ref)
		if kernel.Is(err, kernel.NotFound) {
			return d, kernel.Errorf(kernel.Unavailable, "%s needs the secret %s, which is not there at %s", e.Key, ref.Inside(), t.Stage).
				WithFix("give it a value with: %s", ref.Command(t.Stage))
		}
		if err != nil {
			return d, err
		}
		d.secrets = append(d.secrets, ref.Inside())
		versions[e.Key], d.Values[e.Key] = version, value
	}
	if err := d.identify(versions, flagsOf(t, set)); err != nil || knows(d.ETag) {
		return d, err
	}
	return d, s.tellSecrets(ctx, t, d)
}

// identify makes the tags. Of a secret they have the version, for a hash of its value
// would tell it to who can guess.
func (d *Delivery) identify(versions map[string]int, f Flags) error {
	open := map[string]any{}
	for key, v := range d.Values {
		if version, isSecret := versions[key]; isSecret {
			v = version
		}
		open[key] = v
	}
	flags, err := kernel.DigestJSON(f.of)
	if err != nil {
		return err
	}
	all, err := kernel.DigestJSON([]any{d.Project, d.Stage, d.Workload, open, versions, flags})
	d.ETag, d.FlagsETag = all.Hex()[:32], flags.Hex()[:32]
	return err
}

// told remembers what each token was handed over last.
type told struct {
	mu sync.Mutex
	of map[string]string
}

// maxTold bounds what is remembered; what is forgotten is recorded once more.
const maxTold = 10_000

func (o *told) has(token, tag string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.of[token] == tag
}

// put remembers what is in the audit log: what could not be recorded is recorded the next time.
func (o *told) put(token, tag string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.of) >= maxTold {
		clear(o.of)
	}
	o.of[token] = tag
}

// tellSecrets records that a workload got secrets, once for each state of them.
func (s *Service) tellSecrets(ctx context.Context, t Token, d Delivery) error {
	if len(d.secrets) == 0 {
		return nil
	}
	if s.told.has(t.ID, d.ETag) {
		return nil
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		db.AfterCommit(ctx, func() { s.told.put(t.ID, d.ETag) })
		return s.Journal.Record(ctx, kernel.Fact{Type: "config.secrets-delivered", Scope: t.Scope, Subject: t.ID, Data: map[string]any{
			"workload": t.Workload, "secrets": d.secrets, "revision": d.Revision,
		}})
	})
}

// heard wakes who waits for the configuration of a project.
type heard struct {
	mu      sync.Mutex
	waiting map[string]chan struct{}
}

// next returns what is closed when a project's configuration is heard of next.
func (h *heard) next(scope kernel.Scope) <-chan struct{} {
	key := scope.Tenant + "/" + scope.Project
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.waiting[key] == nil {
		h.waiting[key] = make(chan struct{})
	}
	return h.waiting[key]
}

// Heard tells who watches a project's configuration that it, or a secret of it, may have
// changed, here or in another daemon.
func (s *Service) Heard(scope kernel.Scope) {
	key := scope.Tenant + "/" + scope.Project
	s.heard.mu.Lock()
	defer s.heard.mu.Unlock()
	if ch := s.heard.waiting[key]; ch != nil {
		close(ch)
		delete(s.heard.waiting, key)
	}
}

// Concerns reports whether a fact may have changed what workloads get: one of configuration
// itself, or of a secret that they may refer to.
func Concerns(fact string) bool {
	switch fact {
	case "config.secrets-delivered":
		return false
	case "secret.changed", "secret.deleted", "secret.version_deleted", "secret.version_undeleted", "secret.version_destroyed":
		return true
	default:
		return strings.HasPrefix(fact, "config.")
	}
}

// The bounds of watching.
const (
	// maxWatchers is how many may watch with one token at once in one daemon.
	maxWatchers = 100
	// alive is how often a stream says that it is.
	alive = 15 * time.Second
)

type watchers struct {
	mu sync.Mutex
	of map[string]int
}

func (w *watchers) begin(token string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of[token] >= maxWatchers {
		return kernel.Errorf(kernel.Refused, "%d watch with this token already", maxWatchers).WithFix("give each replica one stream, or make another token")
	}
	w.of[token]++
	return nil
}

func (w *watchers) end(token string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of[token]--; w.of[token] == 0 {
		delete(w.of, token)
	}
}

// Watcher is one stream of deliveries.
type Watcher struct {
	service *Service
	token   Token
	last    string
}

// Follow begins to watch with the token that the actor of ctx came by; last is the ETag
// that it knows, empty for none.
func (s *Service) Follow(ctx context.Context, last string) (*Watcher, error) {
	t, err := s.bearerOfAll(ctx)
	if err != nil {
		return nil, err
	}
	return &Watcher{service: s, token: t, last: last}, s.watchers.begin(t.ID)
}

// Run sends each delivery that is another one than the last, the first at once where it
// is not known; nil says that the stream is alive. It ends with ctx, or with the token.
func (w *Watcher) Run(ctx context.Context, send func(d *Delivery) error) error {
	defer w.service.watchers.end(w.token.ID)
	timer := time.NewTicker(alive)
	defer timer.Stop()
	for {
		heard := w.service.heard.next(w.token.Scope) // before looking: what comes meanwhile is not missed
		if err := w.service.stillOpens(ctx, w.token); err != nil {
			return err
		}
		d, err := w.service.deliver(ctx, w.token, func(tag string) bool { return tag == w.last })
		switch {
		case err == nil && d.ETag != w.last:
			if err := send(&d); err != nil {
				return err
			}
			w.last = d.ETag
		case err != nil && ctx.Err() == nil && !passing(err):
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-heard:
		case <-timer.C:
			if err := send(nil); err != nil {
				return err
			}
		}
	}
}

// passing reports whether an error may be gone later: a secret, or the first revision.
func passing(err error) bool {
	return kernel.Is(err, kernel.Unavailable) || kernel.Is(err, kernel.NotFound)
}
