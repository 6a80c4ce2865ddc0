package config

import (
	"context"
	"sync"

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
	// Unavailable are the keys that are left out of Values.
	Unavailable []Unavailable `json:"unavailable,omitempty" doc:"The keys that are left out, since the secret is not there or does not fit the key's schema. Who has an older value keeps it."`
	secrets     []string
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
		ref, isSecret := configfile.Reference(e.Value)
		if e.Sensitivity != configfile.Secret || !isSecret {
			d.Values[e.Key] = e.Value
			continue
		}
		// What does not fit is no value of the key, and is not read for anybody.
		why, err := s.unfit(ctx, t.Scope, set, e)
		if err != nil {
			return d, err
		}
		if why != nil {
			d.Unavailable = append(d.Unavailable, *why)
			continue
		}
		value, version, err := s.Secrets.Resolve(ctx, t.Scope, ref)
		if err != nil {
			return d, gone(e, err)
		}
		if set.Misfit(e.Key, value) != "" {
			return d, gone(e, kernel.Errorf(kernel.NotFound, "it has changed meanwhile"))
		}
		d.secrets = append(d.secrets, ref.Inside())
		versions[e.Key], d.Values[e.Key] = version, value
	}
	if err := d.identify(versions, flagsOf(t, set)); err != nil || knows(d.ETag) {
		return d, err
	}
	return d, s.tellSecrets(ctx, t, d)
}

// gone is a secret that was there a moment ago: who asks again is told what there is.
func gone(e configfile.Entry, err error) error {
	if !kernel.Is(err, kernel.NotFound) && !kernel.Is(err, kernel.Invalid) {
		return err
	}
	return kernel.Errorf(kernel.Unavailable, "the secret of %s changes at this moment", e.Key).WithFix("ask again")
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
	all, err := kernel.DigestJSON([]any{d.Project, d.Stage, d.Workload, open, versions, flags, d.Unavailable})
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
