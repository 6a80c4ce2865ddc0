package topic

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// passwordPrefix begins the password of a grant, so that scanners find a leaked one.
	passwordPrefix = "ttop_"
	// MaxOverlap is how long the credential before may open what a new one does.
	MaxOverlap = 30 * 24 * time.Hour
	// endAtOnce bounds how many grants are read at a time, and maxFailed how many failures a
	// round tells of.
	endAtOnce, maxFailed = 100, 10
	// revokeFor is how long the revocation of a credential is tried.
	revokeFor = removeFor
)

// CreatedGrant is a grant with the password of its newest credential, which is told this once.
type CreatedGrant struct {
	Grant

	Password string `json:"password" doc:"The password of the newest credential; it is shown this once."`
}

// GrantSpec says who may do what.
type GrantSpec struct {
	Name              string
	Project, Workload string
	Publish, Consume  bool
}

func (g GrantSpec) check() error {
	var problems []kernel.Problem
	if !validName(g.Name) || g.Name == managedGrant {
		problems = append(problems, kernel.Problem{Path: "name", Message: fmt.Sprintf("%.80q cannot be the name of a grant", g.Name), Fix: "use letters, digits and hyphens, at most 63; workload is taken"})
	}
	if !g.Publish && !g.Consume {
		problems = append(problems, kernel.Problem{Path: "publish", Message: "the grant lets nobody do anything", Fix: "allow to publish, to consume or both"})
	}
	if g.Workload != "" && !validName(g.Workload) {
		problems = append(problems, kernel.Problem{Path: "workload", Message: fmt.Sprintf("%.80q is no name of a workload", g.Workload)})
	}
	if len(problems) > 0 {
		return kernel.Errorf(kernel.Invalid, "the grant cannot be made").WithProblems(problems...)
	}
	return nil
}

// CreateGrant lets a program use a topic with the broker's own protocol, by a credential of
// its own.
func (s *Service) CreateGrant(ctx context.Context, scope kernel.Scope, name string, spec GrantSpec) (CreatedGrant, error) {
	t, err := s.get(ctx, actionGrant, scope, name)
	if err != nil {
		return CreatedGrant{}, err
	}
	if spec.Project == "" {
		spec.Project = scope.Project
	}
	if err := s.Places.Check(ctx, kernel.Scope{Tenant: scope.Tenant, Project: spec.Project}); err != nil {
		return CreatedGrant{}, err
	}
	if err := spec.check(); err != nil {
		return CreatedGrant{}, err
	}
	actor, _ := kernel.ActorFrom(ctx)
	g := Grant{
		Name: spec.Name, Project: spec.Project, Workload: spec.Workload, Publish: spec.Publish, Consume: spec.Consume,
		CreatedAt: s.Clock.Now().UTC(), CreatedBy: actor.Name,
	}
	all, err := s.Grants.GrantsOf(ctx, t)
	if err != nil {
		return CreatedGrant{}, err
	}
	if len(all) >= MaxGrants {
		return CreatedGrant{}, kernel.Errorf(kernel.Refused, "topic %s has %d grants, which is as many as it may have", t.Name, len(all)).WithFix("revoke one: terrace topic grant list %s --stage %s", t.Name, t.Scope.Stage)
	}
	for _, one := range all {
		if one.Name == g.Name { // before the broker is asked, where it would replace that one
			return CreatedGrant{}, kernel.Errorf(kernel.Conflict, "topic %s has a grant %s already", t.Name, g.Name).WithFix("choose another name, or give it another credential with: terrace topic grant rotate %s %s --stage %s", t.Name, g.Name, t.Scope.Stage)
		}
	}
	return s.issue(ctx, t, g, "topic-grant.created", s.Grants.InsertGrant)
}

