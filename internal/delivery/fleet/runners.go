package fleet

import (
	"context"
	"crypto/rand"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// TokenPrefix starts every runner's token, so that scanners find a leaked one.
const TokenPrefix = "trnr_"

// The actions that this room asks the Authorizer about.
const (
	actionRead   = "runner.read"
	actionCreate = "runner.create"
	actionDelete = "runner.delete"
)

var (
	namePattern  = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)
	labelPattern = regexp.MustCompile(`^[a-zA-Z0-9](?:[a-zA-Z0-9._/-]{0,61}[a-zA-Z0-9])?$`)
)

// Create makes a runner and returns its token, which is not kept and shown only here.
func (s *Service) Create(ctx context.Context, scope kernel.Scope, name string, labels map[string]string) (Runner, string, error) {
	if err := s.Authorizer.Authorize(ctx, actionCreate, scope); err != nil {
		return Runner{}, "", err
	}
	if err := checkRunner(name, labels); err != nil {
		return Runner{}, "", err
	}
	actor, _ := kernel.ActorFrom(ctx)
	r := Runner{
		ID: kernel.NewID("rnr"), Tenant: scope.Tenant, Name: name, Labels: maps.Clone(labels),
		CreatedAt: s.Clock.Now(), CreatedBy: actor.Name,
	}
	token := TokenPrefix + rand.Text() + rand.Text()
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.InsertRunner(ctx, r, kernel.DigestOf([]byte(token))); err != nil {
			return err
		}
		return s.record(ctx, "runner.created", r, "")
	})
	if kernel.Is(err, kernel.Conflict) {
		return Runner{}, "", kernel.Errorf(kernel.Conflict, "there is a runner %s already", name).
			WithFix("use another name, or remove it with terrace runner remove %s", name)
	}
	if err != nil {
		return Runner{}, "", err
	}
	return r, token, nil
}

func checkRunner(name string, labels map[string]string) error {
	if !namePattern.MatchString(name) {
		return kernel.Errorf(kernel.Invalid, "%q cannot be a runner's name", name).WithFix("use up to 63 of a-z, 0-9 and -, with a letter or digit at both ends")
	}
	if len(labels) == 0 || len(labels) > 20 {
		return kernel.Errorf(kernel.Invalid, "a runner has 1 to 20 labels, not %d", len(labels)).WithFix("give the labels that stages name under runners, such as --labels pool=prod")
	}
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		if !labelPattern.MatchString(key) || !labelPattern.MatchString(labels[key]) {
			return kernel.Errorf(kernel.Invalid, "%s=%s cannot be a label", key, labels[key]).WithFix("use letters, digits, '.', '_', '/' and '-' on both sides")
		}
	}
	return nil
}

func (s *Service) record(ctx context.Context, typ string, r Runner, reason string) error {
	return s.Journal.Record(ctx, kernel.Fact{
		Type: typ, Scope: kernel.Scope{Tenant: r.Tenant}, Subject: r.ID, Reason: reason,
		Data: map[string]any{"name": r.Name, "labels": r.Labels},
	})
}

// Status is a runner with what it does.
type Status struct {
	Runner

	Connected bool `json:"connected"`
	// Runs are those that it executes now.
	Runs []string `json:"runs"`
}

// List returns the tenant's runners by name.
func (s *Service) List(ctx context.Context, scope kernel.Scope) ([]Status, error) {
	if err := s.Authorizer.Authorize(ctx, actionRead, scope); err != nil {
		return nil, err
	}
	runners, err := s.Store.Runners(ctx, scope.Tenant)
	if err != nil {
		return nil, err
	}
	taken, err := s.Store.InState(ctx, scope.Tenant, Taken)
	if err != nil {
		return nil, err
	}
	all := []Status{}
	for _, r := range runners {
		st := Status{Runner: r, Connected: r.connected(s.Clock.Now()), Runs: []string{}}
		for _, a := range taken {
			if a.Runner == r.ID {
				st.Runs = append(st.Runs, a.Run)
			}
		}
		all = append(all, st)
	}
	return all, nil
}

// Remove makes a runner's token void. What it executes is lost, and its runs say so.
func (s *Service) Remove(ctx context.Context, scope kernel.Scope, name, reason string) error {
	if err := s.Authorizer.Authorize(ctx, actionDelete, scope); err != nil {
		return err
	}
	r, err := s.Store.RunnerByName(ctx, scope.Tenant, name)
	if err != nil {
		return err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.DeleteRunner(ctx, scope.Tenant, r.ID); err != nil {
			return err
		}
		return s.record(ctx, "runner.removed", r, reason)
	})
	if err != nil {
		return err
	}
	return s.orphan(ctx, r, "", "was removed")
}

// orphan loses what the runner has taken in other sessions than the one that stays.
func (s *Service) orphan(ctx context.Context, r Runner, stays, why string) error {
	taken, err := s.Store.InState(ctx, r.Tenant, Taken)
	if err != nil {
		return err
	}
	for _, a := range taken {
		if a.Runner != r.ID || stays != "" && a.Session == stays {
			continue
		}
		if err := s.lose(ctx, a.ID, a.lost(why)); err != nil {
			return err
		}
	}
	return nil
}

// lost says what happened to the runner of the assignment.
func (a Assignment) lost(why string) string {
	return "the runner " + a.Name + " " + why + " in mid-" + a.Phase
}

// Capacity returns how many runs the tenant's connected runners with the labels
// execute at once.
func (s *Service) Capacity(ctx context.Context, tenant string, labels map[string]string) (int, error) {
	runners, err := s.Store.Runners(ctx, tenant)
	total := 0
	for _, r := range runners {
		if r.connected(s.Clock.Now()) && r.serves(labels) {
			total += r.Concurrency
		}
	}
	return total, err
}

// Authenticate returns the runner whose token it is.
func (s *Service) Authenticate(ctx context.Context, token string) (Runner, error) {
	if strings.HasPrefix(token, TokenPrefix) {
		r, err := s.Store.RunnerByToken(ctx, kernel.DigestOf([]byte(token)))
		if err == nil || !kernel.Is(err, kernel.NotFound) {
			return r, err
		}
	}
	return Runner{}, voided()
}

func voided() error {
	return kernel.Errorf(kernel.Unauthenticated, "the runner's token is not valid: it was removed or never given out").
		WithFix("make another with terrace runner create")
}
