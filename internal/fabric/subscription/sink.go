package subscription

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// Mode is how an event is put on the wire (CloudEvents HTTP binding §3).
type Mode string

// The modes.
const (
	Structured Mode = "structured"
	Binary     Mode = "binary"
)

// Sink is where events go: exactly one member is set.
type Sink struct {
	Webhook *Webhook `json:"webhook,omitempty"`
	NATS    *NATS    `json:"nats,omitempty"`
	Kafka   *Kafka   `json:"kafka,omitempty"`
}

// Webhook is an HTTP server.
type Webhook struct {
	URL string `json:"url" maxLength:"2000" doc:"Where events are posted. A reference to a secret may stand in the path."`
	// Headers go with each event; a secret in one is a reference.
	Headers map[string]string `json:"headers,omitempty" doc:"Headers beside those of Terrace, such as Authorization: Bearer ${secret:STAGE/NAME}. A secret in one is a reference: they are shown as they are."`
	// Mode is structured unless said.
	Mode Mode `json:"mode,omitempty"`
	// Timeout is how long an answer may take, in seconds; 10 unless said.
	Timeout int `json:"timeout,omitempty" minimum:"0" maximum:"60" doc:"How long an answer may take, in seconds; 10 unless given."`
}

// NATS is a topic of the embedded server, or a subject of another one.
type NATS struct {
	// Topic and Stage name a topic of a workload of the subscription's project.
	Topic string `json:"topic,omitempty" maxLength:"63" doc:"A topic of the embedded server, of the subscription's project."`
	Stage string `json:"stage,omitempty" maxLength:"63" doc:"The stage of the topic."`
	// URL and Subject name a subject of another server.
	URL     string `json:"url,omitempty" maxLength:"500" doc:"Another server: nats://host:4222 or tls://host:4222."`
	Subject string `json:"subject,omitempty" maxLength:"200" doc:"The subject there."`
	// JetStream waits until a stream has taken the event; else it is sent and flushed.
	JetStream bool   `json:"jetStream,omitempty" doc:"Wait until a stream there has the event."`
	Username  string `json:"username,omitempty" maxLength:"200" doc:"The user; without one the secret is a token."`
	Mode      Mode   `json:"mode,omitempty"`
}

// Kafka is a topic of a cluster.
type Kafka struct {
	Brokers []string `json:"brokers" maxItems:"20" doc:"Where the cluster is found: host:port."`
	Topic   string   `json:"topic" maxLength:"249"`
	TLS     bool     `json:"tls,omitempty" doc:"Speak TLS, and check the brokers' certificates."`
	// Mechanism is how to sign in; empty does not.
	Mechanism Mechanism `json:"mechanism,omitempty"`
	Username  string    `json:"username,omitempty" maxLength:"200"`
	Mode      Mode      `json:"mode,omitempty"`
}

// Mechanism is a SASL mechanism.
type Mechanism string

// The mechanisms.
const (
	Plain       Mechanism = "plain"
	ScramSHA256 Mechanism = "scram-sha-256"
	ScramSHA512 Mechanism = "scram-sha-512"
)

// String says where events go, for people.
func (s Sink) String() string {
	switch {
	case s.Webhook != nil:
		return s.Webhook.URL
	case s.NATS != nil && s.NATS.Topic != "":
		return "topic " + s.NATS.Topic + " in " + s.NATS.Stage
	case s.NATS != nil:
		return s.NATS.URL + " " + s.NATS.Subject
	case s.Kafka != nil:
		return "kafka " + strings.Join(s.Kafka.Brokers, ",") + " " + s.Kafka.Topic
	default:
		return ""
	}
}

func (s Sink) problems(path string) []kernel.Problem {
	var all []kernel.Problem
	kinds := 0
	if s.Webhook != nil {
		kinds++
		all = append(all, s.Webhook.problems(path+".webhook")...)
	}
	if s.NATS != nil {
		kinds++
		all = append(all, s.NATS.problems(path+".nats")...)
	}
	if s.Kafka != nil {
		kinds++
		all = append(all, s.Kafka.problems(path+".kafka")...)
	}
	if kinds != 1 {
		all = append(all, kernel.Problem{Path: path, Message: fmt.Sprintf("a sink is one of webhook, nats and kafka, this one is %d of them", kinds)})
	}
	return all
}