// issue gives a grant one more credential at the broker, and then keeps it: a credential that
// is not kept opens nothing for long, since nobody is told its password.
func (s *Service) issue(ctx context.Context, t Topic, g Grant, fact string, keep func(ctx context.Context, t Topic, g Grant) error) (CreatedGrant, error) {
	password := passwordPrefix + rand.Text()
	c := Credential{Username: t.Account() + "." + g.Name + "." + lower(rand.Text()[:8]), Since: s.Clock.Now().UTC(), Hash: broker.HashPassword(password)}
	g.Credentials = append([]Credential{c}, g.Credentials...)
	if err := s.Broker.Grant(ctx, t.Account(), principal(g, c, password)); err != nil {
		return CreatedGrant{}, err
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := keep(ctx, t, g); err != nil {
			return err
		}
		return s.record(ctx, t, fact, g.told())
	})
	if err != nil {
		_ = s.Broker.Revoke(context.WithoutCancel(ctx), t.Account(), c.Username) // nobody has its password
		return CreatedGrant{}, err
	}
	return CreatedGrant{Grant: g, Password: password}, nil
}

// told is what facts say of a grant.
func (g Grant) told() map[string]any {
	return map[string]any{"grant": g.Name, "project": g.Project, "workload": g.Workload, "publish": g.Publish, "consume": g.Consume}
}

func principal(g Grant, c Credential, password string) broker.Principal {
	p := broker.Principal{Name: c.Username, Password: password, PasswordHash: c.Hash, Publish: g.Publish, Consume: g.Consume}
	if !g.Managed {
		p.Groups = g.Name
	}
	return p
}

