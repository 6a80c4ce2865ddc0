package topic

import (
	"cmp"
	"context"

	"github.com/terrace-idp/terrace/internal/fabric/topic/topicdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// BrokerKind is what protocol a broker speaks.
type BrokerKind string

// The kinds.
const (
	NATS  BrokerKind = "nats"
	Kafka BrokerKind = "kafka"
)

// BrokerInfo tells of a broker that topics may be on.
type BrokerInfo struct {
	Name string     `json:"name"`
	Kind BrokerKind `json:"kind"`
	// Addresses are those that programs use.
	Addresses []string `json:"addresses" doc:"Where programs reach it, host:port or a URL."`
	// TLS is whether they speak it to Kafka.
	TLS     bool `json:"tls" doc:"Whether programs speak TLS to it."`
	Default bool `json:"default" doc:"Whether topics are on it whose documents name none."`
}

// BrokerState tells how a broker is.
type BrokerState struct {
	BrokerInfo

	OK      bool   `json:"ok" doc:"Whether it answers this process."`
	Message string `json:"message,omitempty" doc:"Why it does not."`
	// Removing counts topics of the tenant.
	Removing int `json:"removing,omitempty" doc:"How many topics of the tenant were deleted while it was away, and are removed once it answers."`
}

// Brokers are those that topics may be on, by name. What is done with a topic goes through
// Config.Broker, which finds the right one.
type Brokers interface {
	// Default names the broker of topics whose documents name none.
	Default() string
	// Home names the embedded server of this process among those of all that share the database.
	Home() string
	// Info tells of a broker, or is NotFound.
	Info(name string) (BrokerInfo, error)
	// States tells how all are, by name.
	States(ctx context.Context) []BrokerState
	// Locate says where a topic is: on the broker of a name, which for the embedded one is the
	// server of a home.
	Locate(account, broker, home string)
	// RemoveAt removes a topic from a broker, wherever the one of its account is by now.
	RemoveAt(ctx context.Context, broker, home, account string) error
}

// sole is the server in this process alone.
type sole struct{ of *Service }

func (sole) Default() string { return topicdoc.Embedded }

func (sole) Home() string { return "" }

func (sole) Info(name string) (BrokerInfo, error) {
	if name != topicdoc.Embedded {
		return BrokerInfo{}, kernel.Errorf(kernel.NotFound, "there is no broker %q", name)
	}
	return BrokerInfo{Name: name, Kind: NATS, Addresses: []string{}, Default: true}, nil
}

func (s sole) States(context.Context) []BrokerState {
	info, _ := s.Info(topicdoc.Embedded) // it is there
	return []BrokerState{{BrokerInfo: info, OK: true}}
}

func (sole) Locate(string, string, string) {}

func (s sole) RemoveAt(ctx context.Context, _, _, account string) error {
	return s.of.Broker.Remove(ctx, account)
}

// placed decides where a topic is, whose settings are taken already: a new one where they say,
// one that is there where it has been.
func (s *Service) placed(before Topic, t *Topic) error {
	if before.Name != "" {
		if t.Broker != "" && t.Broker != before.Broker {
			return kernel.Errorf(kernel.Refused, "topic %s is on the broker %s, and its events do not move to %s", t.Name, before.Broker, t.Broker).
				WithFix("make another topic on %s and have programs use that one, then delete this one", t.Broker)
		}
		t.Broker = before.Broker
		return s.subjected(t)
	}
	t.Broker = cmp.Or(t.Broker, s.Brokers.Default())
	if _, err := s.Brokers.Info(t.Broker); err != nil {
		return kernel.Errorf(kernel.Invalid, "topic %s is not valid", t.Name).
			WithProblems(kernel.Problem{Path: "broker", Message: err.Error(), Fix: "see those that there are with: terrace topic brokers"})
	}
	if t.Broker == topicdoc.Embedded {
		t.Home = s.Brokers.Home()
	}
	return s.subjected(t)
}

// subjected has a topic that shares its broker with others be under its account there.
func (s *Service) subjected(t *Topic) error {
	if t.Broker == topicdoc.Embedded {
		return nil
	}
	if t.Subject != t.Name && t.Subject != t.Account() {
		return kernel.Errorf(kernel.Invalid, "topic %s is not valid", t.Name).
			WithProblems(kernel.Problem{Path: "subject", Message: "on the broker " + t.Broker + " the topic is " + t.Account(), Fix: "leave the subject out"})
	}
	t.Subject = t.Account()
	return nil
}

// Elsewhere refuses what only the daemon can do whose embedded server has a topic.
func Elsewhere(account, home string) error {
	return kernel.Errorf(kernel.Refused, "topic %s is on the NATS server in another daemon, %s", account, home).
		WithFix("ask that daemon; where several shall serve topics, have them on a NATS cluster or on Kafka (brokers in the configuration). Where it is gone for good, delete the topic and make it again")
}

// Served tells whether the daemon of an embedded server serves what is on a broker: a cluster
// every one serves, and the embedded server of a home the one whose it is. "" is a home of
// which nobody has said yet whose it is.
func Served(broker, home, by string) bool {
	return broker != topicdoc.Embedded || home == "" || home == by
}

// here refuses what this process cannot do with a topic, since it is on another's server.
func (s *Service) here(t Topic) error {
	if !Served(t.Broker, t.Home, s.Brokers.Home()) {
		return Elsewhere(t.Account(), t.Home)
	}
	return nil
}

// own tells whether a topic is on the server in this process.
func (s *Service) own(t Topic) bool { return t.Broker == topicdoc.Embedded && s.here(t) == nil }

// locate says where a topic is, before something is done with it there.
func (s *Service) locate(t Topic) { s.Brokers.Locate(t.Account(), t.Broker, t.Home) }

// BrokersOf tells how the brokers are, to who may see topics of the tenant; why one does not
// answer goes to the log.
func (s *Service) BrokersOf(ctx context.Context, tenant string) ([]BrokerState, error) {
	reach, err := s.Authorizer.Allowed(ctx, actionRead, kernel.Scope{Tenant: tenant})
	if err != nil {
		return nil, err
	}
	if reach.None() { // the refusal says which role is missing
		if err := s.Authorizer.Authorize(ctx, actionRead, kernel.Scope{Tenant: tenant}); err != nil {
			return nil, err
		}
	}
	removals, err := s.Removals.RemovalsOf(ctx, tenant)
	if err != nil {
		return nil, err
	}
	all := s.Brokers.States(ctx)
	for i, b := range all {
		for _, r := range removals {
			if r.Broker == b.Name && reach.Has(r.Scope.Project, r.Scope.Stage) {
				all[i].Removing++
			}
		}
		if !b.OK { // why is for who runs the platform: it may tell of its network
			s.Log.WarnContext(ctx, "a broker of topics does not answer", "broker", b.Name, "error", b.Message)
			all[i].Message = "the log of the daemon says why"
		}
	}
	return all, nil
}

// Addresses are where programs reach a topic's broker.
func (s *Service) Addresses(t Topic) []string {
	info, err := s.Brokers.Info(t.Broker)
	if err != nil || s.here(t) != nil {
		return []string{}
	}
	return info.Addresses
}

// adopt has a topic of the embedded server, of which nobody has said whose, be on that of
// this process, for good.
func (s *Service) adopt(ctx context.Context, t Topic) (Topic, error) {
	if t.Broker != topicdoc.Embedded || t.Home != "" || s.Brokers.Home() == "" {
		return t, nil
	}
	t.Home = s.Brokers.Home()
	err := s.Tx.InTx(ctx, func(ctx context.Context) error { return s.Store.Save(ctx, t) })
	if kernel.Is(err, kernel.Stale) { // another daemon was before
		return s.Store.Get(ctx, t.Scope, t.Name)
	}
	t.Revision++
	return t, err
}

// Tidy removes from the embedded server what another daemon has deleted: accounts are those
// that the server has, and remove takes one from it, wherever its topic is by now.
func (s *Service) Tidy(ctx context.Context, accounts []string, remove func(ctx context.Context, account string) error) error {
	s.carrying.Lock()
	defer s.carrying.Unlock()
	all, err := s.Store.All(ctx)
	if err != nil {
		return err
	}
	own := map[string]bool{}
	for _, t := range all {
		own[t.Account()] = s.own(t)
	}
	for _, account := range accounts {
		if own[account] {
			continue
		}
		if err := remove(ctx, account); err != nil {
			return err
		}
	}
	return nil
}

// Find returns where a topic is, by its account, for what finds its broker.
func Find(ctx context.Context, store Store, account string) (broker, home string, err error) {
	scope, name, ok := split(account)
	if !ok {
		return "", "", kernel.Errorf(kernel.NotFound, "there is no topic %s", account)
	}
	t, err := store.Get(ctx, scope, name)
	return t.Broker, t.Home, err
}
