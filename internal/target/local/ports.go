package local

import (
	"context"
	"io"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// Store keeps objects; localsql implements it.
type Store interface {
	// Get returns an object, or NotFound.
	Get(ctx context.Context, k Key) (Object, error)
	// Put inserts or replaces an object.
	Put(ctx context.Context, o Object) error
	// Delete removes an object; none is no error.
	Delete(ctx context.Context, k Key) error
	// List returns a scope's objects of a kind within a reach by name.
	List(ctx context.Context, scope kernel.Scope, kind Kind, within kernel.Reach, page kernel.PageRequest) (kernel.Page[Object], error)
	// Keys calls fn with the key of every object of every tenant, for the start of the daemon.
	Keys(ctx context.Context, fn func(Key) error) error
}

// Tx runs a transaction that travels in the context.
type Tx interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Journal records facts in the transaction of the context.
type Journal interface {
	Record(ctx context.Context, f kernel.Fact) error
}

// Authorizer tells whether the context's actor may do something.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	// Allowed returns where in the scope's project that is, to narrow lists by.
	Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error)
}

// Places knows the projects of tenants, and the stages that there are.
type Places interface {
	// Check is NotFound for a project or a stage that there is not.
	Check(ctx context.Context, scope kernel.Scope) error
}

// Fences tells whether a run still holds its stack: a Stale error if not.
type Fences interface {
	CheckFence(ctx context.Context, stack string, fence int64) error
}

// Approvals know who may let a run pass.
type Approvals interface {
	// MayPromoteRollout refuses the context's actor to have a run's release take over before it
	// has passed the steps of its rollout.
	MayPromoteRollout(ctx context.Context, scope kernel.Scope, run string) error
}

// Artifacts opens bundles: gzipped tars, named by their digests.
type Artifacts interface {
	Open(ctx context.Context, digest kernel.Digest) (io.ReadCloser, error)
}

// SecretInfo describes a secret without its value.
type SecretInfo struct {
	Version int
	// Length is the number of characters of a generated value.
	Length int
	// Since is when the version was made.
	Since time.Time
}

// Secrets keeps secret values.
type Secrets interface {
	// Generate makes sure that there is a generated value of the length.
	Generate(ctx context.Context, scope kernel.Scope, name string, length int) (SecretInfo, error)
	// Rotate makes another generated value of a secret.
	Rotate(ctx context.Context, scope kernel.Scope, name string) (SecretInfo, error)
	// Describe returns what is known of a secret, or NotFound.
	Describe(ctx context.Context, scope kernel.Scope, name string) (SecretInfo, error)
	// Reveal returns the value that a reference means, or NotFound.
	Reveal(ctx context.Context, scope kernel.Scope, r secretref.Reference) (string, error)
	// Delete removes a secret; none is no error.
	Delete(ctx context.Context, scope kernel.Scope, name string) error
}

// Record is a record set of DNS. TTL is in seconds.
type Record struct {
	Name   string
	Type   string
	TTL    int
	Values []string
}

// DNS keeps record sets by their full names.
type DNS interface {
	// PutRecord makes r the only record set of its name.
	PutRecord(ctx context.Context, scope kernel.Scope, r Record) error
	// Record returns the record set of a name and type, or NotFound.
	Record(ctx context.Context, scope kernel.Scope, name, recordType string) (Record, error)
	// DeleteRecord removes the name's record sets; none is no error.
	DeleteRecord(ctx context.Context, scope kernel.Scope, name string) error
}

// Route sends the requests for a host and path prefix to a service's port.
type Route struct {
	Name, Host, Path, Service, Port string
}

// Gateway keeps routes.
type Gateway interface {
	PutRoute(ctx context.Context, scope kernel.Scope, r Route) error
	// Route returns a route and its address, or NotFound.
	Route(ctx context.Context, scope kernel.Scope, name string) (r Route, url string, err error)
	// DeleteRoute removes a route; none is no error.
	DeleteRoute(ctx context.Context, scope kernel.Scope, name string) error
}

// Topic is a topic to have. Password is for the user that may use its subject.
type Topic struct {
	Name, Subject string
	Retention     time.Duration
	Password      string
}

// TopicAccess is how a topic is reached.
type TopicAccess struct {
	Host     string
	Port     int
	URL      string
	Subject  string
	Username string
}

// Topics keeps topics.
type Topics interface {
	// EnsureTopic creates or changes a topic.
	EnsureTopic(ctx context.Context, scope kernel.Scope, t Topic) (TopicAccess, error)
	// Topic returns how a topic is reached, or NotFound.
	Topic(ctx context.Context, scope kernel.Scope, name string) (TopicAccess, error)
	// DeleteTopic removes a topic with its messages; none is no error.
	DeleteTopic(ctx context.Context, scope kernel.Scope, name string) error
}

// ConfigEndpoints are where a workload reads its configuration, with a token.
type ConfigEndpoints struct {
	// URL is the API, OFREP the base of the OpenFeature Remote Evaluation Protocol, and
	// Stream that of server-sent events.
	URL, OFREP, Stream string
	// TokenPrefix begins the token; the rest is the password.
	TokenPrefix string
}

// ConfigAccess lets workloads read their configuration.
type ConfigAccess interface {
	// EnsureConfig has the password open a workload's configuration at the scope's stage, in
	// place of the one that the name had.
	EnsureConfig(ctx context.Context, scope kernel.Scope, name, workload, password string) (ConfigEndpoints, error)
	// Config returns what a name opens, or NotFound.
	Config(ctx context.Context, scope kernel.Scope, name string) (workload string, at ConfigEndpoints, err error)
	// DeleteConfig ends what a name opens; none is no error.
	DeleteConfig(ctx context.Context, scope kernel.Scope, name string) error
}

// DocumentAccess is how a document database is reached.
type DocumentAccess struct {
	// URL is that of its API.
	URL string
	// TokenPrefix begins the token; the rest is the password.
	TokenPrefix string
}

// Documents keeps document databases.
type Documents interface {
	// EnsureDatabase has a database have collections, each with the paths of its indexes, and
	// be opened by the password. The one before opens it for a while, too.
	EnsureDatabase(ctx context.Context, scope kernel.Scope, name string, collections map[string]map[string]string, password string) (DocumentAccess, error)
	// Database returns a database's collections, or NotFound.
	Database(ctx context.Context, scope kernel.Scope, name string) (collections map[string]map[string]string, at DocumentAccess, err error)
	// DeleteDatabase removes a database with its documents; none is no error.
	DeleteDatabase(ctx context.Context, scope kernel.Scope, name string) error
}
