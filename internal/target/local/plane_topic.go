package local

import (
	"context"
	"encoding/json"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// topicPlane keeps topics with the event broker and their passwords with the secret store.
type topicPlane struct {
	passive

	topics  Topics
	secrets Secrets
}

func (p *topicPlane) check(k Key, spec json.RawMessage) error {
	_, err := decode[topicSpec](k, spec)
	return err
}

func (p *topicPlane) apply(ctx context.Context, k Key, raw json.RawMessage, _ *Object) (change, error) {
	spec, err := decode[topicSpec](k, raw)
	if err != nil {
		return change{}, err
	}
	if spec.Subject == "" {
		spec.Subject = k.Scope.Project + "." + k.Scope.Stage + "." + k.Name
	}
	secret := passwordName(k)
	password, err := ensurePassword(ctx, p.secrets, k, secret)
	if err != nil {
		return change{}, err
	}
	access, err := p.topics.EnsureTopic(ctx, k.Scope, Topic{
		Name: k.Name, Subject: spec.Subject, Retention: time.Duration(spec.RetentionHours) * time.Hour, Password: password,
	})
	return change{outputs: topicOutputs(k, access)}, err
}

func topicOutputs(k Key, a TopicAccess) Outputs {
	return Outputs{
		"host": a.Host, "port": a.Port, "url": a.URL, "subject": a.Subject,
		"username": a.Username, "password_reference": reference(passwordName(k)),
	}
}

func (p *topicPlane) observe(ctx context.Context, o Object) (Object, bool, error) {
	access, err := p.topics.Topic(ctx, o.Scope, o.Name)
	if err != nil {
		return o, kernel.Is(err, kernel.NotFound), unlessMissing(err)
	}
	o.Outputs = topicOutputs(o.Key, access)
	return o, false, nil
}

func (p *topicPlane) remove(ctx context.Context, o Object) error {
	if err := p.topics.DeleteTopic(ctx, o.Scope, o.Name); err != nil {
		return err
	}
	return p.secrets.Delete(ctx, o.Scope, passwordName(o.Key))
}
