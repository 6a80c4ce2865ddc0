// Package kafkabroker carries topics on Kafka, or whatever speaks its protocol: Event
// Hubs too, over TLS with SASL PLAIN.
//
// It owns topics with their settings, users and their permissions where the cluster
// keeps them (SCRAM and ACLs), and consumer groups with the order per key over retries
// (session.go). It does not own the cluster.
//
// A group's cursor is one offset per partition, as everywhere on Kafka: what was
// acknowledged behind a message that was not is handed out again after a restart. The
// group's settings are with its offsets. Where the cluster forgets offsets that nobody
// has moved for long (offsets.retention.minutes), it forgets the group.
//
// Other partitions than before give keys other partitions: the order of a key holds
// before and after Ensure changed their number, not across.
package kafkabroker
