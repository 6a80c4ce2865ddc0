package topic

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// validName tells whether a grant or a workload may be called so.
func validName(s string) bool { return topicdoc.ValidName(s) }

// Apply makes a topic be as the settings say: it creates or changes it, or does nothing.
func (s *Service) Apply(ctx context.Context, scope kernel.Scope, name string, settings Settings) (Topic, error) {
	if err := s.Authorizer.Authorize(ctx, actionWrite, scope); err != nil {
		return Topic{}, err
	}
	if err := s.Places.Check(ctx, scope); err != nil {
		return Topic{}, err
	}
	if problems := settings.Problems(name); len(problems) > 0 {
		return Topic{}, kernel.Errorf(kernel.Invalid, "topic %s is not valid", name).WithProblems(problems...)
	}
	before, err := s.Store.Get(ctx, scope, name)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return Topic{}, err
	}
	if before.Managed {
		return Topic{}, managed(before)
	}
	if err := s.here(before); err != nil {
		return Topic{}, err
	}
	t := before
	t.Scope, t.Name, t.Settings = scope, name, settings.WithDefaults(name)
	if t.DeadLettersOf != "" && t.Validation != Off {
		return Topic{}, kernel.Errorf(kernel.Refused, "topic %s has the dead letters of %s, whatever they are", name, t.DeadLettersOf).WithFix("give it validation: %s", Off)
	}
	if err := s.placed(before, &t); err != nil {
		return Topic{}, err
	}
	return s.keep(ctx, before, t)
}

func managed(t Topic) error {
	return kernel.Errorf(kernel.Refused, "topic %s is the resource of a workload, which changes and removes it", t.Name).
		WithFix("change it where the workload declares it, and deploy")
}

// keep writes a topic where it differs from before, which is empty for a new one, and has the
// broker carry it.
func (s *Service) keep(ctx context.Context, before, t Topic) (Topic, error) {
	now := s.Clock.Now().UTC()
	isNew := before.Name == ""
	if !isNew && t == before {
		return t, s.reconcile(ctx, t)
	}
	t.UpdatedAt = now
	if isNew {
		actor, _ := kernel.ActorFrom(ctx)
		t.CreatedAt, t.CreatedBy = now, actor.Name
		if err := s.vacate(ctx, t); err != nil {
			return t, err
		}
		s.locate(t)
		if err := s.Broker.Ensure(ctx, t.broker()); kernel.Is(err, kernel.Refused) || kernel.Is(err, kernel.Invalid) {
			return t, err // what the broker never carries is not kept
		}
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.write(ctx, isNew, t); err != nil {
			return err
		}
		return s.record(ctx, t, "topic.changed", map[string]any{"subject": t.Subject})
	})
	if err != nil {
		return t, err
	}
	t.Revision++
	return t, s.reconcile(ctx, t)
}

func (s *Service) write(ctx context.Context, isNew bool, t Topic) error {
	if !isNew {
		return s.Store.Save(ctx, t)
	}
	n, err := s.Store.Count(ctx, t.Scope.Tenant)
	if err != nil {
		return err
	}
	if n >= MaxPerTenant {
		return kernel.Errorf(kernel.Refused, "the tenant has %d topics, which is as many as it may have", n).WithFix("delete one that is not used: terrace topic list")
	}
	if err := s.Store.Insert(ctx, t); err != nil {
		return err
	}
	return s.vacant(ctx, t)
}

// Delete removes a topic with its events, schemas, grants and subscriptions.
func (s *Service) Delete(ctx context.Context, scope kernel.Scope, name string) error {
	t, err := s.find(ctx, actionWrite, scope, name)
	if err != nil {
		return err
	}
	if t.Managed {
		return managed(t)
	}
	if err := s.buries(ctx, t); err != nil {
		return err
	}
	return s.remove(ctx, t)
}

// buries refuses to remove the topic of another's dead letters while that one is there.
func (s *Service) buries(ctx context.Context, t Topic) error {
	if t.DeadLettersOf == "" {
		return nil
	}
	_, err := s.Store.Get(ctx, t.Scope, t.DeadLettersOf)
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return kernel.Errorf(kernel.Refused, "topic %s has the dead letters of %s", t.Name, t.DeadLettersOf).
		WithFix("delete %s first, or leave it", t.DeadLettersOf)
}

// remove deletes a topic. Where its broker is away it is removed there later, and from another
// daemon's server by that daemon.
func (s *Service) remove(ctx context.Context, t Topic) error {
	scope, name := t.Scope, t.Name
	leading, err := s.Bridges.BridgesTo(ctx, t)
	if err != nil {
		return err
	}
	found, removal, held := false, s.removalOf(t), s.heldFrom(t)
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if found, err = s.Store.Delete(ctx, scope, name); err != nil || !found {
			return err
		}
		if err := s.Removals.KeepRemoval(ctx, removal, held); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "topic.deleted", Scope: scope, Subject: name})
	})
	if err != nil {
		return err
	}
	s.bridging.nudge(nil)
	if !found {
		err = s.reconcile(ctx, t)
	} else if s.here(t) == nil {
		s.clearNow(context.WithoutCancel(ctx), t, removal, held)
	}
	s.leave(ctx, leading)
	return err
}

