package natsbroker

import (
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/natsserver"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// embedded has an account for each topic, with one stream that has the last part of
// the topic's name.
type embedded struct{ server *natsserver.Server }

func (e embedded) names(topic, subject string) (stream, own string) {
	stream = topic[strings.LastIndexByte(topic, '.')+1:]
	if subject == "" {
		subject = stream
	}
	return stream, subject
}

func (e embedded) open(topic string) error { return e.server.Open(topic) }

func (e embedded) shut(topic string) error { return e.server.Shut(topic) }

func (e embedded) enter(topic string) (*nats.Conn, bool, error) {
	if !e.server.Opened(topic) {
		return nil, false, kernel.Errorf(kernel.NotFound, "there is no topic %s", topic)
	}
	conn, err := e.server.Connect(topic)
	return conn, false, err
}

func (embedded) guards() error { return nil }

func (e embedded) allow(topic, stream, subject string, p broker.Principal) error {
	hash := p.PasswordHash
	if p.Password != "" && !broker.VerifyPassword(hash, p.Password) {
		hash = broker.HashPassword(p.Password)
	}
	if hash == "" {
		return kernel.Errorf(kernel.Invalid, "principal %s has no password", p.Name)
	}
	return e.server.Allow(natsserver.User{
		Name: p.Name, Account: topic, PasswordHash: hash, Stream: stream, Subject: subject, Publish: p.Publish, Consume: p.Consume,
		Consumers: p.Groups,
	})
}

func (e embedded) forbid(principal string) error { return e.server.Forbid(principal) }

func (e embedded) reserve(topic, group string, is bool) error {
	return e.server.Reserve(topic, group, is)
}

func (e embedded) changes() string { return e.server.Changes() }

func (embedded) close() {}
