package topic

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/topicdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// MaxBridges bounds the bridges of a topic.
const MaxBridges = 20

// bridgePrefix begins the names of the groups that bridges read with.
const bridgePrefix = "bridge-"

// BridgeSettings are what a bridge is to be.
type BridgeSettings struct {
	To    string   `json:"to" minLength:"1" maxLength:"63" doc:"The topic of the stage that events are taken to."`
	Types []string `json:"types,omitempty" maxItems:"64" doc:"The event types that are taken; all unless given."`
	From  From     `json:"from,omitempty" doc:"Where a new bridge begins; with what comes from now on unless given."`
}

// BridgeState is how a bridge does.
type BridgeState struct {
	Passed   uint64     `json:"passed" doc:"Events that the other topic has, among them those that were passed again."`
	Skipped  uint64     `json:"skipped" doc:"Events that would have gone back to where they came from."`
	Rejected uint64     `json:"rejected" doc:"Events that the other topic never takes; they are dead letters."`
	Failures uint64     `json:"failures" doc:"Attempts that failed, and were made again."`
	Problem  string     `json:"problem,omitempty" doc:"Why it stands still."`
	SeenAt   *time.Time `json:"seenAt,omitempty" doc:"When a daemon has last said how it does; none when none runs it yet."`
}

// Bridge takes the events of a topic to another one of its stage, whatever brokers they are on.
type Bridge struct {
	BridgeSettings

	Name      string      `json:"name"`
	State     BridgeState `json:"state"`
	CreatedAt time.Time   `json:"createdAt"`
	CreatedBy string      `json:"createdBy"`
	UpdatedAt time.Time   `json:"updatedAt"`
	Revision  int64       `json:"-"`
}

// Bridges keeps bridges, each at the topic that it reads.
type Bridges interface {
	InsertBridge(ctx context.Context, t Topic, b Bridge) error
	SaveBridge(ctx context.Context, t Topic, b Bridge) error
	Bridge(ctx context.Context, t Topic, name string) (Bridge, error)
	// BridgesOf returns those that read a topic by name, and BridgesTo names those that lead
	// to one.
	BridgesOf(ctx context.Context, t Topic) ([]Bridge, error)
	BridgesTo(ctx context.Context, t Topic) ([]OfTopic, error)
	DeleteBridge(ctx context.Context, t Topic, name string) error
}

// BridgeLeases has one process run a bridge.
type BridgeLeases interface {
	// ClaimBridges has a process hold those that it holds already, or nobody any more, until
	// a time, and names them: those both of whose topics it can reach.
	ClaimBridges(ctx context.Context, holder, home string, now, until time.Time) ([]OfTopic, error)
	// NoteBridge adds what a bridge has done to its counts, while the process holds it.
	NoteBridge(ctx context.Context, of OfTopic, holder string, at time.Time, more BridgeState) error
	// ReleaseBridges gives back what a process holds.
	ReleaseBridges(ctx context.Context, holder string) error
}

// ends returns the topics of a bridge, for an actor who may do all that it does.
func (s *Service) ends(ctx context.Context, scope kernel.Scope, name, to string) (from, target Topic, err error) {
	if from, err = s.get(ctx, actionConsume, scope, name); err != nil {
		return from, target, err
	}
	if err = s.Authorizer.Authorize(ctx, actionWrite, scope); err != nil {
		return from, target, err
	}
	target, err = s.get(ctx, actionPublish, scope, to)
	return from, target, err
}

// ApplyBridge makes a bridge be as the settings say: it creates or changes it.
func (s *Service) ApplyBridge(ctx context.Context, scope kernel.Scope, name, bridge string, settings BridgeSettings) (Bridge, error) {
	from, target, err := s.ends(ctx, scope, name, settings.To)
	if err != nil {
		return Bridge{}, err
	}
	if err := settings.check(from, target, bridge); err != nil {
		return Bridge{}, err
	}
	next, err := s.Bridges.Bridge(ctx, from, bridge)
	isNew := kernel.Is(err, kernel.NotFound)
	if err != nil && !isNew {
		return Bridge{}, err
	}
	settings.From = cmp.Or(settings.From, next.From, FromNew)
	next.Name, next.BridgeSettings, next.UpdatedAt = bridge, settings, s.Clock.Now().UTC()
	if isNew {
		actor, _ := kernel.ActorFrom(ctx)
		next.CreatedAt, next.CreatedBy = next.UpdatedAt, actor.Name
		if err := s.roomForBridge(ctx, from, bridge); err != nil {
			return Bridge{}, err
		}
		if err := s.deadTopic(ctx, from); err != nil { // for what the other topic never takes
			return Bridge{}, err
		}
	}
	if err := s.Broker.EnsureGroup(ctx, from.Account(), next.group()); err != nil {
		return Bridge{}, err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		keep := s.Bridges.SaveBridge
		if isNew {
			keep = s.Bridges.InsertBridge
		}
		if err := keep(ctx, from, next); err != nil {
			return err
		}
		return s.record(ctx, from, "topic-bridge.changed", map[string]any{"bridge": bridge, "to": settings.To})
	})
	s.bridging.nudge(err)
	return next, err
}

