package natsbroker

import (
	"crypto/tls"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Cluster is a NATS cluster with JetStream that somebody else runs.
type Cluster struct {
	// URL has one or more servers, with commas between them: nats://host:port, or tls://.
	URL string
	// Username and Password, or a file of credentials (JWT and seed), open the account
	// in which the streams are made.
	Username, Password string
	CredentialsFile    string
	// TLS is nil for what the system trusts.
	TLS *tls.Config
}

// External returns the broker of a cluster. It need not be there yet.
func External(c Cluster, log *slog.Logger) (*Broker, error) {
	options := []nats.Option{
		nats.Name("terrace"), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(time.Second),
		nats.ReconnectBufSize(-1), nats.Timeout(callTimeout), nats.IgnoreAuthErrorAbort(),
	}
	if c.Username != "" {
		options = append(options, nats.UserInfo(c.Username, c.Password))
	}
	if c.CredentialsFile != "" {
		options = append(options, nats.UserCredentials(c.CredentialsFile))
	}
	if c.TLS != nil {
		options = append(options, nats.Secure(c.TLS))
	}
	conn, err := nats.Connect(c.URL, options...)
	if err != nil {
		return nil, failure("the NATS cluster", err)
	}
	return newBroker(external{conn}, log), nil
}

// external has the streams of all topics in one account: a stream has the topic's
// whole name, with = for the dots that names of streams cannot have, and that name is
// its subject.
type external struct{ conn *nats.Conn }

func (external) names(topic, _ string) (stream, own string) {
	return strings.ReplaceAll(topic, ".", "="), topic
}

func (external) open(string) error { return nil }

func (external) shut(string) error { return nil }

func (e external) enter(string) (*nats.Conn, bool, error) { return e.conn, true, nil }

func (external) guards() error {
	return kernel.Errorf(kernel.Refused, "the users of this NATS cluster are not Terrace's to make").
		WithFix("make the user in the cluster's own configuration, or have the topic on the server in the daemon, broker: embedded")
}

func (e external) allow(string, string, string, broker.Principal) error { return e.guards() }

func (external) forbid(principal string) error {
	return kernel.Errorf(kernel.Refused, "principal %s: the users of this NATS cluster are not Terrace's to remove", principal).
		WithFix("remove the user in the cluster's own configuration")
}

func (external) changes() string { return "" }

func (external) reserve(string, string, bool) error { return nil }

func (e external) close() { e.conn.Close() }
