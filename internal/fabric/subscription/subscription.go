package subscription

import (
	"strconv"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of subscriptions.
const (
	// MaxPerTenant bounds the subscriptions of a tenant. Each has one delivery
	// under way, so it bounds the deliveries of a tenant as well.
	MaxPerTenant = 64
	// DefaultRetryHours and MaxRetryHours bound how long one event is tried. The
	// log keeps events for seven days.
	DefaultRetryHours, MaxRetryHours = 24, 72
	// MaxAttempts bounds how often an event is sent that the sink refuses as such, and
	// might take later.
	MaxAttempts = 5
)

// Status tells whether a subscription delivers.
type Status string

// The statuses.
const (
	Active Status = "active"
	Paused Status = "paused"
)

// Subscription is a wish to be sent events.
type Subscription struct {
	ID string `json:"id"`
	// Scope is the tenant, or one project of it.
	Scope kernel.Scope `json:"scope"`
	Name  string       `json:"name"`
	// Filters must all hold; none is every event of the scope.
	Filters []Filter `json:"filters"`
	Sink    Sink     `json:"sink"`
	// RetryHours is how long one event is tried before it is put aside.
	RetryHours int    `json:"retryHours"`
	Status     Status `json:"status"`
	// Reason is why it is paused.
	Reason    string       `json:"reason,omitempty"`
	CreatedBy kernel.Actor `json:"createdBy"`
	CreatedAt time.Time    `json:"createdAt"`
	UpdatedAt time.Time    `json:"updatedAt"`
	// SecretReference is what the sink's secret is read from, where one subscription is shown.
	SecretReference string `json:"secretReference,omitempty"`
	// SecretReferenceBy is the name of who has written it: it is read with what they may do.
	SecretReferenceBy string `json:"secretReferenceBy,omitempty"`
	// Cursor is the sequence of the last event that it is done with.
	Cursor uint64 `json:"-"`
	// Sealed is the sink's credentials.
	Sealed []byte `json:"-"`
	// Revision counts the changes, for Save.
	Revision int64 `json:"-"`
}

// sees tells whether an event is of the subscription's scope and passes. What
// happens to the subscription itself is not sent to it: it would never end.
func (s Subscription) sees(fact, subject, project string) bool {
	if s.Scope.Project != "" && s.Scope.Project != project {
		return false
	}
	return subject != s.ID || len(fact) < len(factPrefix) || fact[:len(factPrefix)] != factPrefix
}

const factPrefix = "subscription."

// Spec is what a subscription should be.
type Spec struct {
	Name       string
	Filters    []Filter
	Sink       Sink
	RetryHours int
	// Secret is the password or token of NATS and Kafka, or the signing secret of
	// a webhook, which is made where none is given; or a reference to it, ${secret:…}.
	Secret string
}

func (s Spec) problems() []kernel.Problem {
	var all []kernel.Problem
	if !validName(s.Name) {
		all = append(all, kernel.Problem{Path: "name", Message: "the name " + strconv.Quote(s.Name) + " is not possible", Fix: "use 1 to 40 lower-case letters, digits or hyphens, beginning and ending with a letter or digit"})
	}
	if s.RetryHours < 0 || s.RetryHours > MaxRetryHours {
		all = append(all, kernel.Problem{Path: "retryHours", Message: strconv.Itoa(s.RetryHours) + " is out of bounds", Fix: "use 1 to " + strconv.Itoa(MaxRetryHours)})
	}
	all = append(all, CheckFilters("filters", s.Filters)...)
	return append(all, s.Sink.problems("sink")...)
}

func validName(s string) bool {
	for i := range len(s) {
		c := s[i]
		edge := i == 0 || i == len(s)-1
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && (c != '-' || edge) {
			return false
		}
	}
	return s != "" && len(s) <= 40
}

// DeliveryStatus tells how a delivery stands.
type DeliveryStatus string

// The statuses of a delivery.
const (
	// Delivered: the sink has taken it.
	Delivered DeliveryStatus = "delivered"
	// Retrying: it is the next, and is tried again.
	Retrying DeliveryStatus = "retrying"
	// Dead: it could not be delivered, and is kept for a redelivery.
	Dead DeliveryStatus = "dead"
	// Queued: somebody asked for a redelivery.
	Queued DeliveryStatus = "queued"
)

// Delivery is what became of one event for one subscription.
type Delivery struct {
	// Event is the event's id, which is the delivery's as well.
	Event    string         `json:"event"`
	Type     string         `json:"type"`
	Subject  string         `json:"subject,omitempty"`
	Status   DeliveryStatus `json:"status"`
	Attempts int            `json:"attempts"`
	// Answer is what the sink said last, such as 204.
	Answer  string     `json:"answer,omitempty"`
	Problem string     `json:"problem,omitempty"`
	FirstAt time.Time  `json:"firstAt"`
	At      time.Time  `json:"at"`
	NextAt  *time.Time `json:"nextAt,omitempty"`
	// Sequence is the event's place in the log.
	Sequence uint64 `json:"sequence"`
	// Body is the event, where it is kept for a redelivery.
	Body []byte `json:"-"`
}
