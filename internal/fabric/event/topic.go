package event

import (
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a topic.
const (
	DefaultRetention  = 7 * 24 * time.Hour
	MinRetention      = time.Minute
	MaxRetention      = 365 * 24 * time.Hour
	MinPasswordLength = 16
)

// Topic is a subject with a stream that keeps its messages, and credentials
// that open nothing else.
type Topic struct {
	Scope kernel.Scope
	// Name identifies the topic within its scope, and names its stream.
	Name string
	// Subject is where messages are published: the name when it was not chosen.
	// Subjects below it (subject.x) belong to the topic too.
	Subject string
	// Retention is how long messages are kept.
	Retention time.Duration
	// Username opens the topic, with the password that CreateTopic was given.
	Username string
	// PasswordHash verifies the password.
	PasswordHash string
	CreatedAt    time.Time
}

// TopicSpec is what a topic should be.
type TopicSpec struct {
	Name string
	// Subject is the name when empty.
	Subject string
	// Retention is DefaultRetention when 0.
	Retention time.Duration
	// Password is that of the topic's user; it is kept as a hash only.
	Password string
}

// topic checks the spec and returns the topic that it describes.
func (t TopicSpec) topic(scope kernel.Scope) (Topic, error) {
	if t.Subject == "" {
		t.Subject = t.Name
	}
	if t.Retention == 0 {
		t.Retention = DefaultRetention
	}
	var problems []kernel.Problem
	if !validToken(t.Name) || len(t.Name) > 63 {
		problems = append(problems, kernel.Problem{Path: "name", Message: "name " + strconv.Quote(t.Name) + " is not valid", Fix: "use letters, digits and hyphens, at most 63"})
	}
	if !validSubject(t.Subject) {
		problems = append(problems, kernel.Problem{Path: "subject", Message: "subject " + strconv.Quote(t.Subject) + " is not valid", Fix: "use words of letters, digits, hyphens and underscores with dots between them"})
	}
	if t.Retention < MinRetention || t.Retention > MaxRetention {
		problems = append(problems, kernel.Problem{Path: "retention", Message: "retention " + t.Retention.String() + " is out of bounds", Fix: "use one minute to 365 days"})
	}
	if len(t.Password) < MinPasswordLength {
		problems = append(problems, kernel.Problem{Path: "password", Message: "the password is shorter than " + strconv.Itoa(MinPasswordLength) + " characters"})
	}
	if len(problems) > 0 {
		return Topic{}, kernel.Errorf(kernel.Invalid, "topic %s is not valid", t.Name).WithProblems(problems...)
	}
	return Topic{Scope: scope, Name: t.Name, Subject: t.Subject, Retention: t.Retention, Username: Username(scope, t.Name)}, nil
}

// Username returns the user of a topic. It is unique over all scopes: none of the parts has a dot.
func Username(s kernel.Scope, name string) string {
	return s.Tenant + "." + s.Project + "." + s.Stage + "." + name
}

func validSubject(s string) bool {
	if len(s) > 200 || strings.HasPrefix(s, "_INBOX.") {
		return false
	}
	for token := range strings.SplitSeq(s, ".") {
		if !validToken(token) {
			return false
		}
	}
	return true
}