// checks gathers problems below a path.
type checks struct {
	path string
	all  []kernel.Problem
}

func (c *checks) when(bad bool, field, message, fix string) {
	if bad {
		c.all = append(c.all, kernel.Problem{Path: c.path + "." + field, Message: message, Fix: fix})
	}
}

func (c *checks) mode(m Mode) {
	c.when(m != "" && m != Structured && m != Binary, "mode", fmt.Sprintf("there is no mode %q", m), "use structured or binary")
}

func (w Webhook) problems(path string) []kernel.Problem {
	c := &checks{path: path}
	c.referred("url", w.URL)
	before, _, secret := strings.Cut(w.URL, secretref.Open)
	start, startErr := url.Parse(before)
	c.when(secret && (startErr != nil || start.Host == "" || start.Path == ""), "url", "a secret may stand in the path alone", "write https://host/ before it")
	w.checkHeaders(c)
	u, err := url.Parse(w.plain())
	bad := err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == ""
	c.when(bad, "url", "this is no address of a web server", "use https://host/path")
	c.when(!bad && (u.User != nil || u.Fragment != ""), "url", "the address has a password or a fragment", "leave it out: webhooks are signed")
	c.when(w.Timeout < 0 || w.Timeout > 60, "timeout", "the timeout is out of bounds", "use 1 to 60 seconds")
	c.mode(w.Mode)
	return c.all
}

var subject = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

func (n NATS) problems(path string) []kernel.Problem {
	c := &checks{path: path}
	c.mode(n.Mode)
	if n.Topic != "" {
		c.when(n.Stage == "", "stage", "the stage of the topic is missing", "say in which stage the topic is")
		c.when(n.URL != "" || n.Subject != "" || n.Username != "", "topic", "a topic of the embedded server has no url, subject or user", "give either a topic or a url")
		return c.all
	}
	u, err := url.Parse(n.URL)
	c.when(err != nil || u.Host == "" || !slices.Contains([]string{"nats", "tls"}, u.Scheme), "url", "this is no address of a NATS server", "use nats://host:4222 or tls://host:4222, or name a topic")
	c.when(err == nil && u.User != nil, "url", "the address has a password", "give the user as username and the password as the secret")
	c.when(!subject.MatchString(n.Subject), "subject", fmt.Sprintf("the subject %q is not possible", n.Subject), "use words of letters, digits, hyphens and underscores with dots between them")
	return c.all
}

var topicName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,249}$`)

func (k Kafka) problems(path string) []kernel.Problem {
	c := &checks{path: path}
	c.mode(k.Mode)
	c.when(len(k.Brokers) == 0, "brokers", "there is no broker", "give at least one host:port")
	for i, b := range k.Brokers {
		c.when(!strings.Contains(b, ":") || strings.Contains(b, "/"), fmt.Sprintf("brokers[%d]", i), fmt.Sprintf("%q is not an address", b), "use host:port")
	}
	c.when(!topicName.MatchString(k.Topic), "topic", fmt.Sprintf("the topic %q is not possible", k.Topic), "use letters, digits, dots, hyphens and underscores")
	known := slices.Contains([]Mechanism{"", Plain, ScramSHA256, ScramSHA512}, k.Mechanism)
	c.when(!known, "mechanism", fmt.Sprintf("there is no mechanism %q", k.Mechanism), "use plain, scram-sha-256 or scram-sha-512")
	c.when((k.Mechanism == "") != (k.Username == ""), "username", "a user and a mechanism go together", "give both or none")
	c.when(k.Mechanism == Plain && !k.TLS, "tls", "the mechanism plain sends the password as it is", "switch tls on, or use a scram mechanism")
	return c.all
}
