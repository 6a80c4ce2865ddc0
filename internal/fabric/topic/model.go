package topic

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic/topicdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of what there is.
const (
	// MaxPerTenant bounds the topics of a tenant, MaxTypes the event types of a topic and
	// MaxVersions those of a type, MaxGrants and MaxSubscriptions what one topic has.
	MaxPerTenant, MaxTypes, MaxVersions, MaxGrants, MaxSubscriptions = 1000, 200, 100, 100, 100
)

// Settings are what a topic is to be, as a document says it, too.
type Settings = topicdoc.Settings

// Validation is what becomes of an event that breaks its schema.
type Validation = topicdoc.Validation

// The kinds of validation.
const (
	Reject = topicdoc.Reject
	Flag   = topicdoc.Flag
	Off    = topicdoc.Off
)

// Topic is a stream of events of a stage.
type Topic struct {
	Settings

	// Scope is the tenant, the project and the stage.
	Scope kernel.Scope `json:"-"`
	Name  string       `json:"name"`
	// Managed says that the resource of a workload has made it: its deployment changes it.
	Managed bool `json:"managed"`
	// Home is the embedded server that has it, among those of all daemons on one database.
	Home string `json:"home,omitempty" doc:"The daemon whose embedded server has the topic."`
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

// split is the stage and the name of an account.
func split(account string) (s kernel.Scope, name string, ok bool) {
	parts := strings.Split(account, ".")
	if len(parts) != 4 {
		return s, "", false
	}
	return kernel.Scope{Tenant: parts[0], Project: parts[1], Stage: parts[2]}, parts[3], true
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
	// Redrive is how far dead letters are delivered again: up to an offset of each partition
	// of their topic. Empty is that none are.
	Redrive   []uint64  `json:"-"`
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