// carryGrant brings the broker to what is kept of a grant.
func (s *Service) carryGrant(ctx context.Context, t Topic, g Grant) error {
	now := s.Clock.Now()
	for _, c := range g.Credentials {
		var err error
		if c.Until != nil && !now.Before(*c.Until) {
			err = s.Broker.Revoke(ctx, t.Account(), c.Username)
		} else {
			err = s.Broker.Grant(ctx, t.Account(), principal(g, c, ""))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// RotateGrant gives a grant another credential; those before open the topic for the overlap,
// or end at once.
func (s *Service) RotateGrant(ctx context.Context, scope kernel.Scope, name, grant string, overlap time.Duration) (CreatedGrant, error) {
	t, g, err := s.grant(ctx, scope, name, grant)
	if err != nil {
		return CreatedGrant{}, err
	}
	if overlap < 0 || overlap > MaxOverlap {
		return CreatedGrant{}, kernel.Errorf(kernel.Invalid, "an overlap of %s is out of bounds", overlap).WithFix("use none to 30 days")
	}
	until := s.Clock.Now().UTC().Add(overlap)
	for i := range g.Credentials {
		if c := &g.Credentials[i]; c.Until == nil || c.Until.After(until) {
			c.Until = &until
		}
	}
	created, err := s.issue(ctx, t, g, "topic-grant.rotated", s.Grants.SaveGrant)
	if err != nil || overlap > 0 {
		return created, err
	}
	return created, s.endCredentials(ctx, t, grant)
}

// grant finds a grant that the actor may change.
func (s *Service) grant(ctx context.Context, scope kernel.Scope, name, grant string) (Topic, Grant, error) {
	t, err := s.get(ctx, actionGrant, scope, name)
	if err != nil {
		return t, Grant{}, err
	}
	g, err := s.Grants.Grant(ctx, t, grant)
	if kernel.Is(err, kernel.NotFound) {
		return t, g, kernel.Errorf(kernel.NotFound, "topic %s has no grant %q", name, grant).WithFix("see those that there are with: terrace topic grant list %s --stage %s", name, t.Scope.Stage)
	}
	if err == nil && g.Managed {
		return t, g, managed(t)
	}
	return t, g, err
}

// RevokeGrant ends a grant, and cuts off who is connected by it. While the broker is away the
// grant is there still, with credentials that are over: it goes with them.
func (s *Service) RevokeGrant(ctx context.Context, scope kernel.Scope, name, grant string) error {
	t, g, err := s.grant(ctx, scope, name, grant)
	if err != nil {
		return err
	}
	now := s.Clock.Now().UTC()
	for i := range g.Credentials {
		if c := &g.Credentials[i]; c.Until == nil || c.Until.After(now) {
			c.Until = &now
		}
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Grants.SaveGrant(ctx, t, g); err != nil {
			return err
		}
		return s.record(ctx, t, "topic-grant.revoked", g.told())
	})
	if err != nil {
		return err
	}
	return s.endCredentials(ctx, t, g.Name)
}

// ListGrants returns who may use a topic, by name.
func (s *Service) ListGrants(ctx context.Context, scope kernel.Scope, name string) ([]Grant, error) {
	t, err := s.get(ctx, actionRead, scope, name)
	if err != nil {
		return nil, err
	}
	return s.Grants.GrantsOf(ctx, t)
}

// EndCredentials cuts off credentials that are over. What cannot be, since a broker is away, waits
// for the next time: that broker is asked once.
func (s *Service) EndCredentials(ctx context.Context) error {
	now, after, away := s.Clock.Now(), OfTopic{}, map[string]bool{}
	var failed []error
	for {
		due, err := s.Grants.EndingGrants(ctx, now, after, endAtOnce)
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
		for _, one := range due {
			if err := s.endingOf(ctx, one, away); err != nil && len(failed) < maxFailed {
				failed = append(failed, fmt.Errorf("end credentials of grant %s: %w", one.Name, err))
			}
		}
		if len(due) < endAtOnce {
			return errors.Join(failed...)
		}
		after = due[len(due)-1]
	}
}

// endingOf ends those of one grant, unless its broker is away or another daemon's to ask.
func (s *Service) endingOf(ctx context.Context, of OfTopic, away map[string]bool) error {
	t, err := s.Store.Get(ctx, of.Scope, of.Topic)
	if err != nil {
		return meanwhile(err)
	}
	if s.here(t) == nil && !away[t.Broker] {
		err = s.endCredentials(ctx, t, of.Name)
		away[t.Broker] = kernel.Is(err, kernel.Unavailable)
	}
	return errors.Join(meanwhile(err), meanwhile(s.giveUpCredentials(ctx, t, of.Name)))
}

// meanwhile passes over that somebody else has ended or changed it.
func meanwhile(err error) error {
	if kernel.Is(err, kernel.NotFound) || kernel.Is(err, kernel.Stale) {
		return nil
	}
	return err
}

// endCredentials cuts off those of a grant that are over, and forgets them; a grant without any
// goes.
func (s *Service) endCredentials(ctx context.Context, t Topic, name string) error {
	now := s.Clock.Now()
	return s.forgetCredentials(ctx, t, name, func(c Credential) (bool, error) {
		if c.Until == nil || now.Before(*c.Until) {
			return false, nil
		}
		return true, s.Broker.Revoke(ctx, t.Account(), c.Username)
	})
}

// giveUpCredentials forgets those of a grant that are over for so long that their broker is taken
// to be gone for good.
func (s *Service) giveUpCredentials(ctx context.Context, t Topic, name string) error {
	before := s.Clock.Now().Add(-revokeFor)
	return s.forgetCredentials(ctx, t, name, func(c Credential) (bool, error) {
		over := c.Until != nil && c.Until.Before(before)
		if over {
			s.Log.ErrorContext(ctx, "a credential that is over is left at its broker, which was away for too long: remove the user there if the broker comes back",
				"topic", t.Account(), "broker", t.Broker, "grant", name, "user", c.Username, "over", *c.Until)
		}
		return over, nil
	})
}

// forgetCredentials forgets credentials of a grant that are over; a grant without any goes.
func (s *Service) forgetCredentials(ctx context.Context, t Topic, name string, over func(c Credential) (bool, error)) error {
	g, err := s.Grants.Grant(ctx, t, name)
	if err != nil {
		return err
	}
	var stay []Credential
	for _, c := range g.Credentials {
		gone, err := over(c)
		if err != nil {
			return err
		}
		if !gone {
			stay = append(stay, c)
		}
	}
	if len(stay) == len(g.Credentials) {
		return nil
	}
	g.Credentials = stay
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Grants.SaveGrant(ctx, t, g); err != nil || len(stay) > 0 {
			return err
		}
		return s.Grants.DeleteGrant(ctx, t, g.Name) // nobody has rotated it meanwhile: that would be Stale
	})
}
