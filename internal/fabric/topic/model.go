package topic

import (
	"encoding/json"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/schema"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of topics.
const (
	DefaultRetention = 7 * 24 * time.Hour
	MinRetention     = time.Minute
	MaxRetention     = 365 * 24 * time.Hour
	// DefaultBytes and MaxBytes bound what a topic keeps; over it the oldest events go.
	DefaultBytes, MinBytes, MaxBytes = int64(1 << 30), int64(1 << 20), int64(1 << 40)
	// DefaultMessage and MinMessage bound an event with its attributes, in bytes. The default
	// is the most, too.
	DefaultMessage, MinMessage = 1 << 20, 1 << 10
	MaxPartitions, MaxReplicas = 256, 5
	// MaxPerTenant bounds the topics of a tenant, MaxTypes the event types of a topic and
	// MaxVersions those of a type, MaxGrants and MaxSubscriptions what one topic has.
	MaxPerTenant, MaxTypes, MaxVersions, MaxGrants, MaxSubscriptions = 1000, 200, 100, 100, 100
)

// Validation is what becomes of an event that breaks its schema, at Terrace's own door.
type Validation string

// The kinds.
const (
	// Reject refuses it, and types of which the topic has no schema while it has any.
	Reject Validation = "reject"
	// Flag takes it, with the attribute schemaproblem that says what is wrong.
	Flag Validation = "flag"
	// Off looks at no schema.
	Off Validation = "off"
)

// Validations returns all of them.
func Validations() []Validation { return []Validation{Reject, Flag, Off} }

// Settings are what a topic is to be; what is zero is as it is by default.
type Settings struct {
	Description string `json:"description,omitempty" maxLength:"1000" doc:"What happens there."`
	Owner       string `json:"owner,omitempty" maxLength:"200" doc:"The team that answers for it."`
	// Subject is where programs publish and subscribe on NATS; the name when empty.
	Subject    string `json:"subject,omitempty" maxLength:"200" doc:"The subject on NATS; the name unless given."`
	Partitions int    `json:"partitions,omitempty" minimum:"0" maximum:"256" doc:"Into how many parts the topic is divided; events of one key lie in one. 1 unless given; NATS has one."`
	Replicas   int    `json:"replicas,omitempty" minimum:"0" maximum:"5" doc:"On how many servers an event is kept; 1 unless given."`
	// RetentionSeconds is how long events are kept.
	RetentionSeconds int64 `json:"retentionSeconds,omitempty" minimum:"0" doc:"How long events are kept; seven days unless given."`
	RetentionBytes   int64 `json:"retentionBytes,omitempty" minimum:"0" doc:"How much is kept; over it the oldest events go. 1 GiB unless given."`
	MaxMessageBytes  int   `json:"maxMessageBytes,omitempty" minimum:"0" maximum:"1048576" doc:"How large an event may be; 1 MiB unless given."`
	// Validation and Compatibility are of what the topic has schemas for.
	Validation    Validation           `json:"validation,omitempty" doc:"What becomes of an event that breaks its schema; reject unless given."`
	Compatibility schema.Compatibility `json:"compatibility,omitempty" doc:"What has to hold between versions of a schema; backward unless given."`
}

// Retention is how long events are kept.
func (s Settings) Retention() time.Duration { return time.Duration(s.RetentionSeconds) * time.Second }

// Topic is a stream of events of a stage.
type Topic struct {
	Settings

	// Scope is the tenant, the project and the stage.
	Scope kernel.Scope `json:"-"`
	Name  string       `json:"name"`
	// Managed says that the resource of a workload has made it: its deployment changes it.
	Managed bool `json:"managed"`
	// DeadLettersOf is the topic whose dead letters it has.
	DeadLettersOf string    `json:"deadLettersOf,omitempty"`
	CreatedAt     time.Time `json:"createdAt"`
	CreatedBy     string    `json:"createdBy"`
	UpdatedAt     time.Time `json:"updatedAt"`
	Revision      int64     `json:"-"`
}

// Account is the name that the topic has at the broker. It is unique over all scopes: none of
// its parts has a dot.
func (t Topic) Account() string { return Account(t.Scope, t.Name) }

// Account is the name at the broker of a topic of a stage.
func Account(s kernel.Scope, name string) string {
	return s.Tenant + "." + s.Project + "." + s.Stage + "." + name
}

// EventSchema is a version of what events of a type carry.
type EventSchema struct {
	Type string `json:"type"`
	// Version counts from 1.
	Version     int             `json:"version"`
	Description string          `json:"description,omitempty"`
	Schema      json.RawMessage `json:"schema"`
	CreatedAt   time.Time       `json:"createdAt"`
	CreatedBy   string          `json:"createdBy"`
}

// Grant lets a program use a topic with the broker's own protocol.
type Grant struct {
	Name string `json:"name"`
	// Project and Workload say whose it is; both may be empty.
	Project  string `json:"project,omitempty"`
	Workload string `json:"workload,omitempty"`
	Publish  bool   `json:"publish"`
	Consume  bool   `json:"consume"`
	// Managed says that the resource of a workload has made it.
	Managed bool `json:"managed"`
	// Credentials are the newest first; all but the first end.
	Credentials []Credential `json:"credentials"`
	CreatedAt   time.Time    `json:"createdAt"`
	CreatedBy   string       `json:"createdBy"`
	Revision    int64        `json:"-"`
}

// Credential is what a program signs in with.
type Credential struct {
	Username string     `json:"username"`
	Since    time.Time  `json:"since"`
	Until    *time.Time `json:"until,omitempty"`
	// Hash verifies the password.
	Hash string `json:"-"`
}

// Mode is how a subscription's events reach who wants them.
type Mode string

// The modes.
const (
	// Pull has them fetched, over HTTP or with the broker's own protocol.
	Pull Mode = "pull"
	// Push has them posted to an address.
	Push Mode = "push"
)

// Status tells whether a subscription delivers.
type Status string

// The statuses.
const (
	Active Status = "active"
	Paused Status = "paused"
)

// From is where a new subscription begins.
type From string

// The beginnings.
const (
	FromNew    From = "new"
	FromOldest From = "oldest"
)

// SubscriptionSettings are what a subscription is to be.
type SubscriptionSettings struct {
	Types          []string `json:"types,omitempty" maxItems:"64" doc:"The event types that are wanted; all unless given."`
	URL            string   `json:"url,omitempty" maxLength:"2000" doc:"Where events are posted, signed; they are pulled unless given."`
	TimeoutSeconds int      `json:"timeoutSeconds,omitempty" minimum:"0" maximum:"60" doc:"How long an answer to a post may take; 10 unless given."`
	MaxDeliveries  int      `json:"maxDeliveries,omitempty" minimum:"0" maximum:"100" doc:"How often an event is delivered before it becomes a dead letter; 10 unless given."`
	AckWaitSeconds int      `json:"ackWaitSeconds,omitempty" minimum:"0" maximum:"3600" doc:"How long a delivery may go unanswered before the event comes again; 30 unless given."`
	MaxInFlight    int      `json:"maxInFlight,omitempty" minimum:"0" maximum:"1000" doc:"How many events may be out at a time; 100 unless given."`
	Project        string   `json:"project,omitempty" maxLength:"63" doc:"The project of who consumes; the topic's unless given."`
	Workload       string   `json:"workload,omitempty" maxLength:"63" doc:"The workload that consumes."`
}

// Subscription is a durable consumer of a topic.
type Subscription struct {
	SubscriptionSettings

	Name   string `json:"name"`
	Mode   Mode   `json:"mode"`
	Status Status `json:"status"`
	Reason string `json:"reason,omitempty" doc:"Why it is paused."`
	// Redrive is how far dead letters are delivered again, by the dead-letter topic's offset.
	Redrive   uint64    `json:"-"`
	CreatedAt time.Time `json:"createdAt"`
	CreatedBy string    `json:"createdBy"`
	UpdatedAt time.Time `json:"updatedAt"`
	// Sealed has the keys that sign posts.
	Sealed   []byte `json:"-"`
	Revision int64  `json:"-"`
}

// Lag is how far behind a subscription is.
type Lag struct {
	Pending  uint64 `json:"pending" doc:"The events that wait for it."`
	InFlight uint64 `json:"inFlight" doc:"Those that are out, or wait to come again."`
	// OldestAt is when the broker took the oldest event that is not acknowledged.
	OldestAt *time.Time `json:"oldestAt,omitempty" doc:"When the oldest event came that is not acknowledged."`
	Dead     uint64     `json:"dead" doc:"Dead letters of the topic that are kept, of all its subscriptions."`
}
