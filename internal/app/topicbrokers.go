package app

import (
	"context"
	"crypto/tls"
	"strings"

	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/brokers"
	"github.com/terrace-idp/terrace/internal/fabric/topic/kafkabroker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/natsbroker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/topicdoc"
)

// newBrokers makes the brokers of topics: the NATS server in this process, and those of the
// configuration. These need not be there yet.
func newBrokers(p *platform, f *fabric, store topic.Store) (*brokers.Set, error) {
	home, err := f.nats.Home(p.config.Node)
	if err != nil {
		return nil, err
	}
	byDefault := p.config.TopicBroker
	if byDefault == "" {
		byDefault = topicdoc.Embedded
	}
	all := []brokers.Named{{
		BrokerInfo: topic.BrokerInfo{Name: topicdoc.Embedded, Kind: topic.NATS, Addresses: []string{f.nats.URL()}, Default: byDefault == topicdoc.Embedded},
		Driver:     natsbroker.Embedded(f.nats, p.log),
	}}
	for _, c := range p.config.Brokers {
		encryption, err := c.Encryption()
		var driver brokers.Driver
		if err == nil {
			driver, err = newBroker(p, c, encryption)
		}
		if err != nil {
			for _, b := range all {
				b.Close()
			}
			return nil, err
		}
		all = append(all, brokers.Named{
			BrokerInfo: topic.BrokerInfo{Name: c.Name, Kind: topic.BrokerKind(c.Kind), Addresses: c.Addresses, TLS: encryption != nil || strings.HasPrefix(c.Addresses[0], "tls://"), Default: byDefault == c.Name}, Driver: driver,
		})
	}
	return brokers.New(home, all, func(ctx context.Context, account string) (string, string, error) {
		return topic.Find(ctx, store, account)
	}), nil
}

func newBroker(p *platform, c config.Broker, encryption *tls.Config) (brokers.Driver, error) {
	password, err := c.Password()
	if err != nil {
		return nil, err
	}
	if c.Kind == string(topic.Kafka) {
		return kafkabroker.New(kafkabroker.Cluster{
			Brokers: c.Addresses, TLS: encryption, Mechanism: kafkabroker.Mechanism(c.Mechanism), Username: c.Username, Password: password,
		}, p.log)
	}
	return natsbroker.External(natsbroker.Cluster{
		URL: strings.Join(c.Addresses, ","), Username: c.Username, Password: password, CredentialsFile: c.CredentialsFile, TLS: encryption,
	}, p.log)
}

// checkBrokers tells whether the brokers of the configuration answer.
func (a *App) checkBrokers(ctx context.Context) []ServerCheck {
	var out []ServerCheck
	for _, b := range a.fabric.brokers.States(ctx) {
		if b.Name == topicdoc.Embedded {
			continue // its address is told, and it is in this process
		}
		check := ServerCheck{Name: "broker " + b.Name, OK: b.OK, Message: string(b.Kind) + " answers"}
		if !b.OK {
			check.Message, check.Fix = string(b.Kind)+" does not answer", "see brokers in the configuration, and the log"
			a.platform.log.WarnContext(ctx, "a broker of topics does not answer", "broker", b.Name, "error", b.Message)
		}
		out = append(out, check)
	}
	return out
}

// tellBrokers says at the start which brokers do not answer: what is on them waits for them.
func (f *fabric) tellBrokers(ctx context.Context, p *platform) {
	for _, b := range f.brokers.States(ctx) {
		if !b.OK {
			p.log.ErrorContext(ctx, "a broker of topics does not answer: see brokers in the configuration; what is on it waits", "broker", b.Name, "kind", b.Kind, "error", b.Message)
		}
	}
}
