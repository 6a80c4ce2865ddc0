package sink

import (
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/subscription"
)

const structuredType = "application/cloudevents+json; charset=utf-8"

// The prefixes of attributes: HTTP's, which NATS has too, and Kafka's.
const (
	httpPrefix  = "ce-"
	kafkaPrefix = "ce_"
)

// pair is a header.
type pair struct{ name, value string }

// binding puts an event on the wire: its headers with the prefix of the
// protocol, and its payload (CloudEvents bindings for HTTP, NATS and Kafka §3).
func binding(mode subscription.Mode, prefix, contentType string, e event.Event, body []byte) ([]pair, []byte) {
	if mode != subscription.Binary {
		return []pair{{contentType, structuredType}}, body
	}
	all := []pair{
		{prefix + "specversion", e.SpecVersion},
		{prefix + "id", e.ID},
		{prefix + "source", e.Source},
		{prefix + "type", e.Type},
		{prefix + "subject", e.Subject},
		{prefix + "time", e.Time.Format(time.RFC3339Nano)},
		{prefix + "dataschema", e.DataSchema},
		{prefix + "tenant", e.Tenant},
		{prefix + "project", e.Project},
		{prefix + "stage", e.Stage},
		{prefix + "actor", e.Actor},
		{prefix + "reason", e.Reason},
		{prefix + "requestid", e.Request},
		{prefix + "causationid", e.Causation},
		{contentType, e.DataContentType},
	}
	var set []pair
	for _, p := range all {
		if p.value != "" {
			if prefix == httpPrefix { // Kafka's headers hold any bytes
				p.value = percent(p.value)
			}
			set = append(set, p)
		}
	}
	return set, e.Data
}

// percent encodes what a header cannot hold (CloudEvents HTTP binding §3.1.3.2).
func percent(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c > 0x20 && c < 0x7f && c != '"' && c != '%' {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}
