package product

import (
	"context"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Step is a change of a subscription's state.
type Step string

// The steps.
const (
	Approve Step = "approve"
	Reject  Step = "reject"
	Suspend Step = "suspend"
	Resume  Step = "resume"
	Cancel  Step = "cancel"
)

// step is what a Step is for.
type step struct {
	from []State
	to   State
	// fact is what is recorded.
	fact string
	// here is what an actor needs where the product is, there where the consumer is, "" for
	// nothing that would do.
	here, there string
	decides     bool
}

func stepOf(s Step) (step, bool) {
	all := map[Step]step{
		Approve: {[]State{Submitted}, Active, "gateway-subscription.approved", actionApprove, "", true},
		Reject:  {[]State{Submitted}, Rejected, "gateway-subscription.rejected", actionApprove, "", true},
		Suspend: {[]State{Active}, Suspended, "gateway-subscription.suspended", actionManage, "", false},
		Resume:  {[]State{Suspended}, Active, "gateway-subscription.resumed", actionManage, "", false},
		Cancel:  {[]State{Submitted, Active, Suspended}, Cancelled, "gateway-subscription.cancelled", actionManage, actionCreate, false},
	}
	of, ok := all[s]
	return of, ok
}

// Take takes a step with a subscription.
func (s *Service) Take(ctx context.Context, stage kernel.Scope, name string, which Step, reason string) (Subscription, error) {
	of, ok := stepOf(which)
	if !ok {
		return Subscription{}, kernel.Errorf(kernel.Invalid, "%q is no step of a subscription", which)
	}
	sub, _, err := s.find(ctx, stage, name, of.here, of.there)
	if err != nil {
		return Subscription{}, err
	}
	actor, _ := kernel.ActorFrom(ctx)
	_, verb, _ := strings.Cut(of.fact, ".")
	switch {
	case !slices.Contains(of.from, sub.State):
		return Subscription{}, kernel.Errorf(kernel.Refused, "subscription %s is %s: it cannot be %s", sub.Name, sub.State, verb).
			WithFix("see terrace gateway subscription show %s --stage %s", sub.Name, stage.Stage)
	case which == Approve && sub.Requested.ID == actor.ID && actor.Kind != kernel.ActorSystem:
		return Subscription{}, kernel.Errorf(kernel.Refused, "subscription %s was asked for by %s: somebody else approves it", sub.Name, actor.Name).
			WithFix("ask another approver of %s, or give a plan without approval", stage)
	}
	return s.change(ctx, sub, of, Decision{By: actor.Name, ID: actor.ID, Reason: reason})
}

func (s *Service) change(ctx context.Context, sub Subscription, of step, said Decision) (Subscription, error) {
	said.At = s.now()
	sub.State, sub.Changed = of.to, &said
	if of.decides {
		sub.Decided = &said
	}
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Save(ctx, sub); err != nil {
			return err
		}
		return s.record(ctx, sub, of.fact, said.Reason, nil)
	})
	if err != nil {
		return Subscription{}, err
	}
	s.renew(ctx)
	return sub, nil
}

// Regenerate makes a key of a subscription anew, and returns it this once. The other one
// goes on, so that clients change without a pause; the former counts no more.
func (s *Service) Regenerate(ctx context.Context, stage kernel.Scope, name string, which KeyName, reason string) (Subscription, Keys, error) {
	sub, _, err := s.find(ctx, stage, name, actionManage, actionCreate)
	if err != nil {
		return Subscription{}, Keys{}, err
	}
	if sub.State.Over() {
		return Subscription{}, Keys{}, kernel.Errorf(kernel.Refused, "subscription %s is %s: its keys open nothing any more", sub.Name, sub.State).WithFix("subscribe anew")
	}
	var keys Keys
	switch which {
	case PrimaryKey:
		keys.Primary, sub.Primary = newKey(KeyPrefix)
		sub.PrimaryAt = s.now()
	case SecondaryKey:
		keys.Secondary, sub.Secondary = newKey(KeyPrefix)
		sub.SecondaryAt = s.now()
	default:
		return Subscription{}, Keys{}, kernel.Errorf(kernel.Invalid, "a subscription has no key %q", which).WithFix("use %s or %s", PrimaryKey, SecondaryKey)
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.Save(ctx, sub); err != nil {
			return err
		}
		return s.record(ctx, sub, "gateway-subscription.key_regenerated", reason, map[string]any{"key": string(which)})
	})
	if err != nil {
		return Subscription{}, Keys{}, err
	}
	s.renew(ctx)
	return sub, keys, nil
}

// dueAtOnce is how many subscriptions expire in one round.
const dueAtOnce = 200

// Expire has subscriptions expire whose end has come. At the gateway they have ended
// already, at that very time.
func (s *Service) Expire(ctx context.Context) error {
	due, err := s.Store.Due(ctx, s.now(), dueAtOnce)
	if err != nil {
		return err
	}
	for _, sub := range due {
		of := step{to: Expired, fact: "gateway-subscription.expired"}
		as := kernel.WithActor(ctx, kernel.System("gateway", sub.Scope.Tenant))
		if _, err := s.change(as, sub, of, Decision{By: "gateway"}); err != nil && !kernel.Is(err, kernel.Stale) {
			return err
		}
	}
	return nil
}