// clearNow removes a topic that was just deleted from its broker. What fails is told, and made up
// for later.
func (s *Service) clearNow(ctx context.Context, t Topic, r Removal, held time.Time) {
	if _, err := s.clear(ctx, r, held); err != nil {
		s.Log.WarnContext(ctx, "a topic that was deleted is not removed from its broker yet", "topic", t.Account(), "broker", t.Broker, "error", err)
	}
}

// leave removes the groups of bridges that are deleted with the topic to which they lead: they are
// at other topics.
func (s *Service) leave(ctx context.Context, leading []OfTopic) {
	for _, b := range leading {
		if err := s.Broker.RemoveGroup(ctx, Account(b.Scope, b.Topic), bridgePrefix+b.Name); err != nil {
			s.Log.WarnContext(ctx, "the group of a bridge is left at its topic", "topic", b.Topic, "bridge", b.Name, "error", err)
		}
	}
}

// managedGrant is the name of the grant of the workload whose resource a topic is.
const managedGrant = "workload"

// MinPasswordLength is how long the password of a resource's topic is at least.
const MinPasswordLength = 16

// Provide makes a topic be as the resource of a workload declares it, with one user, which is
// named as the account. Its callers have checked that they may act for the scope. Another
// password replaces the one before.
func (s *Service) Provide(ctx context.Context, scope kernel.Scope, name string, settings Settings, password string) (Topic, error) {
	problems := settings.Problems(name)
	if len(password) < MinPasswordLength {
		problems = append(problems, kernel.Problem{Path: "password", Message: "it is shorter than " + strconv.Itoa(MinPasswordLength) + " characters"})
	}
	if len(problems) > 0 {
		return Topic{}, kernel.Errorf(kernel.Invalid, "topic %s is not valid", name).WithProblems(problems...)
	}
	before, err := s.Store.Get(ctx, scope, name)
	if err != nil && !kernel.Is(err, kernel.NotFound) {
		return Topic{}, err
	}
	if err := s.here(before); err != nil {
		return Topic{}, err
	}
	t := before
	t.Scope, t.Name, t.Managed = scope, name, true
	if before.Name == "" {
		t.Settings = settings.WithDefaults(name)
	}
	t.Subject, t.RetentionSeconds = cmp.Or(settings.Subject, name), settings.WithDefaults(name).RetentionSeconds
	t.Broker = topicdoc.Embedded // whose users are Terrace's to make
	if err := s.placed(before, &t); err != nil {
		return Topic{}, err
	}
	if t, err = s.keep(ctx, before, t); err != nil {
		return t, err
	}
	return t, s.provideGrant(ctx, t, password)
}

// provideGrant has the workload's user open the topic.
func (s *Service) provideGrant(ctx context.Context, t Topic, password string) error {
	g, err := s.Grants.Grant(ctx, t, managedGrant)
	isNew := kernel.Is(err, kernel.NotFound)
	if err != nil && !isNew {
		return err
	}
	if !isNew && len(g.Credentials) == 1 && broker.VerifyPassword(g.Credentials[0].Hash, password) {
		return nil
	}
	now := s.Clock.Now().UTC()
	if isNew {
		g = Grant{Name: managedGrant, Project: t.Scope.Project, Publish: true, Consume: true, Managed: true, CreatedAt: now}
	}
	g.Credentials = []Credential{{Username: t.Account(), Since: now, Hash: broker.HashPassword(password)}}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if isNew {
			return s.Grants.InsertGrant(ctx, t, g)
		}
		return s.Grants.SaveGrant(ctx, t, g)
	})
	if err != nil {
		return err
	}
	return s.Broker.Grant(ctx, t.Account(), principal(g, g.Credentials[0], password))
}

// Erase removes the events of a tenant that leaves; its rows go with all others.
func (s *Service) Erase(ctx context.Context, tenant string) (removed int64, err error) {
	all, err := s.Store.All(ctx)
	if err != nil {
		return 0, err
	}
	for _, t := range all {
		if t.Scope.Tenant != tenant {
			continue
		}
		s.locate(t)
		if err := s.Broker.Remove(ctx, t.Account()); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, s.eraseRemoved(ctx, tenant)
}

// Provided returns the topic of a workload's resource, or NotFound. Its callers have checked
// that they may act for the scope.
func (s *Service) Provided(ctx context.Context, scope kernel.Scope, name string) (Topic, error) {
	return s.Store.Get(ctx, scope, name)
}

// Withdraw removes the topic of a workload's resource; none is no error.
func (s *Service) Withdraw(ctx context.Context, scope kernel.Scope, name string) error {
	t, err := s.Store.Get(ctx, scope, name)
	if kernel.Is(err, kernel.NotFound) {
		t, err = Topic{Scope: scope, Name: name, Settings: Settings{Broker: topicdoc.Embedded}}, nil
	}
	if err != nil {
		return err
	}
	return s.remove(ctx, t)
}