func (b BridgeSettings) check(from, target Topic, name string) error {
	var problems []kernel.Problem
	when := func(bad bool, path, message, fix string) {
		if bad {
			problems = append(problems, kernel.Problem{Path: path, Message: message, Fix: fix})
		}
	}
	when(!validGroup(name), "name", fmt.Sprintf("%.80q is no name of a bridge", name), "use lower-case letters, digits and hyphens, at most 40")
	when(from.Name == target.Name, "to", "a topic cannot be taken to itself", "name another topic of the stage")
	when(from.DeadLettersOf != "" || target.DeadLettersOf != "", "to", "one of the two has dead letters", "bridge topics that programs publish into")
	when(b.From != "" && b.From != FromNew && b.From != FromOldest, "from", fmt.Sprintf("%.80q is no beginning", b.From), "use new or oldest")
	for i, t := range b.Types {
		when(!topicdoc.ValidType(t), fmt.Sprintf("types[%d]", i), fmt.Sprintf("%.80q is no type of events", t), "write it such as shop.order.placed")
	}
	when(len(b.Types) > 64, "types", "there are more than 64", "leave them out, and take all")
	if len(problems) > 0 {
		return kernel.Errorf(kernel.Invalid, "the bridge cannot be made").WithProblems(problems...)
	}
	return nil
}

// roomForBridge refuses a bridge too many, and one whose group a subscription has.
func (s *Service) roomForBridge(ctx context.Context, t Topic, name string) error {
	all, err := s.Bridges.BridgesOf(ctx, t)
	if err != nil {
		return err
	}
	if len(all) >= MaxBridges {
		return kernel.Errorf(kernel.Refused, "topic %s has %d bridges, which is as many as it may have", t.Name, len(all)).WithFix("delete one: terrace topic bridge list %s --stage %s", t.Name, t.Scope.Stage)
	}
	_, err = s.Subscriptions.Subscription(ctx, t, bridgePrefix+name)
	if err == nil {
		return kernel.Errorf(kernel.Conflict, "topic %s has a subscription %s%s", t.Name, bridgePrefix, name).WithFix("give the bridge another name")
	}
	if !kernel.Is(err, kernel.NotFound) {
		return err
	}
	return nil
}

// bridge finds a bridge for an actor who may do the action with its topic.
func (s *Service) bridge(ctx context.Context, action string, scope kernel.Scope, name, bridge string) (Topic, Bridge, error) {
	t, err := s.get(ctx, action, scope, name)
	if err != nil {
		return t, Bridge{}, err
	}
	b, err := s.Bridges.Bridge(ctx, t, bridge)
	if kernel.Is(err, kernel.NotFound) {
		return t, b, kernel.Errorf(kernel.NotFound, "topic %s has no bridge %q", name, bridge).WithFix("see those that there are with: terrace topic bridge list %s --stage %s", name, t.Scope.Stage)
	}
	return t, b, err
}

// ListBridges returns the bridges that read a topic, by name.
func (s *Service) ListBridges(ctx context.Context, scope kernel.Scope, name string) ([]Bridge, error) {
	t, err := s.get(ctx, actionRead, scope, name)
	if err != nil {
		return nil, err
	}
	return s.Bridges.BridgesOf(ctx, t)
}

// GetBridge returns a bridge, and how many events wait for it; ok is false where the broker
// does not tell.
func (s *Service) GetBridge(ctx context.Context, scope kernel.Scope, name, bridge string) (b Bridge, pending uint64, ok bool, err error) {
	t, b, err := s.bridge(ctx, actionRead, scope, name, bridge)
	if err != nil {
		return b, 0, false, err
	}
	lag, away := s.Broker.Lag(ctx, t.Account(), b.group().Name)
	return b, lag.Pending + lag.InFlight, away == nil, nil
}

// DeleteBridge ends a bridge. What it has not passed stays where it is.
func (s *Service) DeleteBridge(ctx context.Context, scope kernel.Scope, name, bridge string) error {
	t, b, err := s.bridge(ctx, actionWrite, scope, name, bridge)
	if err != nil {
		return err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Bridges.DeleteBridge(ctx, t, bridge); err != nil {
			return err
		}
		return s.record(ctx, t, "topic-bridge.deleted", map[string]any{"bridge": bridge, "to": b.To})
	})
	if err != nil {
		return err
	}
	s.bridging.nudge(nil)
	return s.Broker.RemoveGroup(ctx, t.Account(), b.group().Name)
}
