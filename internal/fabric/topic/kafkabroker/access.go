package kafkabroker

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// iterations is the least that RFC 7677 §4 takes: the passwords of principals are long
// and random.
const iterations = 4096

// Grant makes a SCRAM user, with ACLs for the topic. Who may consume may do so with
// groups whose names begin with its own.
func (b *Broker) Grant(ctx context.Context, topic string, p broker.Principal) error {
	ctx, cancel := context.WithTimeout(ctx, b.cluster.Timeout)
	defer cancel()
	if _, err := b.describe(ctx, topic); err != nil {
		return failure("topic "+topic, err)
	}
	if p.Password != "" {
		for _, m := range mechanisms() {
			u := kadm.UpsertSCRAM{User: p.Name, Mechanism: m, Iterations: iterations, Password: p.Password}
			if err := alter(b.admin.AlterUserSCRAMs(ctx, nil, []kadm.UpsertSCRAM{u})); err != nil {
				return ungoverned(p.Name, err)
			}
		}
	}
	if err := b.removeACLs(ctx, p.Name); err != nil {
		return ungoverned(p.Name, err)
	}
	for _, acl := range acls(topic, p) {
		made, err := b.admin.CreateACLs(ctx, acl)
		for _, r := range made {
			if err == nil {
				err = r.Err
			}
		}
		if err != nil {
			return ungoverned(p.Name, err)
		}
	}
	return nil
}

// ungoverned says what to do about a cluster that does not let Terrace make users.
func ungoverned(principal string, err error) error {
	if isOf(err, kerr.SecurityDisabled, kerr.UnsupportedVersion, kerr.ClusterAuthorizationFailed, kerr.UnsupportedSaslMechanism) || kindOf(err) == kernel.Refused {
		return kernel.Errorf(kernel.Refused, "principal %s: the users of this Kafka cluster are not Terrace's to make: %w", principal, err).
			WithFix("make the user with the cluster's own tools (on Event Hubs a role or a shared access policy), or give Terrace's user the right to alter the cluster")
	}
	return failure("principal "+principal, err)
}

// acls are what a principal may do with a topic.
func acls(topic string, p broker.Principal) (all []*kadm.ACLBuilder) {
	on := func(literal bool) *kadm.ACLBuilder {
		pattern := kadm.ACLPatternLiteral
		if !literal {
			pattern = kadm.ACLPatternPrefixed
		}
		return kadm.NewACLs().Allow("User:" + p.Name).AllowHosts().ResourcePatternType(pattern)
	}
	if p.Publish {
		all = append(all, on(true).Topics(topic).Operations(kadm.OpWrite, kadm.OpDescribe))
	}
	if p.Consume {
		all = append(all, on(true).Topics(topic).Operations(kadm.OpRead, kadm.OpDescribe), on(false).Groups(p.Name).Operations(kadm.OpRead, kadm.OpDescribe))
	}
	return all
}

// Revoke removes a user with all that it may do. Its connections may stay open, and
// every request on them is refused.
func (b *Broker) Revoke(ctx context.Context, _, principal string) error {
	ctx, cancel := context.WithTimeout(ctx, b.cluster.Timeout)
	defer cancel()
	if err := b.removeACLs(ctx, principal); err != nil {
		return ungoverned(principal, err)
	}
	for _, m := range mechanisms() {
		err := alter(b.admin.AlterUserSCRAMs(ctx, []kadm.DeleteSCRAM{{User: principal, Mechanism: m}}, nil))
		if err != nil && !isOf(err, kerr.ResourceNotFound) {
			return ungoverned(principal, err)
		}
	}
	return nil
}

// mechanisms are those that a user has a password for. One request alters one: some
// clusters take a user once in each.
func mechanisms() []kadm.ScramMechanism {
	return []kadm.ScramMechanism{kadm.ScramSha256, kadm.ScramSha512}
}

func alter(altered kadm.AlteredUserSCRAMs, err error) error {
	if err != nil {
		return err
	}
	return altered.Error()
}

func (b *Broker) removeACLs(ctx context.Context, principal string) error {
	return b.deleteACLs(ctx, kadm.NewACLs().AnyResource().Allow("User:"+principal).AllowHosts().Operations().ResourcePatternType(kadm.ACLPatternAny))
}

// removeGrants removes what anybody may do with a topic. A cluster without ACLs has
// nothing to remove.
func (b *Broker) removeGrants(ctx context.Context, topic string) error {
	err := b.deleteACLs(ctx, kadm.NewACLs().Topics(topic).Allow().AllowHosts().Operations().ResourcePatternType(kadm.ACLPatternLiteral))
	if err != nil && (isOf(err, kerr.SecurityDisabled, kerr.ClusterAuthorizationFailed) || kindOf(err) == kernel.Refused) {
		return nil
	}
	return err
}

func (b *Broker) deleteACLs(ctx context.Context, which *kadm.ACLBuilder) error {
	results, err := b.admin.DeleteACLs(ctx, which)
	if err != nil {
		return fmt.Errorf("delete ACLs: %w", err)
	}
	for _, r := range results {
		if r.Err != nil {
			return fmt.Errorf("delete ACLs: %w", r.Err)
		}
	}
	return nil
}
