package topicdoc

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
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
)

// Embedded names the broker that is the NATS server in the daemon.
const Embedded = "embedded"

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
	// Broker names the broker that carries it; that of the daemon when empty.
	Broker string `json:"broker,omitempty" maxLength:"63" doc:"The broker that carries the topic, which stays; that of the configuration unless given."`
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

// WithDefaults fills in what is not said of the topic with a name.
func (s Settings) WithDefaults(name string) Settings {
	s.Subject = cmp.Or(s.Subject, name)
	s.Partitions, s.Replicas = cmp.Or(s.Partitions, 1), cmp.Or(s.Replicas, 1)
	s.RetentionSeconds = cmp.Or(s.RetentionSeconds, int64(DefaultRetention/time.Second))
	s.RetentionBytes, s.MaxMessageBytes = cmp.Or(s.RetentionBytes, DefaultBytes), cmp.Or(s.MaxMessageBytes, DefaultMessage)
	s.Validation, s.Compatibility = cmp.Or(s.Validation, Reject), cmp.Or(s.Compatibility, schema.Backward)
	return s
}

// Problems tells what of the settings of a topic cannot be; what is zero is as by default.
func (s Settings) Problems(name string) []kernel.Problem {
	var all []kernel.Problem
	when := func(bad bool, path, message, fix string) {
		if bad {
			all = append(all, kernel.Problem{Path: path, Message: message, Fix: fix})
		}
	}
	full := s.WithDefaults(name)
	when(!ValidName(name), "name", strconv.Quote(name)+" is no name", "use letters, digits and hyphens, at most 63")
	when(s.Broker != "" && !ValidName(s.Broker), "broker", strconv.Quote(s.Broker)+" is no name of a broker", "see those that there are with: terrace topic brokers")
	when(!validSubject(full.Subject), "subject", strconv.Quote(full.Subject)+" is no subject", "use words of letters, digits, hyphens and underscores with dots between them")
	when(full.Partitions < 1 || full.Partitions > MaxPartitions, "partitions", fmt.Sprintf("%d is out of bounds", s.Partitions), "use 1 to "+strconv.Itoa(MaxPartitions))
	when(full.Replicas < 1 || full.Replicas > MaxReplicas, "replicas", fmt.Sprintf("%d is out of bounds", s.Replicas), "use 1 to "+strconv.Itoa(MaxReplicas))
	seconds := full.RetentionSeconds
	when(seconds < int64(MinRetention/time.Second) || seconds > int64(MaxRetention/time.Second), "retention", fmt.Sprintf("%d seconds are out of bounds", seconds), "use one minute to 365 days")
	when(full.RetentionBytes < MinBytes || full.RetentionBytes > MaxBytes, "retentionBytes", fmt.Sprintf("%d is out of bounds", s.RetentionBytes), "use 1 MiB to 1 TiB")
	when(full.MaxMessageBytes < MinMessage || full.MaxMessageBytes > DefaultMessage, "maxMessageBytes", fmt.Sprintf("%d is out of bounds", s.MaxMessageBytes), "use 1 KiB to 1 MiB")
	when(!slices.Contains(Validations(), full.Validation), "validation", fmt.Sprintf("there is no %q", s.Validation), "use reject, flag or off")
	when(!slices.Contains(schema.Compatibilities(), full.Compatibility), "compatibility", fmt.Sprintf("there is no %q", s.Compatibility), "use none, backward, forward or full")
	when(len(s.Description) > 1000 || len(s.Owner) > 200, "description", "it is too long", "use 1000 characters, and 200 for the owner")
	return all
}

// ValidName tells whether a topic, and what belongs to one, may be called so.
func ValidName(s string) bool { return len(s) <= 63 && !strings.Contains(s, "_") && validWord(s) }

func validWord(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

func validSubject(s string) bool {
	if len(s) > 200 || strings.HasPrefix(s, "_INBOX") || strings.HasPrefix(s, "_TERRACE") { // inboxes of programs, and of Terrace
		return false
	}
	for word := range strings.SplitSeq(s, ".") {
		if !validWord(word) {
			return false
		}
	}
	return true
}

// ValidType tells whether events may have a type.
func ValidType(s string) bool {
	return s != "" && len(s) <= 200 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == ""
}
